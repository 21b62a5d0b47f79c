import { describe, expect, it } from "vitest";
import { buildTree, indexOf, type RootSpec, tablesOf } from "./build.js";
import { eachLeaf } from "./inspect.js";
import { DIRTY, LEAF, PFN_OFFSET, PRESENT, WRITABLE } from "./tree.js";

type Run = readonly [gfn: number, level: number, count: number];

function spec(runs: readonly Run[], paths: readonly (readonly [number, number])[] = [], rootLevel = 4): RootSpec {
  return {
    rootLevel,
    leaves: runs.map(([gfn, level, count]) => ({ gfn, level, count })),
    nonpresentPaths: paths.map(([gfn, level]) => ({ gfn, level })),
  };
}

describe("the tree of a root", () => {
  it("has each leaf in its place, writable and dirty, with the frame of its gfn", () => {
    const tree = buildTree(
      spec([
        [511, 1, 2],
        [1024, 2, 2],
        [2 ** 18, 3, 1],
      ]),
    );
    const leaves: number[][] = [];
    eachLeaf(tree, (at, level, gfn) => leaves.push([level, gfn, tree.words[at]!, tree.pfns[at]! - PFN_OFFSET]));
    const bits = PRESENT | LEAF | WRITABLE | DIRTY;
    expect(leaves).toEqual([
      [1, 511, bits, 511],
      [1, 512, bits, 512],
      [2, 1024, bits, 1024],
      [2, 1536, bits, 1536],
      [3, 2 ** 18, bits, 2 ** 18],
    ]);
  });

  it.each<[runs: readonly Run[], tables: number]>([
    [[], 0],
    [[[0, 1, 1]], 3],
    [[[0, 1, 512]], 3],
    [[[0, 1, 513]], 4],
    [[[511, 1, 2]], 4],
    [[[0, 2, 512]], 2],
    [[[0, 2, 513]], 3],
    [[[0, 3, 512]], 1],
    [[[0, 3, 513]], 2],
    [
      [
        [0, 1, 512],
        [512, 1, 1],
      ],
      4,
    ],
    [
      [
        [0, 1, 1],
        [5, 1, 1],
        [512, 2, 1],
        [2 ** 18, 3, 1],
      ],
      3,
    ],
    [
      [
        [0, 1, 1],
        [2 ** 27, 1, 1],
      ],
      6,
    ],
  ])("of %j takes %i tables below the root, and no more are made room for", (runs, tables) => {
    expect(tablesOf(spec(runs))).toBe(tables);
    const tree = buildTree(spec(runs));
    expect([tree.tables, tree.levels.length]).toEqual([1 + tables, 1 + tables]);
  });

  it("has the tables of a path without a leaf, and those of a root of five levels", () => {
    expect(buildTree(spec([], [[7, 1]])).tables).toBe(4);
    expect(tablesOf(spec([], [[7, 1]]))).toBe(3);
    expect(tablesOf(spec([], [[7, 3]]))).toBe(1);
    expect(tablesOf(spec([[0, 1, 1]], [[1, 1]]))).toBe(3);
    expect(tablesOf(spec([[0, 1, 1]], [[512, 1]], 5))).toBe(5);
  });

  it("is refused where two leaves map a frame, or a path leads to one", () => {
    const twice = (gfn: number) => `gfn ${gfn} is mapped twice`;
    expect(() =>
      buildTree(
        spec([
          [0, 1, 4],
          [3, 1, 1],
        ]),
      ),
    ).toThrow(twice(3));
    expect(() =>
      buildTree(
        spec([
          [0, 2, 1],
          [7, 1, 1],
        ]),
      ),
    ).toThrow(twice(7));
    expect(() =>
      buildTree(
        spec([
          [0, 1, 1],
          [0, 2, 1],
        ]),
      ),
    ).toThrow(twice(0));
    expect(() => buildTree(spec([[5, 1, 1]], [[5, 1]]))).toThrow("gfn 5 is present at level 1");
    expect(() => buildTree(spec([[5, 1, 1]], [[5, 2]]))).toThrow("gfn 5 is present at level 2");
    expect(() => buildTree(spec([[512, 2, 1]], [[513, 1]]))).toThrow(twice(513));
    expect(() =>
      buildTree(
        spec(
          [],
          [
            [5, 2],
            [5, 1],
          ],
        ),
      ),
    ).toThrow("gfn 5 is present at level 2");
  });
});

it("an index is that of the entry in its own table", () => {
  const gfn = 3 * 2 ** 27 + 5 * 2 ** 18 + 511 * 512 + 7;
  expect([1, 2, 3, 4, 5].map((level) => indexOf(gfn, level))).toEqual([7, 511, 5, 3, 0]);
});
