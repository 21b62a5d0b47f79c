import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  FEWEST_FOR_INTERVAL,
  isWide,
  median,
  medianInterval,
  medianIntervalRank,
  quantile,
  summarize,
} from "./statistics.js";

const reference = JSON.parse(readFileSync(new URL("../testing/statistics/scipy.json", import.meta.url), "utf8")) as {
  series: { samples: number[]; quantiles: [number, number][]; mean: number; stdev: number };
  medianIntervalRank: [number, number][];
};

describe("summarize", () => {
  test("gives the mean and standard deviation that NumPy gives", () => {
    const summary = summarize(reference.series.samples);
    expect(summary.meanNs).toBeCloseTo(reference.series.mean, 6);
    expect(summary.stdevNs).toBeCloseTo(reference.series.stdev, 6);
  });

  test("describes an even series and an odd one whole", () => {
    expect(summarize([40, 10, 20, 30, 60, 50])).toEqual({
      samplesNs: [40, 10, 20, 30, 60, 50],
      medianNs: 35,
      meanNs: 35,
      stdevNs: expect.closeTo(Math.sqrt(350), 10),
      minNs: 10,
      maxNs: 60,
      ci95Ns: [10, 60],
    });
    expect(summarize([1, 2, 3, 4, 5, 6, 7, 8, 99])).toMatchObject({ medianNs: 5, meanNs: 15, ci95Ns: [2, 8] });
  });

  test("keeps the samples in the order they were measured", () => {
    expect(summarize([3, 1, 2]).samplesNs).toEqual([3, 1, 2]);
  });

  test("describes a single sample without dividing by zero", () => {
    expect(summarize([7])).toEqual({
      samplesNs: [7],
      medianNs: 7,
      meanNs: 7,
      stdevNs: 0,
      minNs: 7,
      maxNs: 7,
      ci95Ns: [7, 7],
    });
  });

  test("refuses an empty series and samples that are not finite", () => {
    expect(() => summarize([])).toThrow(new RangeError("no samples to summarize"));
    expect(() => summarize([1, Number.NaN])).toThrow(new RangeError("a sample is not a finite number"));
    expect(() => summarize([Number.NEGATIVE_INFINITY, 1])).toThrow(RangeError);
  });

  test("does not depend on the order of the samples", () => {
    let longest = 0;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 60 }), (samples) => {
        longest = Math.max(longest, samples.length);
        const { samplesNs: _, ...one } = summarize(samples);
        const { samplesNs: __, ...other } = summarize([...samples].reverse());
        expect(other).toEqual(one);
      }),
    );
    expect(longest).toBeGreaterThan(40);
  });
});

describe("quantile", () => {
  test.each(reference.series.quantiles)("at %d is NumPy's default", (q, expected) => {
    expect(quantile(reference.series.samples, q)).toBeCloseTo(expected, 6);
  });

  test("gives the mean of the two middle samples as the median of an even series", () => {
    expect(median([1, 2, 10, 4])).toBe(3);
  });
});

describe("the 95% interval of the median", () => {
  test.each(reference.medianIntervalRank)("of %d samples is bounded by rank %d from either end", (n, rank) => {
    expect(medianIntervalRank(n)).toBe(rank);
  });

  test("is the pair of order statistics of the published table: 3rd and 10th of 12, 6th and 15th of 20", () => {
    // Conover, Practical Nonparametric Statistics, 3rd edition, table A3: Binomial(12, 1/2) and
    // (20, 1/2).
    const samples = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(medianInterval(samples.slice(0, 12))).toEqual([3, 10]);
    expect(medianInterval(samples)).toEqual([6, 15]);
  });

  test("is the extremes where there are too few samples for any interval", () => {
    expect(medianInterval([5, 1, 3])).toEqual([1, 5]);
  });

  test("always encloses the median", () => {
    let longest = 0;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 200 }), (samples) => {
        longest = Math.max(longest, samples.length);
        const [low, high] = medianInterval(samples);
        expect(low).toBeLessThanOrEqual(median(samples));
        expect(high).toBeGreaterThanOrEqual(median(samples));
      }),
    );
    expect(longest).toBeGreaterThan(150);
  });
});

test("an interval is wide beyond a fifth of the median, not at it", () => {
  expect(isWide({ medianNs: 100, ci95Ns: [90, 110] })).toBe(false);
  expect(isWide({ medianNs: 100, ci95Ns: [90, 111] })).toBe(true);
  expect(isWide({ medianNs: 0, ci95Ns: [0, 0] })).toBe(false);
});

test("six samples are the fewest whose extremes enclose the median 95 times in 100", () => {
  const coverage = (n: number) => 1 - 2 / 2 ** n;
  expect(coverage(FEWEST_FOR_INTERVAL)).toBeGreaterThanOrEqual(0.95);
  expect(coverage(FEWEST_FOR_INTERVAL - 1)).toBeLessThan(0.95);
});

test("two samples have a deviation, one has none", () => {
  expect(summarize([1, 3]).stdevNs).toBeCloseTo(Math.SQRT2, 12);
  expect(summarize([1]).stdevNs).toBe(0);
});
