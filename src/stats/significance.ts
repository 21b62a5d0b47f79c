import { seededRandom } from "./random.js";
import { quantileOfSorted, sortedFinite } from "./statistics.js";

/**
 * Whether two series of noisy samples differ: the Mann-Whitney U test, Holm's correction over many
 * tests, and a seeded bootstrap interval of the ratio of medians. Checked against values that SciPy
 * computed (significance.test.ts).
 */

export interface RankTest {
  /** U of the first series: pairs in which its sample is the larger, ties counted half. */
  readonly u: number;
  /** Two-sided p. */
  readonly p: number;
  readonly method: "exact" | "normal";
}

/** Up to here (the smaller series, no ties) p is exact, as SciPy's `method="auto"` has it. */
const MAX_EXACT = 8;

/**
 * The two-sided Mann-Whitney U test: could the two series come from one distribution? Exact where
 * the smaller has at most eight samples and no value occurs twice; else the normal approximation
 * corrected for ties and continuity. The definitions are those of `scipy.stats.mannwhitneyu`.
 *
 * @param a at least one finite sample
 * @param b likewise
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): RankTest {
  const n = a.length;
  const m = b.length;
  const tally = new Map<number, { size: number; ofA: number }>();
  for (const value of sortedFinite(a)) {
    const ofA = (tally.get(value)?.ofA ?? 0) + 1;
    tally.set(value, { size: ofA, ofA });
  }
  for (const value of sortedFinite(b)) {
    const { size, ofA } = tally.get(value) ?? { size: 0, ofA: 0 };
    tally.set(value, { size: size + 1, ofA });
  }

  let rankSum = 0;
  let ties = 0;
  let below = 0;
  for (const [, { size, ofA }] of [...tally].sort(([x], [y]) => x - y)) {
    ties += size ** 3 - size;
    rankSum += ofA * (below + (1 + size) / 2);
    below += size;
  }
  const u = rankSum - (n * (n + 1)) / 2;
  const larger = Math.max(u, n * m - u);

  if (ties === 0 && Math.min(n, m) <= MAX_EXACT) {
    return { u, p: Math.min(1, 2 * exactUpperTail(n, m, larger)), method: "exact" };
  }
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  // Where all samples are equal the variance is zero, z minus infinity, and p one.
  const z = (larger - (n * m) / 2 - 0.5) / Math.sqrt(variance);
  return { u, p: Math.min(1, 2 * normalUpperTail(z)), method: "normal" };
}

/** P(U >= u) under the null hypothesis, by counting the arrangements that give each U. */
function exactUpperTail(n: number, m: number, u: number): number {
  const small = Math.min(n, m);
  const large = Math.max(n, m);
  // The generating function of U is the Gaussian binomial: the product over i of (1 - q^(large +
  // i)) / (1 - q^i).
  const size = small * large + 1;
  const ways = new Float64Array(size);
  ways[0] = 1;
  for (let i = 1; i <= small; i++) {
    for (let k = size - 1; k >= large + i; k--) ways[k]! -= ways[k - large - i]!;
    for (let k = i; k < size; k++) ways[k]! += ways[k - i]!;
  }
  let tail = 0;
  let all = 0;
  for (const [k, count] of ways.entries()) {
    all += count;
    if (k >= u) tail += count;
  }
  return tail / all;
}

/**
 * Holm's step-down correction: adjusted p values, in the order given, that keep the chance of even
 * one false alarm over the whole family at alpha (Holm, Scandinavian Journal of Statistics 6,
 * 1979).
 */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length);
  let lowest = 0;
  for (const [rank, [index, p]] of [...ps.entries()].sort(([, p], [, q]) => p - q).entries()) {
    lowest = Math.max(lowest, Math.min(1, p * (ps.length - rank)));
    adjusted[index] = lowest;
  }
  return adjusted;
}

/**
 * The 95% percentile bootstrap interval of median(next) / median(base) - 1: the relative change of
 * the median. The same seed gives the same interval.
 *
 * @param resamples how many; 2000 leaves about 50 beyond each end
 * @returns [low, high] as fractions: 0.1 is 10% slower
 */
export function bootstrapChange(
  base: readonly number[],
  next: readonly number[],
  seed: number,
  resamples = 2000,
): readonly [number, number] {
  const random = seededRandom(seed);
  const medianOfBase = medianResampler(sortedFinite(base), random);
  const medianOfNext = medianResampler(sortedFinite(next), random);
  const changes = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    const before = medianOfBase();
    changes[i] = medianOfNext() / before - 1;
  }
  changes.sort();
  return [quantileOfSorted(changes, 0.025), quantileOfSorted(changes, 0.975)];
}

/**
 * A source of medians of as many draws with replacement; counting draws by rank spares sorting each
 * resample.
 */
function medianResampler(sorted: Float64Array, random: () => number): () => number {
  const n = sorted.length;
  const lowRank = Math.floor((n - 1) / 2);
  const highRank = Math.floor(n / 2);
  const drawn = new Uint32Array(n);
  return () => {
    drawn.fill(0);
    for (let i = 0; i < n; i++) drawn[Math.floor(random() * n)]!++;
    let at = 0;
    let seen = drawn[0]!;
    while (seen <= lowRank) seen += drawn[++at]!;
    const low = sorted[at]!;
    while (seen <= highRank) seen += drawn[++at]!;
    return (low + sorted[at]!) / 2;
  };
}

/**
 * How many samples each side needs so that the rank test can see a change of this size, four times
 * in five.
 *
 * Noether's formula for the Mann-Whitney test (Journal of the American Statistical Association 82,
 * 1987, p. 645), with equal sides and the chance that a new sample exceeds an old one taken from
 * normal noise. Never fewer than the exact test needs to reach alpha at all.
 *
 * @param change relative change of the median that should be seen, above 0: 0.05 is 5%
 * @param spread relative spread of one sample (a standard deviation over the median), at least 0
 * @param alpha chance of a false alarm allowed for this one test: after Holm's correction, alpha
 *   over the number of tests
 */
export function samplesNeeded(change: number, spread: number, alpha: number, power = 0.8): number {
  if (!(alpha > 0)) return Number.POSITIVE_INFINITY;
  let fewest = 0;
  // The smallest p there is with n on each side is 2 / C(2n, n), which must be below alpha. C(2n,
  // n) is counted exactly.
  for (let ways = 1; 2 / ways >= alpha; ) {
    fewest++;
    ways = (ways * 2 * (2 * fewest - 1)) / fewest;
  }
  if (!(change > 0)) return Number.POSITIVE_INFINITY;
  if (spread <= 0) return fewest;
  const exceeds = 1 - normalUpperTail(change / (spread * Math.SQRT2));
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  // N = z^2 / (12 c (1 - c) (p - 1/2)^2) over both sides, c = 1/2; each side has half.
  const each = Math.ceil(z ** 2 / (6 * (exceeds - 0.5) ** 2));
  return Math.max(fewest, each);
}

/**
 * The spread of one sample relative to the median, from the quartiles: outliers do not count, as in
 * the rank test.
 */
export function relativeSpread(samples: readonly number[]): number {
  const sorted = sortedFinite(samples);
  const quartiles = quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25);
  // The quartiles of a normal distribution are 1.349 standard deviations apart.
  return quartiles / 1.3489795003921634 / quantileOfSorted(sorted, 0.5);
}

/** P(Z >= z) of the standard normal distribution, to about 14 digits. */
export function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z);
  const x = z / Math.SQRT2;
  if (x < 2) {
    // erf by its series x e^(-x^2) sum (2x^2)^k / (1 * 3 * 5 ... (2k + 1)).
    let term = x;
    let sum = x;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - (sum * Math.exp(-x * x)) / Math.sqrt(Math.PI);
  }
  // erfc by its continued fraction, from the innermost term outwards: 80 terms are ample from x = 2
  // on.
  let tail = x;
  for (let k = 80; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / (2 * tail * Math.sqrt(Math.PI));
}

/** The z that leaves `p` below it, by halving; p from 1e-12 to 1 - 1e-12. */
export function normalQuantile(p: number): number {
  let low = -8;
  let high = 8;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (1 - normalUpperTail(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
