import { column, dot, leastSquares, type Matrix, norm } from "../stats/linear.js";

/** Two columns of a fit that the runs do not tell apart well enough. */
export interface ColumnPair {
  readonly a: number;
  readonly b: number;
  /** Cosine between them: 1 where one is a multiple of the other. */
  readonly cosine: number;
  /** True where the runs cannot tell them apart at all: only the sum of the two is known. */
  readonly exact: boolean;
}

/** Above this cosine a pair is named: an error of 1% in the runs then moves the two values by 10% and more. */
export const NAMED_COSINE = 0.995;
const EXACT = 1 - 1e-12;

/** Pairs of columns nearer than {@link NAMED_COSINE}, the nearest first. Columns that are all 0 are in no pair. */
export function nearPairs(a: Matrix): readonly ColumnPair[] {
  const n = a[0]?.length ?? 0;
  const columns = Array.from({ length: n }, (_, j) => column(a, j));
  const lengths = columns.map(norm);
  const pairs: ColumnPair[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (lengths[i] === 0 || lengths[j] === 0) continue;
      const cosine = dot(columns[i]!, columns[j]!) / (lengths[i]! * lengths[j]!);
      if (cosine >= NAMED_COSINE) pairs.push({ a: i, b: j, cosine, exact: cosine >= EXACT });
    }
  }
  return pairs.sort((p, q) => q.cosine - p.cosine);
}

/**
 * Variance inflation factor of a column, not centred: how many times the variance of its value grows because other columns
 * explain it. 1 is independent, Infinity is wholly dependent (also where there are fewer rows than columns).
 */
export function inflation(a: Matrix, j: number): number {
  const n = a[0]?.length ?? 0;
  const lengths = Array.from({ length: n }, (_, k) => norm(column(a, k)));
  if (lengths[j] === 0) return 1;
  const target = column(a, j).map((value) => value / lengths[j]!);
  // Independent ones among the others: a column that depends on them adds nothing to what they explain.
  const others: number[] = [];
  const scaled = a.map((row) => row.map((value, k) => (lengths[k]! > 0 ? value / lengths[k]! : 0)));
  let explained: number[] = [];
  for (let k = 0; k < n; k++) {
    if (k === j || lengths[k] === 0) continue;
    const next = leastSquares(scaled, target, [...others, k]);
    if (next === undefined) continue;
    others.push(k);
    explained = next;
  }
  const rest = scaled.map((row, i) => target[i]! - others.reduce((sum, k, at) => sum + row[k]! * explained[at]!, 0));
  const unexplained = dot(rest, rest);
  return unexplained < 1e-20 ? Number.POSITIVE_INFINITY : 1 / unexplained;
}

/** The cosine of a pair once a further row is there; the row is scaled to the mean length of the others first. */
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
