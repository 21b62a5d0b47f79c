import { expect, it } from "vitest";
import { atGoldenKeys } from "./golden.js";

const golden = { split: { walks: 2, inspected: { "2": 1, "3": 512 } }, steps: [{ step: "split", loops: 5 }] };

it("a counter that is newer than a golden file breaks nothing", () => {
  const counts = {
    split: { walks: 2, inspected: { "2": 1, "3": 512 }, stores: 7 },
    steps: [{ step: "split", loops: 5, reads: 5 }],
    flush: { ranges: 1 },
  };
  expect(atGoldenKeys(counts, golden)).toEqual(golden);
});

it.each([
  ["a counter that is gone", { ...golden, split: { inspected: golden.split.inspected } }],
  ["another value", { ...golden, split: { ...golden.split, walks: 3 } }],
  ["a level too many", { ...golden, split: { walks: 2, inspected: { "1": 1, "2": 1, "3": 512 } } }],
  ["a step too many", { ...golden, steps: [...golden.steps, { step: "clear", loops: 1 }] }],
  ["a step too few", { ...golden, steps: [] }],
  ["another value in a step", { ...golden, steps: [{ step: "split", loops: 6 }] }],
])("%s is seen", (_, counts) => {
  expect(atGoldenKeys(counts, golden)).not.toEqual(golden);
});
