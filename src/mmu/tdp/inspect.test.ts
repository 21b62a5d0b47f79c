import { describe, expect, it } from "vitest";
import { buildTree } from "./build.js";
import { eachLeaf, eachMisbooked, eachTable, leavesIn, mappedRuns, presentAt, structureOf } from "./inspect.js";
import { DIRTY, PFN_OFFSET, type TdpTree, WRITABLE } from "./tree.js";

/** Four 4K pages up to gfn 512, two 2M pages, a 1G page, and an empty table of each kind. */
function guest(): TdpTree {
  return buildTree({
    rootLevel: 4,
    leaves: [
      { gfn: 508, level: 1, count: 4 },
      { gfn: 512, level: 2, count: 2 },
      { gfn: 2 ** 18, level: 3, count: 1 },
    ],
    nonpresentPaths: [
      { gfn: 1536, level: 1 },
      { gfn: 2 ** 19, level: 2 },
    ],
  });
}

function leafAt(tree: TdpTree, gfn: number): number {
  let found = -1;
  eachLeaf(tree, (at, _, first) => {
    if (first === gfn) found = at;
  });
  return found;
}

/** Turns an entry's bit in the bitmap over. */
function flip({ bitmap }: TdpTree, at: number): void {
  bitmap[at >> 5]! ^= 1 << (at & 31);
}

describe("what a tree holds", () => {
  it("is told by level: tables, leaves, and tables that hold nothing", () => {
    expect(structureOf(guest())).toEqual({
      tablesByLevel: { 1: 2, 2: 2, 3: 1, 4: 1 },
      leavesByLevel: { 1: 4, 2: 2, 3: 1 },
      tablesWithoutPresentEntries: { 1: 1, 2: 1 },
    });
  });

  it("is told table by table in walk order", () => {
    const tables: number[][] = [];
    eachTable(guest(), (table, level, gfn) => tables.push([table / 512, level, gfn]));
    expect(tables.map(([, ...where]) => where)).toEqual([
      [4, 0],
      [3, 0],
      [2, 0],
      [1, 0],
      [1, 1536],
      [2, 2 ** 19],
    ]);
    expect(new Set(tables.map(([table]) => table)).size).toBe(6);
  });

  it("is told leaf by leaf, those across an edge of the range too, none of a table that is not looked at", () => {
    const leaves = (...range: [start?: number, end?: number, lowest?: number]) => {
      const found: string[] = [];
      eachLeaf(guest(), (_, level, gfn) => found.push(`${level}@${gfn}`), ...range);
      return found;
    };
    const all = ["1@508", "1@509", "1@510", "1@511", "2@512", "2@1024", `3@${2 ** 18}`];
    expect(leaves()).toEqual(all);
    expect(leaves(0, Number.POSITIVE_INFINITY, 2)).toEqual(all.slice(4));
    expect(leaves(0, Number.POSITIVE_INFINITY, 3)).toEqual(all.slice(6));
    expect(leaves(510, 512)).toEqual(["1@510", "1@511"]);
    expect(leaves(510, 513)).toEqual(["1@510", "1@511", "2@512"]);
    expect(leaves(1023, 1024)).toEqual(["2@512"]);
    expect(leaves(1024, 1025)).toEqual(["2@1024"]);
    expect(leaves(2 ** 19 - 1)).toEqual([`3@${2 ** 18}`]);
    expect(leaves(2 ** 19)).toEqual([]);
    expect(leavesIn(guest(), 511, 1024)).toEqual({ 1: 1, 2: 1 });
  });

  it("is told as present entries of a level that begin before an end, with the first of them", () => {
    const of = (level: number, end: number) => presentAt(guest(), level, end);
    expect(of(1, 2 ** 36)).toEqual({ count: 4, gfn: 508 });
    expect(of(1, 510)).toEqual({ count: 2, gfn: 508 });
    expect(of(1, 508)).toBeUndefined();
    expect(of(2, 2 ** 36)).toEqual({ count: 4, gfn: 0 });
    expect(of(2, 1024)).toEqual({ count: 2, gfn: 0 });
    expect(of(2, 1025)).toEqual({ count: 3, gfn: 0 });
    expect(of(3, 2 ** 36)).toEqual({ count: 3, gfn: 0 });
    expect(of(4, 1)).toEqual({ count: 1, gfn: 0 });
    const tree = guest();
    tree.clearRun(leafAt(tree, 508), leafAt(tree, 510));
    expect(presentAt(tree, 1, 2 ** 36)).toEqual({ count: 2, gfn: 510 });
  });

  it("is told as runs that are one while frames and permissions go on, whatever maps them", () => {
    const run = (gfn: number, pages: number, writable = true, dirty = true) => {
      return { gfn, pages, pfn: PFN_OFFSET + gfn, writable, dirty };
    };
    expect(mappedRuns(guest())).toEqual([run(508, 1028), run(2 ** 18, 2 ** 18)]);
    const tree = guest();
    tree.words[leafAt(tree, 510)]! &= ~WRITABLE;
    tree.words[leafAt(tree, 512)]! &= ~DIRTY;
    expect(mappedRuns(tree)).toEqual([
      run(508, 2),
      run(510, 1, false),
      run(511, 1),
      run(512, 512, true, false),
      run(1024, 512),
      run(2 ** 18, 2 ** 18),
    ]);
    const moved = guest();
    moved.pfns[leafAt(moved, 511)] = 5;
    expect(mappedRuns(moved).map(({ gfn, pages, pfn }) => [gfn, pages, pfn])).toEqual([
      [508, 3, PFN_OFFSET + 508],
      [511, 1, 5],
      [512, 1024, PFN_OFFSET + 512],
      [2 ** 18, 2 ** 18, PFN_OFFSET + 2 ** 18],
    ]);
    const wrapped = guest();
    for (const [i, gfn] of [508, 509, 510, 511].entries()) wrapped.pfns[leafAt(wrapped, gfn)] = 2 ** 32 - 2 + i;
    expect(mappedRuns(wrapped)[0]).toMatchObject({ gfn: 508, pages: 4, pfn: 2 ** 32 - 2 });
  });

  it("is said where a table's count or bitmap is not that of its entries", () => {
    const said = (damage: (tree: TdpTree, table: number) => void) => {
      const tree = guest();
      damage(tree, leafAt(tree, 512) - 1);
      const tables: unknown[] = [];
      eachMisbooked(tree, (table) => tables.push(table));
      return tables;
    };
    expect(said(() => {})).toEqual([]);
    // The table of level 2 has entries 0 to 3: two tables, and two pages between them.
    const table = { gpa: "0x0", level: 2, present: 4 };
    expect(said((tree, at) => void tree.used[at / 512]!++)).toEqual([{ ...table, usedCount: 5 }]);
    expect(said((tree, at) => flip(tree, at + 3))).toEqual([{ ...table, usedCount: 4 }]);
    expect(said((tree, at) => flip(tree, at + 511))).toEqual([{ ...table, usedCount: 4 }]);
    expect(said((tree, at) => tree.words.fill(0, at + 1, at + 2))).toEqual([{ ...table, present: 3, usedCount: 4 }]);
  });
});
