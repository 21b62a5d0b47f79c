import { describe, expect, it } from "vitest";
import { groupBy, listed, lookUp, nonEmpty, rotated, withId, zip } from "./lists.js";

describe("what lists and maps are certain to hold", () => {
  it("is paired place by place, and lists of other lengths are no pairs", () => {
    expect(zip([1, 2], ["a", "b"])).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(() => zip([1, 2], ["a"])).toThrow("lists of 2 and 1 elements are no pairs");
    expect(() => zip([1], ["a", "b"])).toThrow(RangeError);
  });

  it("is named where it is missing: an element, an id, a key", () => {
    expect(nonEmpty([7])[0]).toBe(7);
    expect(() => nonEmpty([])).toThrow(RangeError);
    expect(withId([{ id: "a" }, { id: "b" }], "b")).toEqual({ id: "b" });
    expect(() => withId([{ id: "a" }], "b")).toThrow("nothing has the id b");
    expect(lookUp(new Map([["a", 0]]), "a")).toBe(0);
    expect(() => lookUp(new Map([["a", 0]]), "b")).toThrow("nothing is known of b");
  });

  it("is grouped by keys in the order of the first of each", () => {
    const groups = groupBy([3, 1, 2, 5, 4], (n) => n % 2);
    expect([...groups]).toEqual([
      [1, [3, 1, 5]],
      [0, [2, 4]],
    ]);
  });

  it("is turned by more places than there are", () => {
    expect(rotated(["a", "b", "c"], 1)).toEqual(["b", "c", "a"]);
    expect(rotated(["a", "b", "c"], 5)).toEqual(["c", "a", "b"]);
    expect(rotated([], 2)).toEqual([]);
  });

  it("is told in words", () => {
    expect(["a", "b", "c"].map((_, i, all) => listed(all.slice(0, i + 1)))).toEqual(["a", "a and b", "a, b and c"]);
    expect(listed([])).toBe("");
    expect(listed(["a", "b", "c"], "or")).toBe("a, b or c");
  });
});
