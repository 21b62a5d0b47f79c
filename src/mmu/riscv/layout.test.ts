import { describe, expect, it } from "vitest";
import { SmallTree } from "../exhaustive/trees.js";
import { leafHi, leafLo, pfnIn, pfnOf } from "./entry.js";
import { baseOf, smallGeometry } from "./exhaustive/geometry.js";
import { clears, clearsAcross, isLegal, Works } from "./exhaustive/works.js";
import type { RiscvFlowInput } from "./flowInput.js";
import { flowLayoutOf } from "./flowLayout.js";
import { formatGfn, GSTAGE_MODES, geometryOf, levelOfMap, SPAN } from "./geometry.js";
import { type HostSegment, mapLevel } from "./hostMemory.js";
import { hasBlocks, layoutOf, leafLevelAt, naturalLeaf, parseGfn } from "./layout.js";
import { TableMemory } from "./memory.js";
import { Populator } from "./populate.js";
import { freeTables, linkedTables, scanLeaves } from "./scan.js";
import type { RiscvScenario } from "./scenario.js";

const scenario = (changes: Partial<RiscvScenario> = {}): RiscvScenario => ({
  mmu: "riscv",
  gstage: "sv39x4",
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", eagerSplit: true },
  ...changes,
});
const pagesAt = (base: string, size: string, map = "4K") => ({ base, segments: [{ map, size }] });

describe("an entry", () => {
  it("maps the frame half a terabyte on, round the physical space", () => {
    expect([0, 5, 2 ** 44 - 2 ** 27 - 1, 2 ** 44 - 2 ** 27 + 5, 2 ** 47 - 1].map(pfnOf)).toEqual([
      2 ** 27,
      2 ** 27 + 5,
      2 ** 44 - 1,
      5,
      2 ** 27 - 1,
    ]);
  });

  it("holds its frame in bits 53:10, over rights of which writing alone may be missing", () => {
    for (const pfn of [0, 1, 2 ** 22 - 1, 2 ** 22, 2 ** 44 - 1])
      expect(pfnIn(leafLo(pfn, true), leafHi(pfn))).toBe(pfn);
    expect([leafLo(3, true), leafLo(3, false), leafHi(2 ** 22 - 1), leafHi(2 ** 23)]).toEqual([0xcdf, 0xcdb, 0, 2]);
    expect(pfnIn(0, 0xffc00000)).toBe(0);
  });
});

describe("a mode of the G-stage", () => {
  it("has levels, a root and a space of its own", () => {
    expect(GSTAGE_MODES.map(geometryOf)).toMatchObject([
      { levels: 3, rootLevel: 2, gpaBits: 41, endGfn: 2 ** 29 },
      { levels: 4, rootLevel: 3, gpaBits: 50, endGfn: 2 ** 38 },
      { levels: 5, rootLevel: 4, gpaBits: 59, endGfn: 2 ** 47 },
    ]);
  });

  it("has the small geometry's with two bits a level and two more at the root", () => {
    expect(GSTAGE_MODES.map(smallGeometry)).toMatchObject([
      { levels: 3, rootLevel: 2, gpaBits: 20, endGfn: 256, shape: { entries: 4, rootEntries: 16 } },
      { levels: 4, rootLevel: 3, gpaBits: 22, endGfn: 1024 },
      { levels: 5, rootLevel: 4, gpaBits: 24, endGfn: 4096 },
    ]);
    // The top entries of a tree lie on both sides of where two entries of the root meet.
    expect(GSTAGE_MODES.map(baseOf)).toEqual([0, 48, 240]);
  });

  it("has mapping sizes up to that of its root's entries", () => {
    expect(levelOfMap("512G", geometryOf("sv48x4"), "x")).toBe(3);
    expect(() => levelOfMap("512G", geometryOf("sv39x4"), "x")).toThrow(
      'x "512G": sv39x4 has no such mapping size; expected 4K, 2M, 1G or hole',
    );
    expect(() => levelOfMap("64K", geometryOf("sv57x4"), "x")).toThrow(
      'x "64K": sv57x4 has no such mapping size; expected 4K, 2M, 1G, 512G or hole',
    );
  });
});

describe("a layout", () => {
  it("has all that its scenario says", () => {
    expect(layoutOf(scenario())).toEqual({
      geometry: geometryOf("sv39x4"),
      slots: [
        {
          startGfn: 2 ** 18,
          endGfn: 2 ** 18 + 1024,
          segments: [{ startGfn: 2 ** 18, endGfn: 2 ** 18 + 1024, level: 1, writeProtected: false }],
          dirty: null,
        },
      ],
      mode: "enable",
      eagerSplit: true,
      reschedEvery: 0,
      after: null,
      notes: [],
    });
    const clear = { mode: "clear", eagerSplit: false, reschedEveryNPolls: 7 } as const;
    const dirty = { runs: [[1023, 2] as const] };
    const memslots = [{ ...pagesAt("0x40000000", "4M"), dirty }];
    expect(layoutOf(scenario({ dirtyLog: clear, memslots }))).toMatchObject({
      mode: "clear",
      eagerSplit: false,
      reschedEvery: 7,
      notes: ["memslots[0].dirty: 1 dirty page lies past the slot's end and does nothing, as in the kernel"],
    });
  });

  it("is refused where two memslots have a page in common", () => {
    const memslots = [pagesAt("0x40002000", "8K"), pagesAt("0x40000000", "12K")];
    expect(() => layoutOf(scenario({ memslots }))).toThrow("memslots[0]: overlaps memslots[1]");
  });

  it("may have one leaf of 512G, which is a terabyte's half whatever it is cut into", () => {
    const of = (size: string) => layoutOf(scenario({ gstage: "sv48x4", memslots: [pagesAt("0x0", size, "512G")] }));
    expect(of("512G").slots[0]!.endGfn).toBe(2 ** 27);
    expect(() => of("524292K")).not.toThrow();
    expect(() => of("536870916K")).toThrow(
      "memslots: more than 1 leaf of 512G; expected at most one: split, it takes 1 GiB of tables",
    );
  });

  it("has the writes after logging page by page, counted through all slots in address order", () => {
    const memslots = [pagesAt("0x50000000", "8K"), pagesAt("0x40000000", "8K")];
    const written = (first: number, count: number) =>
      layoutOf(scenario({ memslots, afterDisable: { backing: "thp", writes: [[first, count]] } })).after;
    expect(written(1, 3)).toEqual({
      thp: true,
      writes: [
        [0x40001, 1],
        [0x50000, 1],
        [0x50001, 1],
      ],
    });
    for (const [first, count] of [
      [-1, 1],
      [0, 0],
      [1, 4],
      [4, 1],
    ] as const) {
      expect(() => written(first, count)).toThrow(
        "afterDisable.writes[0]: not a run of pages of the guest; expected [first, count] within 4",
      );
    }
    const hugetlb = scenario({ afterDisable: { backing: "hugetlb", writes: [] } });
    expect(layoutOf(hugetlb).after).toEqual({ thp: false, writes: [] });
  });

  it("may go on after logging with 16G, and no page more", () => {
    const of = (size: string) =>
      layoutOf(scenario({ memslots: [pagesAt("0x40000000", size)], afterDisable: { backing: "thp", writes: [] } }));
    expect(of("16G").after).toEqual({ thp: true, writes: [] });
    expect(() => of("16777220K")).toThrow(
      "afterDisable: needs the whole tree; expected memslots of at most 16G in all",
    );
  });

  it("has addresses in hexadecimal, of whole pages", () => {
    expect(parseGfn("0x7ffffffffffff000", "base")).toBe(2 ** 51 - 1);
    expect(() => parseGfn("1G", "base")).toThrow(
      'base "1G": not an address; expected hexadecimal with 0x such as 0x40000000',
    );
    expect(() => parseGfn("0x1001", "base")).toThrow("base 0x1001: not page-aligned; expected a multiple of 4K");
    expect(formatGfn(2 ** 47)).toBe("0x800000000000000");
  });
});

describe("the leaves of a segment", () => {
  const segment = { startGfn: 500, endGfn: 2048, level: 1, writeProtected: false };

  it("are the largest wanted that are aligned and fit", () => {
    expect([500, 512, 513, 1024, 1536].map((gfn) => leafLevelAt(segment, gfn))).toEqual([0, 1, 0, 1, 1]);
    expect(leafLevelAt({ ...segment, endGfn: 2047 }, 1536)).toBe(0);
    expect(leafLevelAt({ ...segment, startGfn: 0, endGfn: 2 ** 18, level: 2 }, 0)).toBe(2);
  });

  it("are found by any frame that they cover", () => {
    expect([511, 512, 1023, 2047].map((gfn) => naturalLeaf(segment, gfn))).toEqual([
      { start: 511, level: 0 },
      { start: 512, level: 1 },
      { start: 512, level: 1 },
      { start: 1536, level: 1 },
    ]);
    expect(naturalLeaf({ ...segment, endGfn: 2047 }, 2000)).toEqual({ start: 2000, level: 0 });
  });

  it("are blocks where a whole one fits", () => {
    const of = (startGfn: number, endGfn: number, level = 1) => hasBlocks({ ...segment, startGfn, endGfn, level });
    expect([of(0, 512), of(1, 1023), of(1, 1024), of(0, 511), of(0, 512, 0), of(0, 512, -1), of(0, 512, 2)]).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("the leaf that a fault maps", () => {
  const host = (level: number, hugetlb: boolean, startFrame = 0, endFrame = 2 ** 19): HostSegment => ({
    startFrame,
    endFrame,
    level,
    hugetlb,
  });
  const slot = (startGfn: number, endGfn: number, hostFrame: number) => ({ startGfn, endGfn, hostFrame, host: [] });

  it("is as large as hugetlb's pages are, or the next that slot and alignment allow", () => {
    const whole = slot(0, 2 ** 19, 0);
    expect([2, 1, 0].map((level) => mapLevel(whole, 5, host(level, true)))).toEqual([2, 1, 0]);
    expect(mapLevel(slot(0, 2 ** 18 - 1, 0), 5, host(2, true))).toBe(1);
    expect(mapLevel(slot(512, 2 ** 19, 0), 2 ** 18, host(2, true))).toBe(1);
    expect(mapLevel(slot(1, 2 ** 19, 0), 2 ** 18, host(2, true))).toBe(0);
    // Before the first whole block of the slot, and behind the last.
    const ragged = slot(100, 1636, 100);
    expect([511, 512, 1535, 1536].map((frame) => mapLevel(ragged, frame, host(1, true)))).toEqual([0, 1, 1, 0]);
  });

  it("is 2M of a transparent huge page that the host maps whole, and a page otherwise", () => {
    const whole = slot(0, 2 ** 19, 0);
    const of = (frame: number, startFrame: number, endFrame: number) =>
      mapLevel(whole, frame, host(1, false, startFrame, endFrame));
    expect([of(512, 512, 1024), of(1023, 512, 1024), of(600, 513, 2048), of(600, 0, 1023)]).toEqual([1, 1, 0, 0]);
    expect([mapLevel(whole, 5, host(0, false)), mapLevel(slot(1, 2 ** 19, 0), 512, host(1, false))]).toEqual([0, 0]);
  });
});

describe("a flow's guest", () => {
  const input = (
    map: string,
    size: string,
    steps: RiscvFlowInput["steps"] = [],
    hugetlb?: boolean,
  ): RiscvFlowInput => ({
    gstage: "sv48x4",
    eagerSplit: true,
    manual: 0,
    svvptc: false,
    reschedEveryNPolls: 0,
    slots: [{ base: "0x40000000", size, hva: "0x8000000000", backing: [{ map, size, hugetlb }] }],
    vcpus: 1,
    partitioned: true,
    pagesPerVcpu: 1,
    rule: "hash",
    seed: 1,
    steps,
  });

  it("has host memory of pages, huge pages as they come, or hugetlb, which 1G is always", () => {
    const of = (map: string, size: string, hugetlb?: boolean) =>
      flowLayoutOf(input(map, size, [], hugetlb)).slots[0]!.host;
    const startFrame = 2 ** 27;
    expect([of("4K", "8K"), of("2M", "2M"), of("2M", "2M", true), of("1G", "1G"), of("4K", "4K", true)]).toEqual([
      [{ startFrame, endFrame: startFrame + 2, level: 0, hugetlb: false }],
      [{ startFrame, endFrame: startFrame + 512, level: 1, hugetlb: false }],
      [{ startFrame, endFrame: startFrame + 512, level: 1, hugetlb: true }],
      [{ startFrame, endFrame: startFrame + 2 ** 18, level: 2, hugetlb: true }],
      [{ startFrame, endFrame: startFrame + 1, level: 0, hugetlb: true }],
    ]);
    expect(() => of("512G", "512G")).toThrow('slots[0].backing[0].map "512G": no host maps it; expected 4K, 2M or 1G');
  });

  it("has nothing behind the end of its VM", () => {
    const end = { op: "destroy", name: "end" } as const;
    expect(flowLayoutOf(input("4K", "4K", [{ op: "get", name: "get" }, end])).npages).toBe(1);
    expect(() => flowLayoutOf(input("4K", "4K", [end, end]))).toThrow(
      "steps[1]: comes after the VM has ended; expected destroy as the last step",
    );
  });
});

describe("a scan of a tree", () => {
  const geometry = geometryOf("sv39x4");
  /** A 2M leaf at 0, pages from 512 to 520, a 1G leaf. */
  function tree() {
    const mem = new TableMemory(geometry.shape);
    const populator = new Populator(geometry, mem);
    const segment = (startGfn: number, endGfn: number, level: number) =>
      populator.map({ startGfn, endGfn, level, writeProtected: false }, 0, 2 ** 20);
    segment(0, 512, 1);
    segment(512, 520, 0);
    segment(2 ** 18, 2 ** 19, 2);
    return mem;
  }
  function leavesIn(from: number, to: number, mem = tree()) {
    const told: (readonly number[])[] = [];
    scanLeaves(geometry, mem, from, to, {
      block: (level, gfn, lo, hi) => told.push([level, gfn, pfnIn(lo, hi)]),
      pages: (words, word, gfn, count) => told.push([0, gfn, count, words[word]! & 1]),
    });
    return told;
  }

  it("tells the leaves that have a frame of its range, and of tables of pages no entry outside", () => {
    const [block, giant] = [
      [1, 0, pfnOf(0)],
      [2, 2 ** 18, pfnOf(2 ** 18)],
    ];
    expect(leavesIn(0, 2 ** 29)).toEqual([block, [0, 512, 512, 1], giant]);
    expect(leavesIn(511, 513)).toEqual([block, [0, 512, 1, 1]]);
    expect(leavesIn(515, 2 ** 18)).toEqual([[0, 515, 509, 1]]);
    expect(leavesIn(1024, 2 ** 18)).toEqual([]);
    expect(leavesIn(2 ** 18 + 5, 2 ** 18 + 6)).toEqual([giant]);
    expect(leavesIn(5, 5)).toEqual([block]);
  });

  it("frees the tables that lie in a range as a whole, and what they held", () => {
    const mem = tree();
    expect([mem.tables, linkedTables(geometry, mem)]).toEqual([2, 2]);
    expect(freeTables(geometry, mem, 512, 1023)).toBe(0);
    expect(freeTables(geometry, mem, 512, 1024)).toBe(1);
    expect([mem.tables, linkedTables(geometry, mem), leavesIn(0, 2 ** 18, mem).length]).toEqual([1, 1, 1]);
    expect(freeTables(geometry, mem, 0, 2 ** 18)).toBe(1);
    expect([mem.tables, leavesIn(0, 2 ** 29, mem)]).toEqual([0, [[2, 2 ** 18, pfnOf(2 ** 18)]]]);
    expect(freeTables(geometry, mem, 0, 2 ** 29)).toBe(0);
    expect(leavesIn(0, 2 ** 29, mem)).toEqual([]);
  });
});

describe("what is done to small trees", () => {
  const bitsAt = (works: ReturnType<typeof clears>, start: number) =>
    works.filter(({ startGfn }) => startGfn === start).map(({ words }) => words!.map(({ gfn, bits }) => [gfn, bits]));

  it("has every mask of each word, alone and after a full one, or after every one", () => {
    const few = clears(8, false);
    expect(bitsAt(few, 0).slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, i) => [[0, i + 1]]));
    expect(bitsAt(few, 0).slice(15, 18)).toEqual([
      [[4, 1]],
      [
        [0, 15],
        [4, 1],
      ],
      [[4, 2]],
    ]);
    expect([0, 1, 2, 3, 4].map((start) => bitsAt(few, start).length)).toEqual([45, 29, 21, 17, 0]);
    const every = bitsAt(clears(8, true), 0);
    expect(every.slice(15, 17)).toEqual([
      [[4, 1]],
      [
        [0, 1],
        [4, 1],
      ],
    ]);
    expect(every).toHaveLength(15 + 15 * 16);
    expect(few.every(({ endGfn }) => endGfn === 8)).toBe(true);
    expect(few.find(({ words }) => words!.length === 2 && words![1]!.bits === 0b0110)!.words![1]).toEqual({
      gfn: 4,
      bits: 0b0110,
      firstGfn: 5,
      endGfn: 7,
    });
  });

  it("has, across two top entries, the words that touch where they meet", () => {
    const last = new Set(clearsAcross().map(({ words }) => words!.at(-1)!.gfn));
    expect([...last].sort((a, b) => a - b)).toEqual([13, 14, 15, 16]);
  });

  it("is legal where no leaf sticks out of the slot", () => {
    const works = new Works(16, clears(16, false));
    const tree = new SmallTree();
    for (const top of [-1, -2, [-2, -1, 0b0101, -2], [15, 15, 15, 15]] as const) {
      tree.set([top]);
      expect(works.legal(tree)).toBe(works.all.filter((work) => isLegal(work, tree)).length);
    }
    tree.set([-2]);
    const enables = works.all.filter((work) => work.words === null && isLegal(work, tree));
    expect(enables).toEqual([{ startGfn: 0, endGfn: 16, words: null }]);
    expect(SPAN.slice(0, 3)).toEqual([1, 512, 2 ** 18]);
  });
});
