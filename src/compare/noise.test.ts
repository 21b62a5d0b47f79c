import { expect, it } from "vitest";
import { noiseOf } from "./noise.js";
import { type CellComparison, type Comparison, DEFAULT_COMPARE_OPTIONS, type WallMetric } from "./types.js";

function comparison(...cells: Partial<WallMetric>[][]): Comparison {
  return {
    options: { ...DEFAULT_COMPARE_OPTIONS, alpha: 0.05 },
    cells: cells.map((wall) => ({ wall }) as unknown as CellComparison),
  } as unknown as Comparison;
}

it("the noise of identical runs is summed up over all comparisons, cells and parts", () => {
  const report = noiseOf([
    comparison(
      [{ change: -0.021, interval: [-0.081, 0.03], pHolm: 0.2 }],
      [{ change: 0.02, interval: [-0.01, 0.04], pHolm: 0.05 }],
    ),
    comparison([
      { change: 0.01, interval: [0, 0.02], pHolm: 0.049 },
      { change: 0, interval: [0, 0], pHolm: 1 },
    ]),
  ]);
  expect(report).toEqual({
    comparisons: 4,
    falseAlarms: 1,
    largestChange: 0.021,
    farthest: 0.081,
    suggestedThreshold: 0.09,
  });
});

it("a threshold is suggested beyond every change, of a whole percent at least", () => {
  const suggested = (change: number, interval: readonly [number, number]) =>
    noiseOf([comparison([{ change, interval, pHolm: 1 }])]).suggestedThreshold;
  expect(suggested(0, [0, 0])).toBe(0.01);
  expect(suggested(0.001, [-0.002, 0.003])).toBe(0.01);
  expect(suggested(0.01, [-0.015, 0.0101])).toBe(0.02);
  expect(suggested(-0.5, [-0.25, -0.25])).toBe(0.5);
});
