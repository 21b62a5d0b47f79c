import { describe, expect, it } from "vitest";
import { BLOCK, FULL_TABLE, HOLE_ENTRY, PROTECTED_BLOCK, type TopEntry } from "../../exhaustive/trees.js";
import { faultsIn } from "../../exhaustive/verdict.js";
import { eachLeaf } from "../inspect.js";
import { splitLeaf } from "../split.js";
import { DIRTY, PFN_OFFSET, type TdpTree, WRITABLE } from "../tree.js";
import { baseOf, buildSmall } from "./geometry.js";
import { Judge, presentAt, SMALL_FAULTS } from "./judge.js";
import type { Work } from "./works.js";

/** A 2M page of four 4K pages at page 0, one 4K page at 7, and a 2M page at 8. */
const TOP: readonly TopEntry[] = [[BLOCK, 0b1000, BLOCK, HOLE_ENTRY]];

/** What is wrong with a tree on which so much was done. */
function judged(work: object, done: (tree: TdpTree, at: (page: number) => number) => void, tops = TOP): string[] {
  const judge = new Judge();
  judge.begin(tops);
  judge.expect(work as Work);
  const tree = buildSmall(tops, 4);
  const { tables } = tree;
  const at = (page: number) => {
    let found = -1;
    eachLeaf(
      tree,
      (place) => {
        found = place;
      },
      judge.base + page,
      judge.base + page + 1,
    );
    return found;
  };
  done(tree, at);
  return [...faultsIn(SMALL_FAULTS, judge.judge(tree, tables + splits))];
}

/** Tables that the work says it took: those that {@link split} has made. */
let splits = 0;

function split(tree: TdpTree, at: number, level: number): void {
  splitLeaf(tree, at, level, tree.allocate(level - 1));
  splits++;
}

const take = (tree: TdpTree, at: number, bits: number) => {
  tree.words[at]! &= ~bits;
};

const NOTHING = { kind: "split", start: 15, end: 16, targetLevel: 1 };

describe("the judge of small trees", () => {
  const of = (...given: Parameters<typeof judged>) => {
    splits = 0;
    return judged(...given);
  };

  it("wants huge pages split that the range touches, and no others", () => {
    const range = (start: number, end: number, targetLevel = 1) => ({ kind: "split", start, end, targetLevel });
    const both = (tree: TdpTree, at: (page: number) => number) => {
      split(tree, at(0), 2);
      split(tree, at(8), 2);
    };
    const first = (tree: TdpTree, at: (page: number) => number) => split(tree, at(0), 2);
    expect(of(range(0, 16), both)).toEqual([]);
    expect(of(range(3, 9), both)).toEqual([]);
    expect(of(range(3, 8), both)).toEqual(["split-outside-range"]);
    expect(of(range(4, 9), both)).toEqual(["split-outside-range"]);
    expect(of(range(3, 8), first)).toEqual([]);
    expect(of(range(3, 9), first)).toEqual(["unsplit-huge-page"]);
    expect(of(range(0, 1), () => {})).toEqual(["unsplit-huge-page"]);
    expect(of(range(0, 16, 2), () => {})).toEqual([]);
    expect(of(range(0, 16, 2), first)).toEqual(["split-outside-range"]);
  });

  it("wants a 1G page split by levels where a range is within it", () => {
    const down = (tree: TdpTree, at: (page: number) => number) => {
      split(tree, at(5), 3);
      split(tree, at(5), 2);
    };
    const giant: readonly TopEntry[] = [BLOCK];
    expect(of({ kind: "split", start: 5, end: 6, targetLevel: 1 }, down, giant)).toEqual([]);
    expect(of({ kind: "split", start: 5, end: 9, targetLevel: 1 }, down, giant)).toEqual(["unsplit-huge-page"]);
    expect(of({ kind: "split", start: 5, end: 9, targetLevel: 2 }, (tree, at) => split(tree, at(5), 3), giant)).toEqual(
      [],
    );
  });

  it("wants dirty bits cleared with PML, and huge pages write-protected with it or all pages without", () => {
    const enable = (pml: boolean, eager = false, end = 16) => ({ kind: "enable", start: 4, end, pml, eager });
    const pages = (bits4K: number, bits2M: number) => (tree: TdpTree, at: (page: number) => number) => {
      take(tree, at(7), bits4K);
      take(tree, at(8), bits2M);
    };
    expect(of(enable(true), pages(DIRTY, DIRTY | WRITABLE))).toEqual([]);
    expect(of(enable(false), pages(WRITABLE, WRITABLE))).toEqual([]);
    expect(of(enable(true), pages(0, DIRTY | WRITABLE))).toEqual(["still-dirty"]);
    expect(of(enable(true), pages(DIRTY, DIRTY))).toEqual(["still-writable"]);
    expect(of(enable(true), pages(DIRTY | WRITABLE, DIRTY | WRITABLE))).toEqual(["write-protected-needlessly"]);
    expect(of(enable(false), pages(WRITABLE | DIRTY, WRITABLE))).toEqual(["dirty-bit-lost"]);
    expect(of(enable(false, false, 8), pages(WRITABLE, 0))).toEqual([]);
    expect(of(enable(false, false, 8), pages(WRITABLE, WRITABLE))).toEqual(["write-protected-needlessly"]);
    expect(
      of(enable(true, true), (tree, at) => {
        take(tree, at(8), DIRTY);
        split(tree, at(8), 2);
        take(tree, at(7), DIRTY);
      }),
    ).toEqual([]);
    expect(of(enable(true, true), pages(DIRTY, DIRTY | WRITABLE))).toEqual(["unsplit-huge-page"]);
  });

  it("wants the bits of pages that are cleared gone, and huge pages split or write-protected with all set at first", () => {
    const clear = (low: number, index: number, modes: object = {}) => ({
      kind: "clear",
      base: 0,
      wordPages: 4,
      words: [{ index, low, high: 0 }],
      pml: true,
      eager: false,
      initiallySet: true,
      ...modes,
    });
    const lose = (page: number, bits: number) => (tree: TdpTree, at: (page: number) => number) =>
      take(tree, at(page), bits);
    expect(of(clear(0b1000, 1), lose(7, DIRTY))).toEqual([]);
    expect(of(clear(0b1000, 1, { pml: false }), lose(7, WRITABLE))).toEqual([]);
    expect(of(clear(0b1000, 1), () => {})).toEqual(["still-dirty"]);
    expect(of(clear(0b0111, 1), lose(7, DIRTY))).toEqual(["dirty-bit-lost"]);
    expect(of(clear(0b0100, 2), lose(8, WRITABLE))).toEqual([]);
    expect(of(clear(0b0100, 2), () => {})).toEqual(["still-writable"]);
    expect(of(clear(0b0100, 2, { initiallySet: false }), () => {})).toEqual([]);
    const eager = { eager: true };
    const splitClean =
      (...pages: readonly number[]) =>
      (tree: TdpTree, at: (page: number) => number) => {
        split(tree, at(8), 2);
        for (const page of pages) take(tree, at(page), DIRTY);
      };
    expect(of(clear(0b0110, 2, eager), splitClean(9, 10))).toEqual([]);
    expect(of(clear(0b0110, 2, eager), splitClean(9, 10, 11))).toEqual(["dirty-bit-lost"]);
    expect(of(clear(0b0110, 2, eager), splitClean(9))).toEqual(["still-dirty"]);
    // What lies between the first bit of a word and the last is split, and nothing before it or
    // behind.
    const offset = { base: 2, ...eager };
    expect(of(clear(0b1000, 0, offset), (_, at) => void at(5))).toEqual([]);
    expect(
      of(clear(0b0100, 1, offset), (tree, at) => {
        split(tree, at(8), 2);
        take(tree, at(8), DIRTY);
      }),
    ).toEqual([]);
    expect(of(clear(0b1001, 1, { base: 0, ...eager }), (tree, at) => take(tree, at(7), DIRTY))).toEqual([]);
    const giant: readonly TopEntry[] = [BLOCK];
    expect(of(clear(0b0010, 1), lose(0, WRITABLE), giant)).toEqual([]);
    expect(of(clear(0b0010, 1), () => {}, giant)).toEqual(["still-writable"]);
  });

  it("finds pages that are lost, new or elsewhere, and tables that do not add up", () => {
    const at7 = (change: (tree: TdpTree, at: number) => void) => of(NOTHING, (tree, at) => change(tree, at(7)));
    expect(of(NOTHING, () => {})).toEqual([]);
    expect(at7((tree, at) => tree.clearRun(at, at + 1))).toEqual(["lost-page"]);
    expect(at7((tree, at) => tree.setLeaf(at - 1, PFN_OFFSET + 6, WRITABLE | DIRTY))).toEqual(["stray-page"]);
    expect(at7((tree, at) => void tree.pfns[at]!++)).toEqual(["wrong-frame"]);
    expect(at7((tree) => void tree.used[0]!++)).toEqual(["table-bookkeeping-wrong"]);
    expect(at7((tree) => tree.bitmap.fill(9, 0, 1))).toEqual(["table-bookkeeping-wrong"]);
    expect(at7((tree) => void tree.allocate(1))).toEqual(["page-tables-unaccounted"]);
    expect(of(NOTHING, (tree) => tree.setLeaf(3, PFN_OFFSET + 192, WRITABLE | DIRTY))).toEqual(["stray-page"]);
    expect(
      of(NOTHING, (tree, at) => {
        const table = at(0) - (at(0) % 4);
        tree.setLeaf(table + 3, PFN_OFFSET + 12, WRITABLE | DIRTY);
      }),
    ).toEqual(["stray-page"]);
    expect(of(NOTHING, () => {}, [[PROTECTED_BLOCK, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY]])).toEqual([]);
    expect(of(NOTHING, () => {}, [BLOCK, [FULL_TABLE, HOLE_ENTRY, HOLE_ENTRY, FULL_TABLE]])).toEqual([
      "unsplit-huge-page",
    ]);
    expect(of({ ...NOTHING, start: 16, end: 32 }, () => {}, [BLOCK, HOLE_ENTRY])).toEqual([]);
    expect(of({ ...NOTHING, start: 0, end: 16 }, () => {}, [HOLE_ENTRY, BLOCK])).toEqual([]);
  });
});

describe("a small tree", () => {
  it("begins at its root's first page, or with two entries at the end of a table and the next", () => {
    expect([baseOf([HOLE_ENTRY]), baseOf([HOLE_ENTRY, HOLE_ENTRY])]).toEqual([0, 48]);
    const leaves = (tops: readonly TopEntry[], rootLevel: number) => {
      const found: string[] = [];
      const tree = buildSmall(tops, rootLevel);
      eachLeaf(tree, (at, level, gfn) => {
        const bits = tree.words[at]! & (WRITABLE | DIRTY);
        expect(tree.pfns[at]).toBe(PFN_OFFSET + gfn);
        found.push(`${level}@${gfn}${bits === (WRITABLE | DIRTY) ? "" : bits === 0 ? " protected" : " half"}`);
      });
      return [found, tree.tables];
    };
    expect(leaves(TOP, 4)).toEqual([["2@0", "1@7", "2@8"], 4]);
    expect(leaves([BLOCK, [PROTECTED_BLOCK, HOLE_ENTRY, HOLE_ENTRY, 0b1]], 5)).toEqual([
      ["3@48", "2@64 protected", "1@76"],
      6,
    ]);
  });

  it("has an entry of a level where one begins before the end", () => {
    const tree = buildSmall(TOP, 4);
    const at = (level: number) => [0, 1, 7, 8, 9, 64].map((end) => presentAt(tree, level, end));
    expect(at(1)).toEqual([false, false, false, true, true, true]);
    expect(at(2)).toEqual([false, true, true, true, true, true]);
    expect(at(4)).toEqual([false, true, true, true, true, true]);
    const late = buildSmall([HOLE_ENTRY, [HOLE_ENTRY, HOLE_ENTRY, BLOCK, HOLE_ENTRY]], 4);
    expect([72, 73].map((end) => presentAt(late, 2, end))).toEqual([false, true]);
    expect(presentAt(late, 1, 256)).toBe(false);
  });
});
