import { expect, it } from "vitest";
import type { Observation } from "./fitTypes.js";
import { bootstrap, FEWEST_SAMPLES, intervalKind, perTime } from "./intervals.js";

const observations = (...samples: readonly number[]) =>
  samples.map((count) => ({ samplesNs: Array.from({ length: count }, () => 1) }) as unknown as Observation);

it("intervals come from samples where each observation has enough, else from residuals where there are more than costs", () => {
  expect(intervalKind(observations(FEWEST_SAMPLES, FEWEST_SAMPLES), 2)).toBe("samples");
  expect(intervalKind(observations(FEWEST_SAMPLES, FEWEST_SAMPLES - 1, 9), 2)).toBe("residuals");
  expect(intervalKind(observations(1, 1), 2)).toBe(null);
  expect(intervalKind([], 0)).toBe(null);
});

it("rows are divided by the time of each", () => {
  expect(
    perTime(
      [
        [1, 2],
        [3, 6],
      ],
      [2, 3],
    ),
  ).toEqual([
    [0.5, 1],
    [1, 2],
  ]);
});

it("residuals of random sign, enlarged for the degrees of freedom, spread the fit to both sides", () => {
  // Two runs of one cost, 10% off to either side: the fit moves by their mean, or not at all.
  const runs = [100, 100].map((ns) => ({ samplesNs: [ns] }) as unknown as Observation);
  const move = 0.1 * Math.sqrt(2 / (2 - 1));
  const [interval, ...none] = bootstrap(runs, [[1], [1]], [[100], [100]], [90, 110], "residuals", { source: "test" });
  expect(interval).toEqual([expect.closeTo(1 - move, 9), expect.closeTo(1 + move, 9)]);
  expect(none).toEqual([]);
});

it("samples drawn again spread the fit as far as their medians go", () => {
  const runs = [{ samplesNs: [50, 100, 200] } as unknown as Observation];
  const [interval] = bootstrap(runs, [[0.1]], [[10]], [100], "samples", { source: "test", resamples: 2000, seed: 3 });
  // A median is 50 or 200 in 7 of 27 draws each, which is more than a fortieth.
  expect(interval).toEqual([expect.closeTo(5, 9), expect.closeTo(20, 9)]);
  const once = (seed?: number) =>
    bootstrap(runs, [[0.1]], [[10]], [100], "samples", { source: "test", resamples: 1, ...(seed ? { seed } : {}) });
  expect(once()).toEqual(once(1));
  expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => String(once(seed)))).size).toBeGreaterThan(1);
});
