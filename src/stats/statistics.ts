/**
 * Summaries of one series of samples. What compares two series (rank test, bootstrap, correction)
 * is in `significance.ts`.
 */

/** A series of times and what describes it. */
export interface TimeSeries {
  /** In the order measured. */
  readonly samplesNs: readonly number[];
  readonly medianNs: number;
  readonly meanNs: number;
  readonly stdevNs: number;
  readonly minNs: number;
  readonly maxNs: number;
  /** 95% interval of the median (order statistics). */
  readonly ci95Ns: readonly [number, number];
}

/**
 * Describes a series of times.
 *
 * @param samplesNs nanoseconds, at least one, all finite, in the order measured (kept)
 * @throws RangeError if there is no sample or one is not finite: a fault of the caller, not of a
 *   user
 */
export function summarize(samplesNs: readonly number[]): TimeSeries {
  const sorted = sortedFinite(samplesNs);
  const n = sorted.length;
  const mean = sorted.reduce((sum, x) => sum + x, 0) / n;
  const squares = sorted.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return {
    samplesNs: [...samplesNs],
    medianNs: quantileOfSorted(sorted, 0.5),
    meanNs: mean,
    stdevNs: n < 2 ? 0 : Math.sqrt(squares / (n - 1)),
    minNs: quantileOfSorted(sorted, 0),
    maxNs: quantileOfSorted(sorted, 1),
    ci95Ns: medianIntervalOfSorted(sorted),
  };
}

/** Samples of one wall time that bench takes, at most. */
export const MAX_SAMPLES = 10_000;

/**
 * Width of the interval, as a share of the median, beyond which a series says little: something
 * else had the host.
 */
export const WIDE_SHARE = 0.2;

/** Whether the 95% interval of the median is wider than {@link WIDE_SHARE} of the median. */
export function isWide({ ci95Ns: [low, high], medianNs }: Pick<TimeSeries, "ci95Ns" | "medianNs">): boolean {
  return high - low > WIDE_SHARE * medianNs;
}

/**
 * The median: the mean of the two middle samples where their number is even.
 *
 * @throws RangeError as {@link summarize}
 */
export function median(samples: readonly number[]): number {
  return quantileOfSorted(sortedFinite(samples), 0.5);
}

/**
 * A quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996; the
 * default of R and NumPy).
 *
 * @param q from 0 to 1
 * @throws RangeError as {@link summarize}
 */
export function quantile(samples: readonly number[], q: number): number {
  return quantileOfSorted(sortedFinite(samples), q);
}

/** As {@link quantile}, of samples that are already in ascending order. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const lower = sorted[low]!;
  return at === low ? lower : lower + (sorted[low + 1]! - lower) * (at - low);
}

/**
 * The fewest samples whose extremes enclose the median with 95% confidence: 1 - 2 / 2^6 = 96.9%.
 */
export const FEWEST_FOR_INTERVAL = 6;

/**
 * A 95% confidence interval of the median from order statistics: the narrowest symmetric pair whose
 * exact binomial coverage is at least 95%, whatever the distribution (David and Nagaraja, Order
 * Statistics, 3rd edition, section 7.1). With fewer than {@link FEWEST_FOR_INTERVAL} samples no
 * pair covers that much; the extremes are given.
 */
export function medianInterval(samples: readonly number[]): readonly [number, number] {
  return medianIntervalOfSorted(sortedFinite(samples));
}

/**
 * The rank (1-based, from either end) that bounds {@link medianInterval}: the largest k with
 * P(Binomial(n, 1/2) < k) <= 0.025, at least 1.
 */
export function medianIntervalRank(n: number): number {
  // Terms of Binomial(n, 1/2) as logarithms: 2^-n is no double beyond n = 1074.
  let logTerm = -n * Math.LN2;
  let below = Math.exp(logTerm);
  let rank = 0;
  while (below <= 0.025) {
    rank++;
    logTerm += Math.log((n - rank + 1) / rank);
    below += Math.exp(logTerm);
  }
  return Math.max(1, rank);
}

function medianIntervalOfSorted(sorted: ArrayLike<number>): readonly [number, number] {
  const rank = medianIntervalRank(sorted.length);
  return [sorted[rank - 1]!, sorted[sorted.length - rank]!];
}

/** Samples in ascending order, as doubles. */
export function sortedFinite(samples: readonly number[]): Float64Array {
  if (samples.length === 0) throw new RangeError("no samples to summarize");
  if (!samples.every(Number.isFinite)) throw new RangeError("a sample is not a finite number");
  return Float64Array.from(samples).sort();
}
