import { describe, expect, it } from "vitest";
import { BLOCK, FULL_TABLE, HOLE_ENTRY, type TopEntry } from "../../exhaustive/trees.js";
import { parseTdpScenario } from "../parse.js";
import { caseWords, scaledScenarios } from "./scale.js";
import type { Work } from "./works.js";

const SPLIT = { kind: "split", start: 0, end: 32, targetLevel: 1 } as never;

it("a small tree at full size has each leaf and each empty table in its place", () => {
  const empty = [HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY] as const;
  const tops: TopEntry[] = [[BLOCK, 0b1001, 0, HOLE_ENTRY], empty];
  const [written] = scaledScenarios(tops, { work: SPLIT, everyNPolls: 0 });
  // The last entry of the first table of level 3, and the first of the next.
  const first = 511 * 512 ** 2;
  expect(parseTdpScenario(written, "scaled")).toMatchObject({
    startGfn: first,
    endGfnExclusive: first + 2 * 512 ** 2,
    roots: [
      {
        leaves: [
          { gfn: first, level: 2, count: 1 },
          { gfn: first + 512, level: 1, count: 1 },
          { gfn: first + 512 + 511, level: 1, count: 1 },
        ],
        nonpresentPaths: [
          { gfn: first + 510 * 512, level: 1 },
          { gfn: first + 512 ** 2, level: 2 },
        ],
      },
    ],
  });
});

it("a single top entry is the first of its table, and a hole there is an entry of it", () => {
  const rootOf = (top: TopEntry) =>
    parseTdpScenario(scaledScenarios([top], { work: SPLIT, everyNPolls: 0 })[0], "scaled").roots[0];
  expect(rootOf(BLOCK)).toMatchObject({ leaves: [{ gfn: 0, level: 3, count: 1 }], nonpresentPaths: [] });
});

it("a clear at full size has a slot from its first word to the end of what is mapped or cleared", () => {
  const clear = { kind: "clear", base: 0, wordPages: 4, words: [{ index: 1, low: 0b1001 }], pml: true, eager: true };
  const tops: TopEntry[] = [[0b1, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY]];
  const work = { ...clear, initiallySet: true } as never;
  const written = scaledScenarios(tops, { work, everyNPolls: 0 })[0]! as unknown as Record<string, unknown>;
  // Frames 4 and 7 are the first and the last page of the second table.
  expect(written).toMatchObject({ slotBaseGfn: 0, npages: 1024, workload: "clear" });
  const masks = written.masks as string[];
  expect(masks.map((mask, i) => [i, mask]).filter(([, mask]) => mask !== "0x0")).toEqual([
    [8, "0x1"],
    [15, "0x8000000000000000"],
  ]);
});

describe("a case of the small geometry at full size", () => {
  const hole: readonly TopEntry[] = [HOLE_ENTRY];
  const scaled = (work: object, everyNPolls = 0, tops = hole) =>
    scaledScenarios(tops, { work: work as Work, everyNPolls }) as unknown as readonly Record<string, unknown>[];

  it("is zapped below its own root, on a host whose addresses end at the same level", () => {
    const zapped = (maxphyaddr: number, rootLevel = 4) => scaled({ kind: "zap", rootLevel, maxphyaddr })[0]!;
    const root = { rootLevel: 5, leaves: [], nonpresentPaths: [{ gfn: 0, level: 3 }] };
    expect(zapped(20, 5)).toEqual({ mmu: "x86-tdp", root, workload: "zap", hostMaxphyaddr: 48 });
    // Two bits are a level, nine here; a single one is the half of a table, and no host has fewer
    // than 32.
    expect([12, 14, 16, 17, 18, 19, 20].map((bits) => zapped(bits).hostMaxphyaddr)).toEqual([
      32, 32, 32, 32, 39, 40, 48,
    ]);
    expect(zapped(17).root).toMatchObject({ rootLevel: 4 });
  });

  it("is split and enabled from the first page of the range to the last page of its last", () => {
    const range = { startGfn: 0, endGfnExclusive: 1 };
    expect(scaled({ kind: "split", start: 0, end: 1, targetLevel: 2 })[0]).toMatchObject({ ...range, targetLevel: 2 });
    const enable = { kind: "enable", start: 3, end: 5, pml: true, eager: false };
    // Page 3 is the last of its table, page 4 the first of the next.
    expect(scaled(enable)[0]).toEqual({
      mmu: "x86-tdp",
      root: { rootLevel: 4, leaves: [], nonpresentPaths: [{ gfn: 0, level: 3 }] },
      workload: "enable",
      startGfn: 511,
      endGfnExclusive: 513,
      pml: true,
      eager: false,
    });
  });

  it("is tried with its schedule, at every poll and at every seventh, each once", () => {
    const schedules = (everyNPolls: number) =>
      scaled({ kind: "split", start: 0, end: 1, targetLevel: 1 }, everyNPolls).map((one) => one.reschedEveryNPolls);
    expect([schedules(0), schedules(3), schedules(1), schedules(7)]).toEqual([[undefined], [3, 1, 7], [1, 7], [7, 1]]);
  });

  it("is cleared in a slot without the words before what is mapped or cleared", () => {
    const clear = { kind: "clear", wordPages: 4, pml: false, eager: false, initiallySet: false };
    const full: readonly TopEntry[] = [[HOLE_ENTRY, HOLE_ENTRY, BLOCK, FULL_TABLE]];
    const far = scaled({ ...clear, base: 1, words: [{ index: 2, low: 0b11 }] }, 0, full)[0]!;
    // Pages 9 and 10 are the second and the last but one of the 2M page at gfn 510 * 512.
    const gfn = 510 * 512;
    expect(far).toMatchObject({
      workload: "clear",
      slotBaseGfn: gfn - 63,
      npages: 63 + 1024,
      manualProtectAndInitSet: false,
      pml: false,
      eager: false,
    });
    const set = (far.masks as string[]).flatMap((mask, i) => (mask === "0x0" ? [] : [[i, mask]]));
    expect(set).toEqual([
      [1, "0x1"],
      [8, "0x2000000000000000"],
    ]);
  });

  it("has a leaf for each block and page, and an empty entry or table where nothing is", () => {
    const [one] = scaled({ kind: "split", start: 0, end: 1, targetLevel: 1 }, 0, [
      [FULL_TABLE, 0, BLOCK, HOLE_ENTRY],
      BLOCK,
    ]);
    const base = 511 * 512 ** 2;
    const page = (gfn: number, level = 1) => ({ gfn: base + gfn, level, count: 1 });
    expect(one!.root).toEqual({
      rootLevel: 4,
      leaves: [page(0), page(1), page(510), page(511), page(510 * 512, 2), page(512 ** 2, 3)],
      nonpresentPaths: [{ gfn: base + 512, level: 1 }],
    });
  });
});

it("a case is said by its tree, what is done to it, and when it yields", () => {
  const said = (work: object, everyNPolls = 0) => caseWords([HOLE_ENTRY], { work: work as Work, everyNPolls });
  expect(said({ kind: "zap", rootLevel: 5, maxphyaddr: 16 }, 1)).toBe(
    "hole; zap of a 5-level root, to page 16; a yield at every poll",
  );
  expect(said({ kind: "split", start: 4, end: 8, targetLevel: 1 }, 4)).toBe(
    "hole; split of pages 4 to 7 to 4K; a yield at every 4th poll",
  );
  expect(said({ kind: "split", start: 4, end: 5, targetLevel: 2 })).toBe("hole; split of page 4 to 2M");
  expect(said({ kind: "enable", start: 0, end: 2, pml: true, eager: false })).toBe(
    "hole; enable over pages 0 to 1, PML on, eager splitting off",
  );
  const clear = { kind: "clear", base: 1, wordPages: 4, pml: false, eager: true };
  expect(said({ ...clear, words: [{ index: 2, low: 0b1 }], initiallySet: true })).toBe(
    "hole; clear of page 9 of a slot from page 1, PML off, eager splitting on, with initially-all-set, words of 4 pages",
  );
  expect(said({ ...clear, words: [{ index: 2, low: 0b1001 }], initiallySet: false })).toBe(
    "hole; clear of pages 9, 12 of a slot from page 1, PML off, eager splitting on, without initially-all-set, words " +
      "of 4 pages",
  );
});
