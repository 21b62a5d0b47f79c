import { describe, expect, it } from "vitest";
import { tableGeometry } from "../x86/pages.js";
import { childOf, isLeaf, isTable, LEAF, PRESENT, TdpTree, WRITABLE } from "./tree.js";

/** Leaves at these entries of the root. */
function withLeaves(...indices: readonly number[]): TdpTree {
  const tree = new TdpTree(4);
  for (const index of indices) tree.setLeaf(index, index, WRITABLE);
  return tree;
}

const bitsOf = (tree: TdpTree) =>
  Array.from({ length: tree.entries }, (_, i) => i).filter((i) => ((tree.bitmap[i >> 5]! >>> (i & 31)) & 1) === 1);

describe("an entry", () => {
  it("is a leaf or a table where it is present, and points to where the table begins", () => {
    expect([0, LEAF, PRESENT, PRESENT | LEAF].map(isTable)).toEqual([false, false, true, false]);
    expect([0, LEAF, PRESENT, PRESENT | LEAF].map(isLeaf)).toEqual([false, false, false, true]);
    const tree = new TdpTree(4);
    const tables = [tree.allocate(3), tree.allocate(3), tree.allocate(2)];
    for (const [i, table] of tables.entries()) tree.setTable(i, table);
    expect(tables.map((_, i) => childOf(tree.words[i]!))).toEqual(tables);
    expect(tables).toEqual([512, 1024, 1536]);
  });
});

describe("a tree", () => {
  it("keeps count and bitmap of what is present, once for each entry", () => {
    const tree = withLeaves(3, 31, 32, 511, 3);
    expect([tree.used[0], bitsOf(tree)]).toEqual([4, [3, 31, 32, 511]]);
    tree.setTable(31, tree.allocate(3));
    expect([tree.used[0], bitsOf(tree)]).toEqual([4, [3, 31, 32, 511]]);
  });

  it("makes a run non-present, to its last entry and no further", () => {
    const all = Array.from({ length: 512 }, (_, i) => i);
    for (const [from, to] of [
      [0, 1],
      [31, 32],
      [31, 33],
      [32, 64],
      [5, 70],
      [0, 512],
      [511, 512],
    ] as const) {
      const tree = withLeaves(...all);
      tree.clearRun(from, to);
      const left = all.filter((i) => i < from || i >= to);
      expect([tree.used[0], bitsOf(tree)]).toEqual([left.length, left]);
      expect(all.filter((i) => tree.words[i] !== 0)).toEqual(left);
    }
  });

  it("finds the first present entry at an index or behind it", () => {
    const tree = withLeaves(3, 32, 95, 510);
    const found = [0, 3, 4, 31, 32, 33, 95, 96, 510, 511, 512, 600].map((from) => tree.firstUsed(0, from));
    expect(found).toEqual([3, 3, 32, 32, 32, 95, 95, 510, 510, 512, 512, 512]);
    const second = tree.allocate(3);
    tree.setLeaf(second + 1, 0, 0);
    expect([tree.firstUsed(0, 511), tree.firstUsed(second, 0), tree.firstUsed(second, 2)]).toEqual([512, 1, 512]);
  });

  it("finds it in small tables, which share words of the bitmap, too", () => {
    const tree = new TdpTree(4, 4, tableGeometry(2, 4));
    const next = tree.allocate(3);
    tree.setLeaf(next + 2, 0, 0);
    expect([0, 3, 4].map((from) => tree.firstUsed(0, from))).toEqual([4, 4, 4]);
    expect([0, 2, 3, 4].map((from) => tree.firstUsed(next, from))).toEqual([2, 2, 4, 4]);
    expect(tree.entries).toBe(4);
  });

  it("frees a table with all below it, and gives the same places out again, empty", () => {
    const tree = new TdpTree(4);
    const [upper, lower, empty] = [tree.allocate(3), tree.allocate(2), tree.allocate(2)];
    tree.setTable(0, upper!);
    tree.setTable(upper + 1, lower);
    tree.setTable(upper + 2, empty);
    tree.setLeaf(lower + 7, 1, WRITABLE);
    expect(tree.tables).toBe(4);
    tree.clearRun(0, 1);
    expect([tree.freeTable(upper), tree.tables]).toEqual([3, 1]);
    expect([...tree.levels.subarray(0, 4)]).toEqual([4, 0, 0, 0]);
    expect([tree.used[1], tree.used[2], tree.words.every((word) => word === 0)]).toEqual([0, 0, true]);
    expect(tree.bitmap.every((bits) => bits === 0)).toBe(true);
    const again = [tree.allocate(2), tree.allocate(3), tree.allocate(2), tree.allocate(1)];
    expect(again.toSorted((a, b) => a - b)).toEqual([512, 1024, 1536, 2048]);
    expect(again.map((table) => tree.levels[table / 512])).toEqual([2, 3, 2, 1]);
  });

  it("grows by half when it must, or by what is asked for, and keeps what it has", () => {
    const tree = new TdpTree(4, 4);
    tree.setLeaf(511, 9, WRITABLE);
    tree.reserve(3);
    expect(tree.levels.length).toBe(4);
    tree.reserve(4);
    expect(tree.levels.length).toBe(6);
    tree.reserve(20);
    const lengths = [tree.levels, tree.used, tree.words, tree.pfns, tree.bitmap].map(({ length }) => length);
    expect(lengths).toEqual([21, 21, 21 * 512, 21 * 512, (21 * 512) / 32]);
    expect([tree.words[511], tree.pfns[511], tree.used[0], bitsOf(tree), tree.levels[0]]).toEqual([
      PRESENT | LEAF | WRITABLE,
      9,
      1,
      [511],
      4,
    ]);
    const full = new TdpTree(4, 1);
    expect([full.allocate(3), full.levels.length, full.tables]).toEqual([512, 2, 2]);
  });

  it("is copied into another, larger or smaller, with its free places and nothing else", () => {
    const tree = withLeaves(5);
    const table = tree.allocate(3);
    tree.setTable(6, table);
    const kept = tree.allocate(3);
    tree.freeTable(kept);
    for (const capacity of [1, 8, 20]) {
      const other = new TdpTree(4, capacity);
      other.setLeaf(400, 7, WRITABLE);
      for (let i = 0; i < capacity + 2; i++) other.setLeaf(other.allocate(3) + 9, 7, WRITABLE);
      other.copyFrom(tree);
      expect(other.tables).toBe(2);
      expect([other.used[0], bitsOf(other), other.used[2]]).toEqual([2, [5, 6], 0]);
      expect(other.words.subarray(tree.words.length).every((word) => word === 0)).toBe(true);
      expect(other.levels.subarray(3).every((level) => level === 0)).toBe(true);
      expect(other.allocate(3)).toBe(kept);
    }
    const clone = tree.clone();
    expect([clone.rootLevel, clone.geometry, clone.words, clone.pfns]).toEqual([
      4,
      tree.geometry,
      tree.words,
      tree.pfns,
    ]);
  });
});
