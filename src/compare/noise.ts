import { nonEmpty } from "../lists.js";
import type { Comparison } from "./types.js";

/** What identical runs differed by. */
export interface NoiseReport {
  /** Wall comparisons of a run with itself, over all pairs. */
  readonly comparisons: number;
  /**
   * How many of them the tests would have confirmed as changes though nothing changed: p < alpha
   * after Holm's correction.
   */
  readonly falseAlarms: number;
  /** The largest change of a median, as a fraction. */
  readonly largestChange: number;
  /** The far end of the widest 95% interval of a change, as a fraction. */
  readonly farthest: number;
  /**
   * A threshold that none of these comparisons reaches, as a fraction: {@link farthest} rounded up
   * to a whole percent.
   */
  readonly suggestedThreshold: number;
}

/**
 * Sums up comparisons of a benchmark with itself (A/A). The suggestion is beyond the interval of
 * every change seen, so that a gate with it would have stayed silent with room to spare.
 *
 * @param comparisons at least one, with at least one wall time, made without a wall threshold
 */
export function noiseOf(comparisons: readonly Comparison[]): NoiseReport {
  const metrics = comparisons.flatMap(({ cells }) => cells.flatMap(({ wall }) => wall));
  const [{ options }] = nonEmpty(comparisons);
  const changes = metrics.map(({ change }) => Math.abs(change));
  const ends = metrics.flatMap(({ interval }) => interval.map(Math.abs));
  const farthest = Math.max(...changes, ...ends);
  return {
    comparisons: metrics.length,
    falseAlarms: metrics.filter(({ pHolm }) => pHolm < options.alpha).length,
    largestChange: Math.max(...changes),
    farthest,
    suggestedThreshold: Math.max(1, Math.ceil(100 * farthest)) / 100,
  };
}
