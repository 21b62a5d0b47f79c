import {
  column,
  dot,
  leastSquares,
  type Matrix,
  multiply,
  norm,
  scaleBy,
  select,
  subtract,
  transpose,
} from "../stats/linear.js";

/** Two columns of a fit that the runs do not tell apart well enough. */
export interface ColumnPair {
  readonly a: number;
  readonly b: number;
  /** Cosine between them: 1 where one is a multiple of the other. */
  readonly cosine: number;
  /** True where the runs cannot tell them apart at all: only the sum of the two is known. */
  readonly exact: boolean;
}

/**
 * Above this cosine a pair is named: an error of 1% in the runs then moves the two values by 10%
 * and more.
 */
export const NAMED_COSINE = 0.995;
const EXACT = 1 - 1e-12;

/**
 * Pairs of columns nearer than {@link NAMED_COSINE}, the nearest first. Columns that are all 0 are
 * in no pair.
 */
export function nearPairs(a: Matrix): readonly ColumnPair[] {
  const columns = transpose(a)
    .map((values, index) => ({ index, values, length: norm(values) }))
    .filter(({ length }) => length !== 0);
  return columns
    .flatMap((one, i) =>
      columns.slice(i + 1).map((other) => {
        const cosine = dot(one.values, other.values) / (one.length * other.length);
        return { a: one.index, b: other.index, cosine, exact: cosine >= EXACT };
      }),
    )
    .filter(({ cosine }) => cosine >= NAMED_COSINE)
    .sort((p, q) => q.cosine - p.cosine);
}

/**
 * Variance inflation factor of a column, not centred: how many times the variance of its value
 * grows because other columns explain it. 1 is independent, Infinity is wholly dependent (also
 * where there are fewer rows than columns).
 */
export function inflation(a: Matrix, j: number): number {
  const lengths = transpose(a).map(norm);
  if (lengths[j] === 0) return 1;
  const scaled = a.map((row) => scaleBy(lengths, row));
  const target = column(scaled, j);
  // Independent ones among the others: a column that depends on them adds nothing to what they
  // explain.
  const others: number[] = [];
  let explained: number[] = [];
  for (const [k, length] of lengths.entries()) {
    if (k === j || length === 0) continue;
    const next = leastSquares(scaled, target, [...others, k]);
    if (next === undefined) continue;
    others.push(k);
    explained = next;
  }
  const rest = subtract(target, multiply(select(scaled, others), explained));
  const unexplained = dot(rest, rest);
  return unexplained < 1e-20 ? Number.POSITIVE_INFINITY : 1 / unexplained;
}

/**
 * The cosine of a pair once a further row is there; the row is scaled to the mean length of the
 * others first.
 */
export function cosineWith(
  a: Matrix,
  pair: { readonly a: number; readonly b: number },
  row: readonly number[],
): number {
  const mean = a.reduce((sum, r) => sum + norm(r), 0) / Math.max(1, a.length);
  const length = norm(row);
  if (length === 0) return 1;
  const rows = [...a, row.map((value) => (value / length) * (mean > 0 ? mean : 1))];
  const x = column(rows, pair.a);
  const y = column(rows, pair.b);
  const both = norm(x) * norm(y);
  return both === 0 ? 1 : dot(x, y) / both;
}
