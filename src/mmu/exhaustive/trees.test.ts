import { describe, expect, it } from "vitest";
import { FEW_ENTRIES, LIGHT_TOPS, treesOf } from "./bounds.js";
import { placedSlots } from "./places.js";
import { realPage, realRange, spanWords, treeWords } from "./scale.js";
import { BLOCK, buildTop, HOLE_ENTRY, PROTECTED_BLOCK, pairs, SmallTree, type TopEntry, topEntries } from "./trees.js";
import { bitsOf, faultsIn } from "./verdict.js";

const [hole, block, kept] = [HOLE_ENTRY, BLOCK, PROTECTED_BLOCK];

describe("top entries", () => {
  it("come by what there is to look at: tables first, then leaves, then protection, equal ones in a fixed order", () => {
    const few = topEntries([hole, block, kept, 0b0001]);
    expect(few).toHaveLength(3 + 4 ** 4);
    expect(few.slice(0, 5)).toEqual([hole, block, kept, [hole, hole, hole, hole], [hole, hole, hole, block]]);
    const place = (top: TopEntry) => few.findIndex((one) => JSON.stringify(one) === JSON.stringify(top));
    const ascending: TopEntry[] = [
      [hole, hole, block, hole],
      [block, hole, hole, hole],
      [hole, hole, hole, kept],
      [hole, hole, block, block],
      [hole, hole, block, kept],
      [kept, kept, kept, kept],
      [hole, hole, hole, 1],
      [1, hole, hole, hole],
      [hole, hole, block, 1],
      [hole, hole, 1, 1],
    ];
    expect(ascending.map(place)).toEqual(ascending.map(place).toSorted((a, b) => a - b));
    // A table is heavier by ten for each of its pages, as a block is.
    expect(topEntries([0, 0b0101, 0b1111]).slice(0, 5)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 5],
      [0, 0, 5, 0],
      [0, 5, 0, 0],
      [5, 0, 0, 0],
    ]);
    const mixed = topEntries([hole, block, 0, 1]).map((top) => JSON.stringify(top));
    expect(mixed.indexOf("[-2,-2,-2,-2]")).toBeLessThan(mixed.indexOf("[-1,-1,-1,0]"));
    expect(mixed.indexOf("[-1,-1,-2,0]")).toBeLessThan(mixed.indexOf("[-1,-2,-1,0]"));
    expect(mixed.indexOf("[-1,-1,-1,1]")).toBeLessThan(mixed.indexOf("[-1,-2,-2,0]"));
  });

  it("are in pairs by the sum of their places", () => {
    expect(pairs([hole, block, kept])).toEqual([
      [hole, hole],
      [hole, block],
      [block, hole],
      [hole, kept],
      [block, block],
      [kept, hole],
      [block, kept],
      [kept, block],
      [kept, kept],
    ]);
  });
});

describe("a small tree", () => {
  it("knows of each frame how large its leaf is, whether it was protected, and how many blocks there are", () => {
    const tree = new SmallTree();
    tree.set([kept, block]);
    tree.set([[block, 0b1010, kept, hole], block]);
    const frames = (list: ArrayLike<number>) => Array.from(list);
    expect(frames(tree.span)).toEqual([
      ...[4, 4, 4, 4, 0, 1, 0, 1, 4, 4, 4, 4, 0, 0, 0, 0],
      ...Array<number>(16).fill(16),
    ]);
    const mapped = frames(tree.protectedFirst).map((one, gfn) => (tree.span[gfn] === 0 ? null : one));
    expect(mapped.slice(0, 17)).toEqual([0, 0, 0, 0, null, 0, null, 0, 1, 1, 1, 1, null, null, null, null, 0]);
    expect([tree.blocks[1], tree.blocks[2]]).toEqual([2, 1]);
  });

  it("is built table by table, each leaf in its slot", () => {
    const told: unknown[] = [];
    let next = 100;
    const builder = {
      table: (slot: number) => {
        told.push(["table", slot]);
        next += 4;
        return next;
      },
      leaf: (...given: unknown[]) => void told.push(given),
    };
    buildTop([kept, 0b1001, hole, block], 2, 32, builder);
    expect(told).toEqual([
      ["table", 2],
      [104, 32, 1, false],
      ["table", 105],
      [108, 36, 0, true],
      [111, 39, 0, true],
      [107, 44, 1, true],
    ]);
    told.length = 0;
    for (const [slot, top] of [hole, block, kept].entries()) buildTop(top, slot, 16 * slot, builder);
    expect(told).toEqual([
      [1, 16, 2, true],
      [2, 32, 2, false],
    ]);
  });

  it("reads as its entries, and its frames as pages", () => {
    expect(treeWords([[hole, block, kept, 0], block, [1, 0b1010, 15, 8], kept, hole])).toBe(
      "[hole, block, protected block, empty table]; block; [page 0, pages 1 3, all pages, page 3]; protected block; hole",
    );
    expect([spanWords([3, 4]), spanWords([3, 5])]).toEqual(["page 3", "pages 3 to 4"]);
  });

  it("stands at full size for the first two and last two entries of each table", () => {
    expect([0, 1, 2, 3, 4, 8, 15, 16, 31].map(realPage)).toEqual([
      0,
      1,
      510,
      511,
      512,
      510 * 512,
      511 * 512 + 511,
      2 ** 18,
      2 ** 18 + 511 * 512 + 511,
    ]);
    expect([realRange([0, 1]), realRange([1, 3]), realRange([3, 16])]).toEqual([
      [0, 1],
      [1, 511],
      [511, 2 ** 18],
    ]);
  });
});

describe("a bound", () => {
  it("has all trees of its entries, in so many words", () => {
    const small = treesOf("small", "level-2");
    expect(small.words).toBe(
      "all 1,299 trees below one top entry whose level-2 entries are a hole, a block, a write-protected block, or a " +
        "table with all pages, its first or its last, and 25 below two that are a hole, a block, or a table with a " +
        "block first or last or with pages at both ends",
    );
    expect(small.trees).toHaveLength(1324);
    expect(small.trees.slice(0, 2)).toEqual([[hole], [block]]);
    expect(small.trees[1299]).toEqual([hole, hole]);
    expect([FEW_ENTRIES.length, LIGHT_TOPS.length]).toEqual([6, 5]);
    const medium = treesOf("medium", "level-1");
    expect(medium.trees).toHaveLength(3 + 19 ** 4 + 25);
    expect(medium.words).toBe(
      "all 130,324 trees below one top entry: every entry a hole, a block, a write-protected block or a table, every " +
        "page mapped or not; and 25 below two that are a hole, a block, or a table with a block first or last or with " +
        "pages at both ends",
    );
  });

  it("has layouts at the places that a walker tells apart: every third without pairs of 1G, or all", () => {
    const [some, all] = [placedSlots("some"), placedSlots("all")];
    // 13 alone, each before each, but that no hole is before a hole.
    expect(all).toHaveLength(10 * (13 + 13 * 13 - 9));
    expect(some).toHaveLength(Math.ceil((10 * (13 + 12 * 12 - 9)) / 3));
    const texts = new Set(all.map((slot) => JSON.stringify(slot)));
    expect(texts.size).toBe(all.length);
    expect(some.filter((slot) => !texts.has(JSON.stringify(slot)))).toEqual([]);
    expect(some.slice(0, 2)).toEqual([
      { base: "0x40000000", segments: [{ map: "hole", size: "4K" }] },
      { base: "0x40040000", segments: [{ map: "hole", size: "4K" }] },
    ]);
    expect(all.at(-1)).toEqual({
      base: "0x7ffff000",
      segments: [
        { map: "1G", size: "1G" },
        { map: "1G", size: "1G" },
      ],
    });
  });
});

it("a verdict has a bit for each fault", () => {
  const faults = ["a", "b", "c"] as const;
  expect(bitsOf(faults)).toEqual({ a: 1, b: 2, c: 4 });
  expect([faultsIn(faults, 0), faultsIn(faults, 5), faultsIn(faults, 7)]).toEqual([[], ["a", "c"], ["a", "b", "c"]]);
});
