import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "./random.js";
import {
  bootstrapChange,
  holm,
  mannWhitney,
  normalQuantile,
  normalUpperTail,
  relativeSpread,
  samplesNeeded,
} from "./significance.js";
import { median, quantile } from "./statistics.js";

const reference = JSON.parse(readFileSync(new URL("../testing/statistics/scipy.json", import.meta.url), "utf8")) as {
  mannWhitney: { name: string; a: number[]; b: number[]; u: number; p: number }[];
  normalUpperTail: [number, number][];
  normalQuantile: [number, number][];
};

/** Relative where the value is small: a p of 3e-11 is to be right in its digits too. */
function expectDigits(actual: number, expected: number, digits: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(Math.abs(expected) * 10 ** -digits);
}

describe("the Mann-Whitney test", () => {
  test.each(reference.mannWhitney)("gives SciPy's U and p: $name", ({ a, b, u, p }) => {
    const result = mannWhitney(a, b);
    expect(result.u).toBe(u);
    expectDigits(result.p, p, 11);
  });

  test("gives the p of the help page of R's wilcox.test: W = 35, one-sided 0.1272", () => {
    const permeability = reference.mannWhitney[0]!;
    expect(mannWhitney(permeability.a, permeability.b).p / 2).toBeCloseTo(0.1272, 4);
  });

  test("is exact by enumeration of all arrangements", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 2, maxLength: 9 }),
        fc.nat(),
        (values, pick) => {
          const size = 1 + (pick % (values.length - 1));
          const a = values.slice(0, size);
          const b = values.slice(size);
          expect(mannWhitney(a, b).p).toBeCloseTo(enumerated(a, b), 12);
        },
      ),
    );
  });

  test("is exact without ties only: samples that are all equal tell nothing, by the approximation", () => {
    expect(mannWhitney([1, 2], [3])).toMatchObject({ method: "exact" });
    expect(mannWhitney([1, 2], [2])).toMatchObject({ method: "normal" });
    expect(mannWhitney([3, 3], [3, 3, 3])).toEqual({ u: 3, p: 1, method: "normal" });
  });

  test("is exact up to eight samples on the side that has fewer", () => {
    const of = (n: number, from: number) => Array.from({ length: n }, (_, i) => from + 2 * i);
    const methods = [of(8, 0), of(9, 0)].flatMap((a) => [mannWhitney(a, of(20, 1)), mannWhitney(of(20, 1), a)]);
    expect(methods.map(({ method }) => method)).toEqual(["exact", "exact", "normal", "normal"]);
  });

  test("has a p of one, and no more, where the series could not lie closer", () => {
    expect(mannWhitney([1, 3], [2])).toEqual({ u: 1, p: 1, method: "exact" });
    expect(mannWhitney([1, 2, 2, 3], [1, 2, 2, 3])).toEqual({ u: 8, p: 1, method: "normal" });
  });

  test("does not care which series comes first", () => {
    const series = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 25 });
    const methods = new Set<string>();
    fc.assert(
      fc.property(series, series, (a, b) => {
        methods.add(mannWhitney(a, b).method);
        expect(mannWhitney(a, b).p).toBeCloseTo(mannWhitney(b, a).p, 12);
        expect(mannWhitney(a, b).u + mannWhitney(b, a).u).toBe(a.length * b.length);
      }),
    );
    expect([...methods].sort()).toEqual(["exact", "normal"]);
  });
});

/** The two-sided p by trying every way to call `a.length` of the pooled values the first series. */
function enumerated(a: number[], b: number[]): number {
  const pooled = [...a, ...b];
  const uOf = (first: number[], second: number[]): number =>
    first.reduce((sum, x) => sum + second.filter((y) => x > y).length, 0);
  const middle = (a.length * b.length) / 2;
  const seen = Math.abs(uOf(a, b) - middle);
  let all = 0;
  let extreme = 0;
  for (let mask = 0; mask < 1 << pooled.length; mask++) {
    const first = pooled.filter((_, i) => mask & (1 << i));
    if (first.length !== a.length) continue;
    all++;
    if (
      Math.abs(
        uOf(
          first,
          pooled.filter((_, i) => !(mask & (1 << i))),
        ) - middle,
      ) >= seen
    )
      extreme++;
  }
  return extreme / all;
}

describe("Holm's correction", () => {
  test("adjusts a worked example: 0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02", () => {
    // By hand from the definition: 4 x 0.005, 3 x 0.01, 2 x 0.03, then 1 x 0.04 raised to the one
    // before.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, expected] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(expected, 12);
  });

  test("never lowers a p, never exceeds one, keeps the order and leaves a single test alone", () => {
    let most = 0;
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (ps) => {
        most = Math.max(most, ps.length);
        const adjusted = holm(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(1);
          ps.forEach((q, j) => {
            if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
          });
        });
        expect(adjusted[ps.indexOf(Math.min(...ps))]).toBeCloseTo(Math.min(1, Math.min(...ps) * ps.length), 12);
      }),
    );
    expect(most).toBeGreaterThan(20);
    expect(holm([])).toEqual([]);
  });
});

describe("the bootstrap interval", () => {
  const base = Array.from({ length: 41 }, (_, i) => 100 + i);
  const slower = base.map((x) => x * 1.5);

  test("is the same for the same seed and another for another", () => {
    expect(bootstrapChange(base, slower, 7)).toEqual(bootstrapChange(base, slower, 7));
    expect(bootstrapChange(base, slower, 7)).not.toEqual(bootstrapChange(base, slower, 8));
  });

  test("is that of as many resamples, each sorted for its median, from one source of chance", () => {
    const uneven = [7, 3, 3, 90, 41, 12, 55, 18];
    for (const [a, b] of [
      [base, uneven],
      [uneven, base],
      [uneven.slice(1), uneven],
    ] as const) {
      const random = seededRandom(11);
      const draw = (samples: readonly number[]) => {
        const sorted = [...samples].sort((x, y) => x - y);
        return median(samples.map(() => sorted[Math.floor(random() * samples.length)]!));
      };
      const changes = Array.from({ length: 2000 }, () => {
        const before = draw(a);
        return draw(b) / before - 1;
      });
      expect(bootstrapChange(a, b, 11)).toEqual([quantile(changes, 0.025), quantile(changes, 0.975)]);
    }
  });

  test("encloses the change that there is and excludes zero where it is plain", () => {
    const [low, high] = bootstrapChange(base, slower, 1);
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
  });

  test("of constant series is a point", () => {
    expect(bootstrapChange([100, 100, 100], [150, 150], 1)).toEqual([0.5, 0.5]);
  });

  test("covers the true ratio of medians about 95 times in 100", () => {
    const random = seededRandom(2024);
    const draw = (n: number, scale: number): number[] =>
      Array.from({ length: n }, () => scale * (1 + 0.1 * gauss(random)));
    let covered = 0;
    for (let i = 0; i < 400; i++) {
      const [low, high] = bootstrapChange(draw(30, 100), draw(30, 110), i, 400);
      if (low <= 0.1 && high >= 0.1) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(400 * 0.92);
    expect(covered).toBeLessThanOrEqual(400 * 0.99);
  });
});

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

describe("samples needed", () => {
  test("are at least what the exact test needs to reach alpha at all: 4 a side at 0.05", () => {
    // 2 / C(6, 3) = 0.1 and 2 / C(8, 4) = 0.0286.
    expect(samplesNeeded(10, 0, 0.05)).toBe(4);
    // 2 / C(14, 7) = 0.00058 is not below 0.0005; 2 / C(16, 8) = 0.00016 is.
    expect(samplesNeeded(10, 0, 0.05 / 100)).toBe(8);
  });

  test("grow with the square of spread over change", () => {
    const few = samplesNeeded(0.02, 0.05, 0.05);
    const many = samplesNeeded(0.01, 0.05, 0.05);
    expect(many / few).toBeGreaterThan(3.7);
    expect(many / few).toBeLessThan(4.1);
  });

  test("give the power that they promise", () => {
    const n = samplesNeeded(0.05, 0.08, 0.05);
    const random = seededRandom(99);
    let seen = 0;
    for (let i = 0; i < 500; i++) {
      const a = Array.from({ length: n }, () => 1 + 0.08 * gauss(random));
      const b = Array.from({ length: n }, () => 1.05 + 0.08 * gauss(random));
      if (mannWhitney(a, b).p < 0.05) seen++;
    }
    expect(seen / 500).toBeGreaterThan(0.74);
    expect(seen / 500).toBeLessThan(0.87);
  });

  test("are without bound for no change at all, and where no alarm may ever be false", () => {
    for (const change of [0, -0.1]) expect(samplesNeeded(change, 0.1, 0.05)).toBe(Number.POSITIVE_INFINITY);
    for (const alpha of [0, -0.1]) expect(samplesNeeded(0.1, 0.1, alpha)).toBe(Number.POSITIVE_INFINITY);
  });

  test("are as Noether's formula has them by a table of z, and never fewer than the exact test needs", () => {
    // P(Z <= 0.05 / (0.08 sqrt 2)) = 0.6707; (1.95996 + 0.84162)^2 / (6 x 0.1707^2) = 44.9.
    expect(samplesNeeded(0.05, 0.08, 0.05)).toBe(45);
    // With z = 1.28155 for nine times in ten: 10.5074 / 0.1749 = 60.1.
    expect(samplesNeeded(0.05, 0.08, 0.05, 0.9)).toBe(61);
    // A spread of next to nothing: (2.80158)^2 / (6 / 4) = 5.2.
    expect(samplesNeeded(0.5, 0.01, 0.05)).toBe(6);
    // ... which at 5 in 1000 is fewer than 2 / C(2n, n) asks for: 2 / C(12, 6) = 0.0022.
    // (3.64865)^2 / 1.5 = 8.9.
    expect(samplesNeeded(0.5, 0.01, 0.005)).toBe(9);
    expect(samplesNeeded(1, -1, 0.05)).toBe(4);
  });

  test("are as many as bring p below alpha, where the smallest p of fewer is alpha itself", () => {
    // 2 / C(2, 1) = 1, 2 / C(6, 3) = 0.1 and 2 / C(8, 4) = 1 / 35.
    const needed = [1, 0.1, 0.1001, 1 / 35, 0.0286].map((alpha) => samplesNeeded(1, 0, alpha));
    expect(needed).toEqual([2, 4, 3, 5, 4]);
  });
});

test("the normal distribution agrees with SciPy to 12 digits, far tails included", () => {
  for (const [z, p] of reference.normalUpperTail) expectDigits(normalUpperTail(z), p, 12);
  for (const [p, z] of reference.normalQuantile) expect(normalQuantile(p)).toBeCloseTo(z, 10);
});

test("the normal distribution has its quantiles as far as 1e-12, and no tail beyond what a double holds", () => {
  expect(normalQuantile(1e-12)).toBeCloseTo(-7.0345, 3);
  expect(normalQuantile(1 - 1e-12)).toBeCloseTo(7.0345, 3);
  expect([normalUpperTail(40), normalUpperTail(Number.POSITIVE_INFINITY)]).toEqual([0, 0]);
  expect([normalUpperTail(-40), normalUpperTail(Number.NEGATIVE_INFINITY)]).toEqual([1, 1]);
});

test("the relative spread is the standard deviation over the median, where the noise is normal", () => {
  // Quartiles 975 and 1025 of a median of 1000: 50 / 1.34898 / 1000.
  const samples = Array.from({ length: 101 }, (_, i) => 950 + i);
  expect(relativeSpread(samples)).toBeCloseTo(0.0370651, 7);
  expect(relativeSpread([5])).toBe(0);
});

test("the relative spread ignores outliers", () => {
  const samples = Array.from({ length: 101 }, (_, i) => 950 + i);
  expect(relativeSpread([...samples, 1e9])).toBeCloseTo(relativeSpread(samples), 2);
});

test("the seeded generator is uniform, and repeats", () => {
  const random = seededRandom(3);
  const again = seededRandom(3);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const x = random();
    expect(again()).toBe(x);
    counts[Math.floor(x * 10)]!++;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
