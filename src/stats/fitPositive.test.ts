import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitPositive } from "./fitPositive.js";

describe("fitPositive", () => {
  it("finds the parameters that made the rows, whatever their size", () => {
    const size = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(size, size, (a, b) => {
        const model = (n: number, [p, q]: readonly number[]) => p! + q! * n;
        const rows = [1, 2, 5, 20].map((n) => ({ n, measured: model(n, [a, b]) }));
        const found = fitPositive((p) => rows.map(({ n, measured }) => Math.log(measured / model(n, p))), [1, 1]);
        expect(found[0]! / a).toBeCloseTo(1, 5);
        expect(found[1]! / b).toBeCloseTo(1, 5);
      }),
      { seed: 13, numRuns: 50 },
    );
  });

  it("finds the deeper of two valleys from a start in the other", () => {
    // Zero at 9, and a shallow valley around 0.5.
    const residual = (x: number) => Math.min(Math.abs(Math.log(x / 9)), 0.3 + Math.abs(Math.log(x / 0.5)));
    expect(fitPositive(([x]) => [residual(x!)], [2.5])[0]).toBeCloseTo(9, 4);
  });

  it("leaves a parameter that no row depends on where it is", () => {
    const [used, unused] = fitPositive(([x]) => [Math.log(x! / 3)], [1, 7]);
    expect(used).toBeCloseTo(3, 6);
    expect(unused).toBeCloseTo(7, 6);
  });
});
