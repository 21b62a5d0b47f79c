/** Small dense linear algebra for fits of a few costs to a few dozen runs: rows are runs, columns are costs. */

export type Matrix = readonly (readonly number[])[];

/**
 * The least-squares solution of A x = b for the given columns, by Householder QR (the normal equations would square the
 * condition number, and counts of a simulation are near collinear by nature).
 *
 * @returns one value per chosen column; undefined where the columns are not independent to within rounding
 */
export function leastSquares(a: Matrix, b: readonly number[], columns: readonly number[]): number[] | undefined {
  const m = a.length;
  const n = columns.length;
  if (n === 0) return [];
  if (m < n) return undefined;
  const r = a.map((row) => columns.map((j) => row[j]!));
  const y = [...b];
  const scale = Math.max(...columns.map((_, k) => norm(r.map((row) => row[k]!))));
  for (let k = 0; k < n; k++) {
    const length = norm(r.slice(k).map((row) => row[k]!));
    if (length <= scale * 1e-12) return undefined;
    const alpha = r[k]![k]! > 0 ? -length : length;
    const v = r.slice(k).map((row) => row[k]!);
    v[0]! -= alpha;
    const vv = dot(v, v);
    for (let j = k; j < n; j++) {
      let s = 0;
      for (let i = 0; i < v.length; i++) s += v[i]! * r[k + i]![j]!;
      const f = (2 * s) / vv;
      for (let i = 0; i < v.length; i++) r[k + i]![j]! -= f * v[i]!;
    }
    let s = 0;
    for (let i = 0; i < v.length; i++) s += v[i]! * y[k + i]!;
    const f = (2 * s) / vv;
    for (let i = 0; i < v.length; i++) y[k + i]! -= f * v[i]!;
  }
  const x = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let s = y[k]!;
    for (let j = k + 1; j < n; j++) s -= r[k]![j]! * x[j]!;
    x[k] = s / r[k]![k]!;
  }
  return x;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  let s = 0;
  for (let i = 0; i < a.length; i++) s += a[i]! * b[i]!;
  return s;
}

export function norm(a: readonly number[]): number {
  return Math.sqrt(dot(a, a));
}

export function column(a: Matrix, j: number): number[] {
  return a.map((row) => row[j]!);
}

export function multiply(a: Matrix, x: readonly number[]): number[] {
  return a.map((row) => dot(row, x));
}
