import { expect, it } from "vitest";
import type { Observation } from "./fitTypes.js";
import { FEWEST_SAMPLES, intervalKind } from "./intervals.js";

const observations = (...samples: readonly number[]) =>
  samples.map((count) => ({ samplesNs: Array.from({ length: count }, () => 1) }) as unknown as Observation);

it("intervals come from samples where each observation has enough, else from residuals where there are more than costs", () => {
  expect(intervalKind(observations(FEWEST_SAMPLES, FEWEST_SAMPLES), 2)).toBe("samples");
  expect(intervalKind(observations(FEWEST_SAMPLES, FEWEST_SAMPLES - 1, 9), 2)).toBe("residuals");
  expect(intervalKind(observations(1, 1), 2)).toBe(null);
  expect(intervalKind([], 0)).toBe(null);
});
