import { describe, expect, it } from "vitest";
import { type CompareOptions, DEFAULT_COMPARE_OPTIONS } from "./types.js";
import { compareWalls } from "./wall.js";

const from = (start: number, n: number): number[] => Array.from({ length: n }, (_, i) => start + i);
const constant = (value: number, n: number): number[] => new Array<number>(n).fill(value);

function statusOf(base: readonly number[], next: readonly number[], options: Partial<CompareOptions>) {
  return compareWalls([{ part: "split", base, next }], { ...DEFAULT_COMPARE_OPTIONS, ...options })[0]!;
}

describe("the wall times of a part", () => {
  it("are told whole: medians, their change, its interval, p alone and in the family, samples taken and needed", () => {
    const still = { part: "split", base: constant(1000, 5), next: constant(1500, 4) };
    const ioctl = { part: "ioctl", base: [10, 20, 30], next: [40, 50, 60] };
    expect(compareWalls([still, ioctl], { ...DEFAULT_COMPARE_OPTIONS, wallThreshold: 0.2 })).toEqual([
      {
        kind: "measured",
        part: "split",
        baseNs: 1000,
        nextNs: 1500,
        change: 0.5,
        interval: [0.5, 0.5],
        // All of five below all of four, each five and four alike: z = 9.5 / sqrt(12.5).
        p: expect.closeTo(0.00721, 5),
        pHolm: expect.closeTo(0.01442, 5),
        samples: [5, 4],
        samplesNeeded: 5,
        status: "regression",
      },
      {
        kind: "measured",
        part: "ioctl",
        baseNs: 20,
        nextNs: 50,
        change: 1.5,
        interval: [expect.closeTo(1 / 3, 12), 5],
        p: 0.1,
        pHolm: 0.1,
        samples: [3, 3],
        samplesNeeded: 72,
        status: "too-few",
      },
    ]);
  });

  it("have no verdict and need no samples without a threshold", () => {
    expect(statusOf(constant(1000, 9), constant(9000, 9), {})).toMatchObject({
      change: 8,
      samplesNeeded: null,
      status: "not-gated",
    });
  });

  it("have regressed or improved beyond the threshold, not at it", () => {
    const change = (next: number, wallThreshold: number) =>
      statusOf(constant(1000, 9), constant(next, 9), { wallThreshold }).status;
    expect([change(1500, 0.49), change(1500, 0.5)]).toEqual(["regression", "noise"]);
    expect([change(500, 0.49), change(500, 0.5)]).toEqual(["improvement", "noise"]);
  });

  it("have not improved where the interval reaches up to no change at all", () => {
    const modes = (low: number) => [...constant(1000, low), ...constant(2000, 41 - low)];
    expect(statusOf(modes(5), modes(24), { wallThreshold: 0.1 })).toMatchObject({
      change: -0.5,
      interval: [-0.5, 0],
      status: "too-few",
    });
  });

  it("say nothing below as many samples as are needed, on the side that has fewer", () => {
    const same = (base: number, next: number) =>
      statusOf(constant(1000, base), constant(1000, next), { wallThreshold: 0.1 });
    expect(same(4, 9)).toMatchObject({ samplesNeeded: 4, status: "noise" });
    expect([same(3, 9).status, same(9, 3).status]).toEqual(["too-few", "too-few"]);
  });

  it("need more samples in a larger family: its alpha is shared", () => {
    const pairs = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ part: `${i}`, base: constant(1000, 9), next: constant(1000, 9) }));
    const needed = (count: number) =>
      compareWalls(pairs(count), { ...DEFAULT_COMPARE_OPTIONS, wallThreshold: 0 })[0]!.samplesNeeded;
    expect([needed(1), needed(100)]).toEqual([4, 8]);
  });

  it("draw each from a seed of its own, that given for the first and those after it for the others", () => {
    const scattered = (by: number) => Array.from({ length: 40 }, (_, i) => 1000 + ((by * i ** 3) % 997));
    const pair = { part: "split", base: scattered(1), next: scattered(5) };
    const intervals = (count: number, seed: number) =>
      compareWalls(new Array(count).fill(pair), { ...DEFAULT_COMPARE_OPTIONS, seed }).map(({ interval }) => interval);
    const [first, second] = intervals(2, 5);
    expect([first, second]).toEqual([...intervals(1, 5), ...intervals(1, 6)]);
    expect(first).not.toEqual(second);
  });

  it("are no change under a clock too coarse to see the base, and need no more samples than the test to speak", () => {
    expect(statusOf(constant(0, 9), from(5, 9), { wallThreshold: 0.1 })).toMatchObject({
      baseNs: 0,
      nextNs: 9,
      change: 0,
      interval: [0, 0],
      samplesNeeded: 4,
      status: "noise",
    });
  });
});
