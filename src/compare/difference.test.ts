import { describe, expect, it } from "vitest";
import { firstDifference, show } from "./difference.js";

describe("the first difference of two values", () => {
  it.each<[unknown, unknown, string, unknown, unknown]>([
    [1, 2, "", 1, 2],
    [null, {}, "", null, {}],
    [{}, null, "", {}, null],
    [[], {}, "", [], {}],
    [{ a: 1, b: 2, c: 3 }, { a: 1, c: 4, b: 5 }, "b", 2, 5],
    [{ a: 1 }, { a: 1, b: null }, "b", undefined, null],
    [{ a: 1 }, {}, "a", 1, undefined],
    [{ a: [{ b: 1 }, { b: 2, c: 3 }] }, { a: [{ b: 1 }, { b: 2, c: 4 }] }, "a[1].c", 3, 4],
    [[1, 2], [1], "[1]", 2, undefined],
    [[[1]], [[2]], "[0][0]", 1, 2],
    [{ a: "1" }, { a: 1 }, "a", "1", 1],
    [JSON.parse('{"toString":1}'), {}, "toString", 1, undefined],
    [{}, JSON.parse('{"toString":1}'), "toString", undefined, 1],
  ])("of %j and %j is at %j", (a, b, path, ofA, ofB) => {
    expect(firstDifference(a, b)).toEqual({ path, a: ofA, b: ofB });
  });

  it("is none where only the order of fields differs, or where a field is absent or undefined", () => {
    expect(firstDifference({ a: [1, { b: 2 }], c: null }, { c: null, a: [1, { b: 2 }] })).toBeUndefined();
    expect(firstDifference({ a: undefined }, {})).toBeUndefined();
    expect(firstDifference(Number.NaN, Number.NaN)).toBeUndefined();
  });

  it("stands below the path that was given", () => {
    expect(firstDifference({ a: [1] }, { a: [2] }, "environment")?.path).toBe("environment.a[0]");
    expect(firstDifference([1], [2], "cases")?.path).toBe("cases[0]");
  });
});

it("a value in a message is its JSON in up to fifty characters, or absent", () => {
  expect([show(undefined), show(null), show("a"), show({ a: [1] })]).toEqual(["absent", "null", '"a"', '{"a":[1]}']);
  expect(show("x".repeat(48))).toBe(`"${"x".repeat(48)}"`);
  expect(show("x".repeat(49))).toBe(`"${"x".repeat(46)}...`);
});
