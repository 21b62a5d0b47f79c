import { expect, it } from "vitest";
import { groupBy, isNonEmpty, lookUp, nonEmpty, rotated, withId, zip } from "./lists.js";

it("a list that must have elements is given back where it has, and is the program's fault where not", () => {
  const one = [0];
  expect([isNonEmpty([]), isNonEmpty(one)]).toEqual([false, true]);
  expect(nonEmpty(one)).toBe(one);
  expect(() => nonEmpty([])).toThrow(new RangeError("a list has no elements"));
});

it("two lists are pairs in their order, and no pairs where one is longer", () => {
  expect(zip([1, 2], ["a", "b"])).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
  expect(zip([], [])).toEqual([]);
  expect(() => zip([1], [])).toThrow(new RangeError("lists of 1 and 0 elements are no pairs"));
  expect(() => zip([], [1, 2])).toThrow(new RangeError("lists of 0 and 2 elements are no pairs"));
});

it("what must be known is found by key or id, and is the program's fault where it is not", () => {
  expect(lookUp(new Map([["a", 0]]), "a")).toBe(0);
  expect(() => lookUp(new Map(), "b")).toThrow(new RangeError("nothing is known of b"));
  const two = [{ id: "one" }, { id: "two" }];
  expect(withId(two, "two")).toBe(two[1]);
  expect(() => withId(two, "three")).toThrow(new RangeError("nothing has the id three"));
});

it("a list begins at any of its elements, counted round and round", () => {
  const list = ["a", "b", "c"];
  expect([0, 1, 2, 3, 4].map((by) => rotated(list, by).join(""))).toEqual(["abc", "bca", "cab", "abc", "bca"]);
  expect(list).toEqual(["a", "b", "c"]);
});

it("groups come in the order of their first elements, each with its own in the list's order", () => {
  const groups = groupBy(["bb", "a", "cc", "d", "ee"], ({ length }) => length);
  expect([...groups]).toEqual([
    [2, ["bb", "cc", "ee"]],
    [1, ["a", "d"]],
  ]);
});
