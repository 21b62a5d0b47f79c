import { expect, it } from "vitest";
import { firstWhere, neighbours } from "./sorted.js";

it("neighbours are each element with the one behind it", () => {
  expect([...neighbours([1, 2, 3])]).toEqual([
    [1, 2],
    [2, 3],
  ]);
  expect([...neighbours([1])]).toEqual([]);
});

it("the first element of which something holds is found wherever it is, or the end where it never holds", () => {
  for (let length = 0; length < 6; length++) {
    const list = Array.from({ length }, (_, i) => i);
    for (let from = 0; from <= length; from++) expect(firstWhere(list, (element) => element >= from)).toBe(from);
  }
});
