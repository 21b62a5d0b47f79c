import { describe, expect, it } from "vitest";
import { badInput, clip, didYouMean, printable, UserError, unknownName } from "./errors.js";

describe("a user's error", () => {
  it("says what is wrong with which input, and what was expected where that is known", () => {
    expect(badInput("--memory", "is 0")).toEqual(new UserError("--memory: is 0"));
    const error = badInput("--memory", "is 0", "a size");
    expect(error).toBeInstanceOf(UserError);
    expect({ ...error, name: error.name, message: error.message }).toEqual({
      name: "UserError",
      exitCode: 2,
      message: "--memory: is 0; expected a size",
    });
  });

  it("for an unknown name lists those that there are, and has the nearest first", () => {
    const known = ["thp", "4k"];
    expect(unknownName("backing", "thpp", known).message).toBe(
      'backing "thpp": unknown, did you mean "thp"?; expected one of thp, 4k',
    );
    expect(unknownName("backing", "x".repeat(61), known).message).toBe(
      `backing "${"x".repeat(57)}...": unknown; expected one of thp, 4k`,
    );
  });
});

describe("the name that was meant", () => {
  it.each<[string, readonly string[], string | undefined]>([
    ["thp", ["4k", "thp"], "thp"],
    ["THP", ["thp"], "thp"],
    ["thp", ["THP"], "THP"],
    // Two letters may be wrong, whatever the length: left out, too much, or another.
    ["x", ["xyz"], "xyz"],
    ["x", ["wxyz"], undefined],
    ["xyz", ["x"], "x"],
    ["wxyz", ["w"], undefined],
    ["wxyz", ["z"], undefined],
    ["axyz", ["abcz"], "abcz"],
    ["axyz", ["abcd"], undefined],
    ["abcdefgh", ["abcdeXYZ"], undefined],
    // Three of nine, four of twelve.
    ["abcdefghi", ["abcdefXYZ"], "abcdefXYZ"],
    ["abcdefghi", ["abcdeWXYZ"], undefined],
    ["abcdefghi", ["WXYdefghi"], "WXYdefghi"],
    ["abcdefghijkl", ["abcdefghWXYZ"], "abcdefghWXYZ"],
    ["abcdefghijkl", ["abcdefgVWXYZ"], undefined],
    // A letter that has moved is one left out and one too much.
    ["abcdef", ["bcdefa"], "bcdefa"],
    ["level", ["evel"], "evel"],
    ["", ["ab", "a"], "a"],
    ["ab", [], undefined],
    ["max-levl", ["min-level", "max-level", "max-lev"], "max-level"],
  ])("for %j of %j is %j", (word, candidates, meant) => {
    expect(didYouMean(word, candidates)).toBe(meant);
  });

  it("is the first of those that are as near", () => {
    expect(didYouMean("cat", ["bat", "hat", "cap"])).toBe("bat");
  });
});

describe("text from outside", () => {
  it("has one blank for whatever a terminal would obey or not show", () => {
    expect(printable("a\u001b[2Jb\r\n\u202ec\u2028\u2029d\u200be")).toBe("a [2Jb c d e");
  });

  it("is cut to the length that a line has for it, and left as it is where it fits", () => {
    expect(clip("x".repeat(60))).toBe("x".repeat(60));
    expect(clip("x".repeat(61))).toBe(`${"x".repeat(57)}...`);
    expect([clip("abcde", 5), clip("abcdef", 5)]).toEqual(["abcde", "ab..."]);
    expect(clip("a\nb")).toBe("a b");
  });
});
