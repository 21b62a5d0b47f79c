import { describe, expect, it } from "vitest";
import { extend, holdSequence, holdsOf, stretched, workByRegion } from "./holds.js";
import type { LockTrace, Taking } from "./lockHolds.js";
import { LockWork } from "./lockWork.js";

/** Work of which everything was done so many times. */
function work(times: number): LockWork {
  return new LockWork(new Float64Array(LockWork.SIZE).fill(times));
}

/** A trace with so much work in each piece of each region of each taking. */
function traceOf(...takings: number[][][]): LockTrace {
  const given = takings.map((regions): Taking => ({ regions: regions.map((pieces) => pieces.map(work)) }));
  return { takings: given, stretches: [work(1)], stretchesEnd: true };
}

function timesOf(works: readonly LockWork[]): number[] {
  return works.map(({ values }) => values[0]!);
}

function piecesOf({ takings }: LockTrace): number[][][] {
  return takings.map(({ regions }) => regions.map(timesOf));
}

describe("the holds of a trace in order", () => {
  const told = (...args: Parameters<typeof holdSequence>) =>
    holdSequence(...args).map(({ work: { values }, end }) => [values[0], end]);

  it("end where the lock is dropped between two pieces, and go on from region to region to the end of the ioctl", () => {
    const trace = traceOf([[1, 2], [4], [8, 16, 32]], [[64]]);
    expect(told(trace)).toEqual([
      [1, "top-up"],
      [2 + 4 + 8, "top-up"],
      [16, "top-up"],
      [32, "ioctl"],
      [64, "ioctl"],
    ]);
    expect(told(trace, true)).toEqual([
      [1, "top-up"],
      [2, "ioctl"],
      [4, "ioctl"],
      [8, "top-up"],
      [16, "top-up"],
      [32, "ioctl"],
      [64, "ioctl"],
    ]);
  });

  it("are none where nothing is done", () => {
    expect(told(traceOf([[0, 1], [0]], [[]], []))).toEqual([[1, "ioctl"]]);
  });

  it("are so many at most, the longest of the rest among them unless one as long is", () => {
    const trace = traceOf([[5, 6, 4, 9, 7]]);
    expect(told(trace, false, 5)).toHaveLength(5);
    expect(told(trace, false, 4)).toEqual([
      [5, "top-up"],
      [6, "top-up"],
      [4, "top-up"],
      [9, "top-up"],
    ]);
    expect(told(trace, false, 3)).toEqual([
      [5, "top-up"],
      [6, "top-up"],
      [9, "top-up"],
    ]);
    expect(told(traceOf([[5, 9, 4, 9, 7]]), false, 3)).toEqual([
      [5, "top-up"],
      [9, "top-up"],
      [4, "top-up"],
    ]);
    // Of equals that are left out the first.
    expect(told(traceOf([[1, 2, 9, 3]], [[9]]), false, 2)).toEqual([
      [1, "top-up"],
      [9, "top-up"],
    ]);
  });

  it("are told once each where only what they are matters", () => {
    const trace = traceOf([[3, 5, 3], [2]], [[5]]);
    expect(timesOf(holdsOf(trace))).toEqual([3, 5]);
    expect(timesOf(holdsOf(trace, true))).toEqual([3, 5, 2]);
  });
});

describe("a trace of regions that stand for others", () => {
  it("has holds that grow with what they stand for where no region drops the lock", () => {
    const trace = traceOf([[1], [], [3]]);
    const grown = stretched(trace, [
      { weight: 10, inARow: 9 },
      { weight: 100, inARow: 30 },
      { weight: 1000, inARow: 200 },
    ]);
    expect(piecesOf(grown)).toEqual([[[3010]]]);
    expect([grown.stretches, grown.stretchesEnd]).toEqual([trace.stretches, true]);
  });

  it("has holds that grow through those in a row that split nothing, where another drops the lock", () => {
    const walked = (words: number) => {
      const values = new Float64Array(LockWork.SIZE);
      values[0] = words;
      return new LockWork(values);
    };
    const regions = [
      [work(1), work(2)],
      [walked(4)],
      [LockWork.none(), walked(5)],
      [walked(6), walked(7)],
      [],
      [work(8)],
    ];
    const trace = { ...traceOf([]), takings: [{ regions }] };
    const strata = regions.map(() => ({ weight: 10, inARow: 3 }));
    expect(piecesOf(stretched(trace, strata))).toEqual([[[1, 2], [12], [0, 15], [6, 7], [], [8]]]);
  });

  it("has the work of each region, that of all takings together", () => {
    const trace = traceOf([[1], [2, 4]], [[8], [16], [32]]);
    expect(timesOf(workByRegion(trace, 4))).toEqual([9, 22, 32, 0]);
    expect(workByRegion(trace, 0)).toEqual([]);
  });
});

describe("a trace extended by regions like its second", () => {
  it("has its holds grow where they drop no lock, and three of them stand for any number where they do", () => {
    const trace = traceOf(
      [[1], [2], [2], [3]],
      [
        [1, 1],
        [4, 5],
        [4, 5],
      ],
    );
    const extended = extend(trace, 7)!;
    expect(piecesOf(extended)).toEqual([
      [[1], [14], [3]],
      [
        [1, 1],
        [4, 5],
        [4, 5],
        [4, 5],
      ],
    ]);
    expect(extended.stretches).toBe(trace.stretches);
    expect(piecesOf(extend(trace, 2)!)[1]).toHaveLength(3);
  });

  it.each([
    [[[1]]],
    [[[1], [2]]],
    [[[1], [2], [3]]],
    [[[1], [2, 2], [2, 3]]],
    [[[1], [2, 2], [2]]],
    [[[1], [2], [2, 2]]],
  ])("is none where the second and third of %j are not alike", (regions) => {
    expect(extend(traceOf(regions), 5)).toBeUndefined();
    expect(extend(traceOf([[1], [2], [2]], regions), 5)).toBeUndefined();
  });
});
