import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../testing/nightly.js";
import { column, dot, multiply, norm } from "./linear.js";
import { nnls } from "./nnls.js";

describe("nnls", () => {
  it("equals least squares where that is positive", () => {
    // Line through (1, 6), (2, 5), (3, 7), (4, 10): intercept 3.5, slope 1.4.
    const { x, residualNorm } = nnls(
      [
        [1, 1],
        [1, 2],
        [1, 3],
        [1, 4],
      ],
      [6, 5, 7, 10],
    );
    expect(x[0]).toBeCloseTo(3.5, 10);
    expect(x[1]).toBeCloseTo(1.4, 10);
    expect(residualNorm ** 2).toBeCloseTo(4.2, 10);
  });

  it("holds at zero what least squares would make negative, and fits the rest again", () => {
    // Lawson and Hanson's kind of case: unconstrained is (2, -1), the constrained optimum (1/2, 0)
    // by hand: (1*1+1*0)/(1+1).
    const { x, free } = nnls(
      [
        [1, 1],
        [1, 2],
      ],
      [1, 0],
    );
    expect(x[0]).toBeCloseTo(0.5, 12);
    expect(x[1]).toBe(0);
    expect(free).toEqual([0]);
  });

  it("gives scipy's documented answers", () => {
    // scipy.optimize.nnls docstring: A = [[1, 0], [1, 0], [0, 1]], b = [2, 1, 1] gives [1.5, 1]
    // with norm 0.7071067811865475, and b = [-1, -1, -1] gives [0, 0] with norm 1.7320508075688772.
    const a = [
      [1, 0],
      [1, 0],
      [0, 1],
    ];
    expect(nnls(a, [2, 1, 1]).x).toEqual([expect.closeTo(1.5, 12), expect.closeTo(1, 12)]);
    expect(nnls(a, [2, 1, 1]).residualNorm).toBeCloseTo(Math.SQRT1_2, 12);
    expect(nnls(a, [-1, -1, -1])).toMatchObject({ x: [0, 0], free: [] });
    expect(nnls(a, [-1, -1, -1]).residualNorm).toBeCloseTo(Math.sqrt(3), 12);
  });

  it("gives equal columns one value between them", () => {
    const { x, residualNorm } = nnls(
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      [2, 4, 6],
    );
    expect(x[0]! + x[1]!).toBeCloseTo(2, 10);
    expect(residualNorm).toBeCloseTo(0, 10);
  });

  it("finds costs of very different size exactly", () => {
    const truth = [15, 83_000, 4_400_000];
    const a = [
      [262144, 0, 1],
      [262656, 512, 1],
      [524288, 1, 1],
      [8192, 513, 1],
      [1024, 4, 1],
    ];
    const { x } = nnls(a, multiply(a, truth));
    truth.forEach((value, j) => {
      expect(x[j]! / value).toBeCloseTo(1, 8);
    });
  });

  it("refuses rows of different length and values that are no number", () => {
    const uneven = new RangeError("nnls: rows must be equally long and every value finite");
    expect(() => nnls([[1], [1, 2]], [1, 2])).toThrow(uneven);
    expect(() => nnls([[1, 2], [1]], [1, 2])).toThrow(uneven);
    expect(() => nnls([[1, Number.NaN]], [1])).toThrow(uneven);
    expect(() => nnls([[1]], [Number.POSITIVE_INFINITY])).toThrow(uneven);
    expect(() => nnls([[1]], [1, 2])).toThrow(new RangeError("nnls: 1 rows and 2 values"));
  });

  it("tells what is left of each row, and the free columns in their order, whichever was freed first", () => {
    const rows = [
      [1, 0],
      [0, 1],
      [0, 0],
    ];
    expect(nnls(rows, [1, 5, 2])).toEqual({ x: [1, 5], residuals: [0, 0, 2], residualNorm: 2, free: [0, 1] });
    expect(nnls(rows, [-3, 5, 4])).toEqual({ x: [0, 5], residuals: [-3, 0, 4], residualNorm: 5, free: [1] });
    expect(nnls([], [])).toEqual({ x: [], residuals: [], residualNorm: 0, free: [] });
  });

  it("stops on its way at the first column that would become negative, of several", () => {
    const rows = [
      [1, -1, 2, -1],
      [-1, -2, 4, -3],
      [4, -2, 0, 2],
      [-1, -3, 4, -4],
    ];
    const { x, free } = nnls(rows, [2, 7, 0, 1]);
    // The normal equations of the last three columns have this solution: 15/7, 4 and 71/35.
    for (const [j, value] of [0, 15 / 7, 4, 71 / 35].entries()) expect(x[j]).toBeCloseTo(value, 10);
    expect(free).toEqual([1, 2, 3]);
  });

  it("holds a column of zeros at zero, whatever there is to fit", () => {
    expect(
      nnls(
        [
          [0, 1],
          [0, 2],
        ],
        [1, 2],
      ),
    ).toEqual({
      x: [0, expect.closeTo(1, 12)],
      residuals: [expect.closeTo(0, 12), expect.closeTo(0, 12)],
      residualNorm: expect.closeTo(0, 12),
      free: [1],
    });
    expect(nnls([[1]], [0])).toEqual({ x: [0], residuals: [0], residualNorm: 0, free: [] });
  });

  it("meets the Karush-Kuhn-Tucker conditions on any problem", () => {
    const problem = fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 6 })).chain(([m, n]) =>
      fc.record({
        a: fc.array(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: n, maxLength: n }), {
          minLength: m,
          maxLength: m,
        }),
        b: fc.array(fc.integer({ min: -100, max: 100 }), { minLength: m, maxLength: m }),
      }),
    );
    fc.assert(
      fc.property(problem, ({ a, b }) => {
        const { x, residuals } = nnls(a, b);
        x.forEach((value, j) => {
          expect(value).toBeGreaterThanOrEqual(0);
          // The gradient -A'r: zero where x is free, not a descent where x is held at 0.
          const towards = dot(column(a, j), residuals);
          const slack = 1e-7 * (1 + norm(column(a, j)) * norm(b));
          expect(towards).toBeLessThanOrEqual(slack);
          if (value > 1e-9) expect(Math.abs(towards)).toBeLessThanOrEqual(slack);
        });
      }),
      { numRuns: times(400, 2000) },
    );
  });

  it("finds planted costs in any independent problem without noise", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 3, maxLength: 3 }),
        fc.array(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 3, maxLength: 3 }), {
          minLength: 6,
          maxLength: 9,
        }),
        (truth, rows) => {
          // Three rows of their own make the columns independent.
          const a = [[100, 0, 0], [0, 100, 0], [0, 0, 100], ...rows];
          const { x } = nnls(a, multiply(a, truth));
          truth.forEach((value, j) => {
            expect(x[j]).toBeCloseTo(value, 6);
          });
        },
      ),
    );
  });
});
