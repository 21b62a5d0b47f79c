import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomRoots, randomTdpScenarios, rootOf } from "./random.js";

const leavesOf = (...given: Parameters<typeof rootOf>) => rootOf(...given).leaves.map(({ gfn }) => gfn);

describe("a random root", () => {
  it("has leaves that touch, whichever was drawn first, and none that overlap", () => {
    expect(
      leavesOf(
        4,
        [
          [0, 1, 5],
          [5, 1, 5],
        ],
        [],
      ),
    ).toEqual([0, 5]);
    expect(
      leavesOf(
        4,
        [
          [5, 1, 5],
          [0, 1, 5],
        ],
        [],
      ),
    ).toEqual([0, 5]);
    expect(
      leavesOf(
        4,
        [
          [0, 1, 5],
          [4, 1, 5],
        ],
        [],
      ),
    ).toEqual([0]);
    expect(
      leavesOf(
        4,
        [
          [4, 1, 5],
          [0, 1, 5],
        ],
        [],
      ),
    ).toEqual([4]);
    expect(
      leavesOf(
        4,
        [
          [700, 2, 1],
          [1023, 1, 1],
        ],
        [],
      ),
    ).toEqual([512]);
  });

  it("has paths without a leaf only where nothing else is within their 1G", () => {
    const { nonpresentPaths } = rootOf(
      5,
      [[2 ** 18 - 1, 1, 1]],
      [
        [5, 2],
        [2 ** 18, 1],
        [2 ** 19 - 1, 3],
      ],
    );
    expect(nonpresentPaths).toEqual([{ gfn: 2 ** 18, level: 1 }]);
  });
});

describe("what verify draws", () => {
  // Tests let every list grow as long as it may; the program leaves that to each.
  const ofTests = fc.readConfigureGlobal();
  beforeAll(() => fc.configureGlobal({ ...ofTests, defaultSizeToMaxWhenMaxSpecified: false }));
  afterAll(() => fc.configureGlobal(ofTests));

  it("has roots of up to eight runs of leaves", () => {
    const sizes = fc.sample(randomRoots(fc), { seed: 1, numRuns: 300 }).map(({ leaves }) => leaves.length);
    expect(Math.max(...sizes)).toBe(8);
  });

  it("has bitmaps of up to twenty words", () => {
    const drawn = fc.sample(randomTdpScenarios(fc), { seed: 1, numRuns: 600 }) as { masks?: string[] }[];
    const words = drawn.flatMap(({ masks }) => masks?.length ?? []);
    expect(Math.min(...words)).toBe(1);
    expect(Math.max(...words)).toBe(20);
  });
});
