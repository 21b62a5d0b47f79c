import { describe, expect, it } from "vitest";
import { BLOCK, FULL_TABLE, HOLE_ENTRY, SmallTree, type TopEntry } from "../../exhaustive/trees.js";
import { placeScenarios } from "./places.js";
import { boundOf } from "./scope.js";
import { CombinationCounter, clears, enables, isLegal, splits, type Works, worksFor, zaps } from "./works.js";

const treeOf = (...tops: readonly TopEntry[]) => {
  const tree = new SmallTree();
  tree.set(tops);
  return tree;
};

describe("what is done to small trees", () => {
  it("is zaps below both roots for each number of address bits", () => {
    expect(zaps([16, 20], [0, 3])).toEqual(
      [4, 5].flatMap((rootLevel) =>
        [16, 20].map((maxphyaddr) => ({ kind: "zap", rootLevel, maxphyaddr, schedules: [0, 3] })),
      ),
    );
  });

  it("is splits and enables of every range, the shortest first", () => {
    const ranges = [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 2],
      [1, 3],
      [0, 3],
    ].map(([start, end]) => ({ start, end }));
    expect(splits(3, [0, 1])).toEqual(
      [1, 2].flatMap((targetLevel) =>
        ranges.map((range) => ({ kind: "split", ...range, targetLevel, schedules: [0, 1] })),
      ),
    );
    expect(enables(3, [0, 1])).toEqual(
      ranges.flatMap((range) =>
        [true, false].flatMap((eager) =>
          [true, false].map((pml) => ({ kind: "enable", ...range, pml, eager, schedules: eager ? [0] : [0, 1] })),
        ),
      ),
    );
  });

  it("is clears by each mask of a word, neighbours first, that lies within the slot, in four ways", () => {
    const works = clears(4, 1);
    const modes = works.slice(0, 4).map(({ pml, eager, initiallySet }) => [pml, eager, initiallySet]);
    expect(modes).toEqual([
      [true, true, true],
      [true, false, true],
      [true, false, false],
      [false, false, true],
    ]);
    expect(works[0]).toMatchObject({ kind: "clear", base: 0, schedules: [0] });
    const masks = (frames: number, bases: number, wordPages: number) =>
      clears(frames, bases)
        .filter((work) => work.wordPages === wordPages && work.eager)
        .map(({ base, words: [word, ...more] }) => {
          expect([more, word!.high]).toEqual([[], 0]);
          return `${base}/${word!.index}: ${word!.low.toString(2)}`;
        });
    expect(masks(4, 1, 4)).toEqual(
      ["1", "10", "100", "1000", "11", "110", "1100", "111", "1110", "1111", "101", "1001", "1010", "1011", "1101"].map(
        (mask) => `0/0: ${mask}`,
      ),
    );
    expect(masks(4, 1, 2)).toEqual(["0/0: 1", "0/1: 1", "0/0: 10", "0/1: 10", "0/0: 11", "0/1: 11"]);
    // A slot of three pages, and one of two that begins a page further on; words of two pages.
    expect(masks(3, 2, 2)).toEqual(["0/0: 1", "0/1: 1", "0/0: 10", "0/0: 11", "1/0: 1", "1/0: 10", "1/0: 11"]);
    expect(new Set(clears(8, 4).map(({ base, wordPages }) => `${base} of ${wordPages}`))).toEqual(
      new Set(["0 of 4", "1 of 4", "2 of 4", "3 of 4", "0 of 2", "1 of 2"]),
    );
  });

  it("is what KVM can come to do: no slot has an edge within a huge page", () => {
    const tree = treeOf([BLOCK, FULL_TABLE, HOLE_ENTRY, BLOCK]);
    const [enable] = enables(1, [0]);
    const legal = (start: number, end: number) => isLegal({ ...enable!, start, end }, tree);
    expect([legal(0, 4), legal(1, 4), legal(0, 3), legal(0, 1), legal(5, 6), legal(9, 12), legal(12, 16)]).toEqual([
      true,
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(legal(13, 16)).toBe(false);
    const [clear] = clears(1, 1);
    expect([0, 1, 4, 5, 14].map((base) => isLegal({ ...clear!, base }, tree))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    const [split] = splits(1, [0]);
    expect(isLegal({ ...split!, start: 1, end: 2 }, tree)).toBe(true);
    expect(isLegal(zaps([20], [0])[0]!, tree)).toBe(true);
    const two = treeOf(HOLE_ENTRY, BLOCK);
    expect([16, 17, 31, 32].map((end) => isLegal({ ...enable!, start: 0, end }, two))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it("is counted by where huge pages lie, with every schedule", () => {
    const one = [...zaps([20], [0, 1, 2]), ...enables(16, [0, 1]), ...clears(16, 2)];
    const works: Works = [one, splits(2, [0])];
    const counter = new CombinationCounter(works);
    const counted = (...tops: TopEntry[]) =>
      worksFor(works, tops)
        .filter((work) => isLegal(work, treeOf(...tops)))
        .reduce((sum, { schedules }) => sum + schedules.length, 0);
    const trees: TopEntry[][] = [
      [HOLE_ENTRY],
      [BLOCK],
      [[BLOCK, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY]],
      [[FULL_TABLE, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY]],
      [[HOLE_ENTRY, BLOCK, HOLE_ENTRY, BLOCK]],
      [HOLE_ENTRY, BLOCK],
    ];
    for (const tops of [...trees, ...trees.toReversed()]) expect(counter.of(tops)).toBe(counted(...tops));
    expect(counter.of([HOLE_ENTRY])).toBeGreaterThan(counter.of([BLOCK]));
    expect(worksFor(works, [HOLE_ENTRY, HOLE_ENTRY])).toBe(works[1]);
  });
});

describe("a bound of the search", () => {
  it("is said in full", () => {
    expect(boundOf("small").text).toBe(
      "all 1,299 trees below one top entry whose 2M entries are a hole, a block, a write-protected block, or a table " +
        "with all pages, its first or its last, and 25 below two that are a hole, a block, or a table with a block " +
        "first or last or with pages at both ends; in tables of 4 entries, where a 2M page is 4 pages and a 1G page " +
        "16 (the write-protected ones are clean too), each tree is zapped below roots of 4 and 5 levels, to its end " +
        "and beyond, with yields never, at every poll and so on to every 7th; split in every range to 4K and to 2M, " +
        "with yields never or at every poll; enabled as every slot that cuts no huge page, with PML on and off, and " +
        "with eager splitting or, with yields too, without; and cleared by every mask of one word of 4 or of 2 pages " +
        "in slots that begin at page 0 or 1, without initially-all-set, or with it, eager splitting on or off, or " +
        "PML off (strategies that are for zaps alone are tried on zaps); and 1,482 layouts of the real geometry " +
        "whose ends lie at those of tables and huge pages, zapped, split, enabled or cleared",
    );
  });

  it("zaps to the tree's end and beyond, with every schedule to the seventh poll, and does the rest in all ways", () => {
    const { trees, works, places } = boundOf("small");
    expect([trees.length, works.map((those) => those.length), places.length]).toEqual([1324, [1454, 4476], 1482]);
    expect(works.map((those) => those[0])).toEqual([
      { kind: "zap", rootLevel: 4, maxphyaddr: 16, schedules: [0, 1, 2, 3, 4, 5, 6, 7] },
      { kind: "zap", rootLevel: 4, maxphyaddr: 19, schedules: [0, 1, 2, 3, 4, 5, 6, 7] },
    ]);
    const bits = (list: Works[number]) => [...new Set(list.flatMap((w) => (w.kind === "zap" ? [w.maxphyaddr] : [])))];
    expect(works.map(bits)).toEqual([
      [16, 18, 20],
      [19, 20],
    ]);
    const schedules = (kind: string) =>
      new Set(works[0].flatMap((work) => (work.kind === kind ? [work.schedules.join()] : [])));
    expect([schedules("split"), schedules("enable"), schedules("clear")]).toEqual([
      new Set(["0,1"]),
      new Set(["0", "0,1"]),
      new Set(["0"]),
    ]);
  });
});

describe("the layouts of the real geometry", () => {
  const layouts = () => placeScenarios("some") as unknown as readonly Record<string, unknown>[];
  const first = 2 ** 18;
  const begin = { mmu: "x86-tdp", root: { rootLevel: 4, leaves: [] } };

  it("are each tried with three deeds by turns, and have roots of four levels and five by turns", () => {
    const places = layouts();
    expect(places.slice(0, 3)).toEqual([
      { ...begin, workload: "zap", reschedEveryNPolls: 0 },
      { ...begin, workload: "enable", pml: true, eager: true, startGfn: first, endGfnExclusive: first + 1 },
      { ...begin, workload: "clear", pml: true, eager: true, slotBaseGfn: first, npages: 1, masks: ["0x1"] },
    ]);
    const five = { ...begin, root: { rootLevel: 5, leaves: [] } };
    expect(places.slice(3, 6)).toMatchObject([
      { ...five, workload: "zap", reschedEveryNPolls: 1 },
      { ...five, workload: "enable", pml: true, eager: false },
      { ...five, workload: "clear", pml: true, eager: false },
    ]);
    expect(places.at(-1)).toEqual({
      mmu: "x86-tdp",
      root: {
        rootLevel: 5,
        leaves: [
          { gfn: 524_287, level: 1, count: 1 },
          { gfn: 524_288, level: 2, count: 511 },
          { gfn: 785_920, level: 1, count: 511 },
        ],
      },
      workload: "split",
      targetLevel: 2,
      startGfn: 524_288,
      endGfnExclusive: 786_430,
    });
  });

  it("are zapped with three schedules, split and enabled in every mode, and cleared in three", () => {
    const deed = ({ workload, reschedEveryNPolls, targetLevel, pml, eager }: Record<string, unknown>) =>
      [workload, reschedEveryNPolls ?? targetLevel ?? `${pml}/${eager}`].join(" ");
    expect([...new Set(layouts().map(deed))].toSorted()).toEqual([
      "clear false/true",
      "clear true/false",
      "clear true/true",
      "enable false/false",
      "enable false/true",
      "enable true/false",
      "enable true/true",
      "split 1",
      "split 2",
      "zap 0",
      "zap 1",
      "zap 7",
    ]);
  });

  it("are cleared whole, at both sides of where 2M pages begin, or at the slot's ends", () => {
    const cleared = new Set<string>();
    for (const { workload, slotBaseGfn, npages, masks } of layouts()) {
      if (workload !== "clear" || !Array.isArray(masks)) continue;
      const [base, pages] = [slotBaseGfn as number, npages as number];
      const gfns = (masks as string[]).flatMap((mask, word) =>
        Array.from({ length: 64 }, (_, bit) => bit)
          .filter((bit) => ((BigInt(mask) >> BigInt(bit)) & 1n) === 1n)
          .map((bit) => base + 64 * word + bit),
      );
      const ends = [...new Set([base, base + pages - 1])];
      const beside = [];
      for (let gfn = Math.ceil(base / 512) * 512; gfn <= base + pages; gfn += 512) {
        for (const page of [gfn - 1, gfn]) if (page >= base && page < base + pages) beside.push(page);
      }
      const is = (those: readonly number[]) => gfns.join() === those.join();
      const how = gfns.length === pages ? "all" : is(ends) ? "ends" : is(beside) ? "beside" : `${base}: ${gfns}`;
      cleared.add(how);
    }
    expect([...cleared].toSorted()).toEqual(["all", "beside", "ends"]);
  });
});
