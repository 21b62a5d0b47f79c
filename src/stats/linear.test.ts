import { describe, expect, it } from "vitest";
import { column, dot, leastSquares, multiply, norm, scaleBy, subtract, transpose } from "./linear.js";

describe("least squares", () => {
  const a = [
    [1, 2, 5],
    [0, 3, 7],
  ];

  it("solves what has a solution, one value a column in the order asked for", () => {
    expect(leastSquares(a, [5, 7], [0, 2])).toEqual([expect.closeTo(0, 12), expect.closeTo(1, 12)]);
    expect(leastSquares(a, [5, 7], [2, 0])).toEqual([expect.closeTo(1, 12), expect.closeTo(0, 12)]);
    expect(leastSquares(a, [8, 9], [1, 0])).toEqual([expect.closeTo(3, 12), expect.closeTo(2, 12)]);
    expect(leastSquares(a, [5, 7], [])).toEqual([]);
  });

  it("finds the mean where one column is all ones", () => {
    expect(leastSquares([[1], [1], [1]], [1, 2, 6], [0])).toEqual([expect.closeTo(3, 12)]);
    expect(leastSquares([[-2], [-2]], [2, 6], [0])).toEqual([expect.closeTo(-2, 12)]);
  });

  it("loses no digits where a column lies along an axis already, either way", () => {
    const along = (x: number, y: number) =>
      leastSquares(
        [
          [x, 1],
          [0, y],
        ],
        [3, 4],
        [0, 1],
      );
    expect(along(1, 2)).toEqual([expect.closeTo(1, 12), expect.closeTo(2, 12)]);
    expect(along(-1, -2)).toEqual([expect.closeTo(-5, 12), expect.closeTo(-2, 12)]);
  });

  it("has no answer for columns that depend on each other to within rounding, or for more columns than rows", () => {
    const near = (by: number) =>
      leastSquares(
        [
          [1, 1],
          [1, 1 + by],
          [1, 1],
        ],
        [1, 2, 3],
        [0, 1],
      );
    expect([near(0), near(1e-13)]).toEqual([undefined, undefined]);
    expect(near(1e-9)).toBeDefined();
    expect(leastSquares([[0], [0]], [1, 1], [0])).toBeUndefined();
    expect(leastSquares(a, [1, 2], [0, 1, 2])).toBeUndefined();
    expect(leastSquares([], [], [0])).toBeUndefined();
  });

  it("leaves its arguments alone", () => {
    const [rows, b] = [structuredClone(a), [5, 7]];
    leastSquares(rows, b, [0, 1]);
    expect([rows, b]).toEqual([a, [5, 7]]);
  });
});

it("vectors and matrices are multiplied, measured and turned as usual", () => {
  const a = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  expect(dot([1, 2, 3], [4, 5, 6])).toBe(32);
  expect(norm([3, 4])).toBe(5);
  expect(column(a, 1)).toEqual([2, 4, 6]);
  expect(transpose(a)).toEqual([
    [1, 3, 5],
    [2, 4, 6],
  ]);
  expect(transpose([])).toEqual([]);
  expect(subtract([5, 7], [2, 9])).toEqual([3, -2]);
  expect(multiply(a, [10, 1])).toEqual([12, 34, 56]);
  expect(scaleBy([2, 0, 0.5], [6, 5, 1])).toEqual([3, 0, 2]);
});
