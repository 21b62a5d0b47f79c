/**
 * Small dense linear algebra for fits of a few costs to a few dozen runs: rows are runs, columns
 * are costs.
 */

import { zip } from "../lists.js";

export type Matrix = readonly (readonly number[])[];

/**
 * The least-squares solution of A x = b for the given columns, by Householder QR (the normal
 * equations would square the condition number, and counts of a simulation are near collinear by
 * nature).
 *
 * @returns one value per chosen column; undefined where the columns are not independent to within
 *   rounding
 */
export function leastSquares(a: Matrix, b: readonly number[], columns: readonly number[]): number[] | undefined {
  const n = columns.length;
  const r = columns.map((j) => column(a, j));
  const y = [...b];
  const scale = Math.max(...r.map(norm));
  for (const [k, pivot] of r.entries()) {
    const v = pivot.slice(k);
    const length = norm(v);
    // Of more columns than rows too: the first beyond the rows has nothing left.
    if (length <= scale * 1e-12) return undefined;
    v[0]! -= v[0]! > 0 ? -length : length;
    const vv = dot(v, v);
    for (const reflected of [...r.slice(k), y]) {
      const f = (2 * dot(v, reflected.slice(k))) / vv;
      for (const [i, value] of v.entries()) reflected[k + i]! -= f * value;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let s = y[k]!;
    for (let j = k + 1; j < n; j++) s -= r[j]![k]! * x[j]!;
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

/** The matrix of these columns alone. */
export function select(a: Matrix, columns: readonly number[]): number[][] {
  return a.map((row) => columns.map((j) => row[j]!));
}

/** The columns of a matrix, as rows. */
export function transpose(a: Matrix): number[][] {
  return (a[0] ?? []).map((_, j) => column(a, j));
}

export function subtract(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - b[i]!);
}

/** Each value over the length of its column; 0 where that has none. */
export function scaleBy(lengths: readonly number[], values: readonly number[]): number[] {
  return zip(values, lengths).map(([value, length]) => (length > 0 ? value / length : 0));
}

export function multiply(a: Matrix, x: readonly number[]): number[] {
  return a.map((row) => dot(row, x));
}
