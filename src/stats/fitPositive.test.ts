import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitPositive, type Residuals } from "./fitPositive.js";

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

  // Zero at 9, and a shallow valley around 0.5.
  const twoValleys = (x: number) => Math.min(Math.abs(Math.log(x / 9)), 0.3 + Math.abs(Math.log(x / 0.5)));

  it("finds the deeper of two valleys from a start in the other, by starting elsewhere too", () => {
    const found = (starts?: number) => fitPositive(([x]) => [twoValleys(x!)], [1.5], starts)[0];
    expect(found(0)).toBeCloseTo(0.5, 4);
    expect(found()).toBeCloseTo(9, 4);
    expect(found(6)).toBe(found());
    expect(fitPositive(([x]) => [twoValleys(x!)], [2.5], 0)[0]).toBeCloseTo(9, 4);
  });

  it("keeps what the given start finds where no other finds anything better to speak of", () => {
    // Any two of a product are as good as others, and half of a residual nobody can help.
    for (const helpless of [0, 0.5]) {
      const residuals = ([a, b]: readonly number[]) => [Math.log((a! * b!) / 6), helpless];
      expect(fitPositive(residuals, [1, 1])).toEqual(fitPositive(residuals, [1, 1], 0));
      expect(fitPositive(residuals, [1, 1])[0]).toBeCloseTo(Math.sqrt(6), 6);
    }
  });

  it("takes shorter steps where whole ones would lead further away", () => {
    // The tangent of a cube root meets zero at minus twice the distance.
    expect(fitPositive(([x]) => [Math.cbrt(Math.log(x! / 3))], [4], 0)[0]).toBeCloseTo(3, 4);
  });

  it.each([1e20, 1e-20])("moves no parameter by more than threefold in one step, on the way to %d", (goal) => {
    const asked: number[] = [];
    fitPositive(
      ([x]) => {
        asked.push(x!);
        return [Math.log(x! / goal)];
      },
      [1],
      0,
    );
    const factors = asked.slice(1).map((x, i) => Math.max(x / asked[i]!, asked[i]! / x));
    expect(Math.max(...factors)).toBeCloseTo(3, 4);
  });

  // Bounds a tenth above what it takes: how many of the last, tiny steps there are is a matter of
  // rounding.
  it.each<[string, Residuals, number[], number, number]>([
    ["one parameter", ([x]) => [Math.log(x! / 3)], [1], 10, 70],
    ["one that is far away", ([x]) => [Math.log(x! / 1e20)], [1], 95, 680],
    ["a product", ([x, y]) => [Math.log((x! * y!) / 6)], [1, 1], 15, 100],
    ["three", (all) => all.map((x, i) => Math.log(x / (i + 1) ** 3)), [1, 1, 1], 24, 175],
    ["a power", ([a, b]) => [1, 2, 4, 8].map((n) => Math.log((5 * n ** 1.5) / (a! * n ** b!))), [1, 1], 18, 127],
    [
      "a power and more",
      ([a, b, c]) => [1, 2, 4, 8, 16].map((n) => Math.log((5 * n ** 1.5 + 3) / (a! * n ** b! + c!))),
      [1, 1, 1],
      28,
      190,
    ],
    ["two valleys, from the deeper", ([x]) => [twoValleys(x!)], [2.5], 27, 347],
    ["nothing to fit", () => [0], [1], 16, 116],
  ])("fits %s, and asks for residuals no more often than it takes", (_, residuals, start, alone, all) => {
    const asked = (starts?: number) => {
      let times = 0;
      const counted: Residuals = (parameters) => {
        times++;
        return residuals(parameters);
      };
      for (const rest of residuals(fitPositive(counted, start, starts))) expect(Math.abs(rest)).toBeLessThan(1e-7);
      return times;
    };
    expect(asked(0)).toBeLessThanOrEqual(alone);
    expect(asked()).toBeLessThanOrEqual(all);
  });

  it("leaves a parameter that no row depends on where it is", () => {
    const [used, unused] = fitPositive(([x]) => [Math.log(x! / 3)], [1, 7]);
    expect(used).toBeCloseTo(3, 6);
    expect(unused).toBeCloseTo(7, 6);
  });
});
