import { zip } from "../lists.js";
import { bootstrapChange, holm, mannWhitney, relativeSpread, samplesNeeded } from "../stats/significance.js";
import { median } from "../stats/statistics.js";
import type { CompareOptions, WallMetric } from "./types.js";

/** Two series of one part of one cell. */
export interface WallPair {
  readonly part: string;
  readonly base: readonly number[];
  readonly next: readonly number[];
}

/**
 * Compares wall times, all pairs of a comparison at once, since Holm's correction is over the whole
 * family. A regression needs three things: the median rose by more than the threshold, the rank
 * test says p < alpha after correction, and the bootstrap interval of the change excludes zero.
 */
export function compareWalls(pairs: readonly WallPair[], options: CompareOptions): WallMetric[] {
  const ps = pairs.map((pair) => mannWhitney(pair.base, pair.next).p);
  const corrected = holm(ps);
  return zip(pairs, zip(ps, corrected)).map(([pair, [p, pHolm]], i) => {
    const baseNs = median(pair.base);
    const nextNs = median(pair.next);
    // A clock too coarse to see the work gives medians of zero: no ratio can be made of them.
    const measurable = baseNs > 0;
    const change = measurable ? nextNs / baseNs - 1 : 0;
    const interval = measurable ? bootstrapChange(pair.base, pair.next, options.seed + i) : ([0, 0] as const);
    const samples = [pair.base.length, pair.next.length] as const;
    const needed = neededOf(pair, measurable, pairs.length, options);
    const metric = { change, interval, pHolm, samples, samplesNeeded: needed };
    return { kind: "measured", part: pair.part, baseNs, nextNs, p, ...metric, status: judge(metric, options) };
  });
}

function neededOf(pair: WallPair, measurable: boolean, tests: number, options: CompareOptions): number | null {
  if (options.wallThreshold === null) return null;
  const alpha = options.alpha / tests;
  const spread = measurable ? Math.max(relativeSpread(pair.base), spreadOfNext(pair)) : 0;
  // With a threshold of zero any change counts; the samples can only be enough for the test to
  // speak at all.
  return options.wallThreshold > 0 ? samplesNeeded(options.wallThreshold, spread, alpha) : samplesNeeded(1, 0, alpha);
}

function spreadOfNext(pair: WallPair): number {
  return median(pair.next) > 0 ? relativeSpread(pair.next) : 0;
}

function judge(
  metric: Pick<WallMetric, "change" | "interval" | "pHolm" | "samples" | "samplesNeeded">,
  { wallThreshold, alpha }: CompareOptions,
): WallMetric["status"] {
  if (wallThreshold === null) return "not-gated";
  const confirmed = metric.pHolm < alpha;
  if (confirmed && metric.change > wallThreshold && metric.interval[0] > 0) return "regression";
  if (confirmed && metric.change < -wallThreshold && metric.interval[1] < 0) return "improvement";
  return Math.min(...metric.samples) < (metric.samplesNeeded ?? 0) ? "too-few" : "noise";
}
