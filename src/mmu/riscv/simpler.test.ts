import { describe, expect, it } from "vitest";
import { BLOCK, HOLE_ENTRY } from "../exhaustive/trees.js";
import { placeScenarios } from "./exhaustive/places.js";
import { caseWords, scaledScenarios } from "./exhaustive/scale.js";
import type { Work } from "./exhaustive/works.js";
import type { RiscvScenario } from "./scenario.js";
import { simplerScenarios } from "./simpler.js";

const scenario = (changes: Partial<RiscvScenario> = {}): RiscvScenario => ({
  mmu: "riscv",
  gstage: "sv39x4",
  memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "4K" }] }],
  dirtyLog: { mode: "enable", eagerSplit: true },
  ...changes,
});
const simpler = (from: RiscvScenario) => [...simplerScenarios(from)];
const memslot = (changes: object) => [{ ...scenario().memslots[0]!, ...changes }];

describe("what is simpler of riscv's scenarios", () => {
  it("is nothing of a page at 1G that is enabled", () => {
    expect(simpler(scenario())).toEqual([]);
  });

  it.each<[what: string, changes: Partial<RiscvScenario>, first: Partial<RiscvScenario>]>([
    ["a smaller mode", { gstage: "sv57x4" }, {}],
    ["no poll", { dirtyLog: { mode: "enable", eagerSplit: true, reschedEveryNPolls: 2 } }, {}],
    ["enabling", { dirtyLog: { mode: "clear", eagerSplit: true } }, {}],
    ["eager splitting", { dirtyLog: { mode: "enable", eagerSplit: false } }, {}],
    ["pages", { memslots: memslot({ segments: [{ map: "2M", size: "4K" }] }) }, {}],
    ["one writable", { memslots: memslot({ segments: [{ map: "4K", size: "4K", writeProtected: true }] }) }, {}],
    ["one mapped", { memslots: memslot({ segments: [{ map: "hole", size: "4K" }] }) }, {}],
    ["one page", { memslots: memslot({ segments: [{ map: "4K", size: "8K" }] }) }, {}],
    ["the usual base, from above", { memslots: memslot({ base: "0x40001000" }) }, {}],
    ["the usual base, from below", { memslots: memslot({ base: "0x3ffff000" }) }, {}],
    ["the end before what follows", { afterDisable: { backing: "hugetlb", writes: [] } }, {}],
    [
      "all pages dirty",
      { dirtyLog: { mode: "clear", eagerSplit: true }, memslots: memslot({ dirty: { runs: [[0, 1]] } }) },
      { dirtyLog: { mode: "clear", eagerSplit: true } },
    ],
  ])("is %s first, where nothing else differs", (_, changes, first) => {
    expect(simpler(scenario(changes))[0]).toEqual(scenario(first));
  });

  it("is less of what follows: no write, hugetlb, one write, shorter runs", () => {
    const memslots = memslot({ segments: [{ map: "4K", size: "64K" }] });
    const followedBy = (backing: "thp" | "hugetlb", ...writes: [number, number][]) =>
      scenario({ memslots, afterDisable: { backing, writes } });
    const afters = simpler(followedBy("thp", [2, 3], [6, 1])).filter(
      (one) => one.memslots[0]!.segments[0]!.size === "64K" && one.afterDisable !== undefined,
    );
    expect(afters).toEqual([
      followedBy("thp"),
      followedBy("hugetlb", [2, 3], [6, 1]),
      ...[0, 1, 4].map((page) => followedBy("thp", [page, 1])),
      ...(
        [
          [2, 1],
          [4, 1],
          [2, 2],
          [3, 2],
          [0, 3],
          [1, 3],
        ] as [number, number][]
      ).map((run) => followedBy("thp", run)),
      ...[0, 1, 6].map((page) => followedBy("thp", [page, 1])),
      ...[0, 3, 5].map((page) => followedBy("thp", [page, 1])),
    ]);
  });
});

describe("a case of the small geometry", () => {
  const word = (gfn: number, bits: number, firstGfn: number, endGfn: number) => ({ gfn, bits, firstGfn, endGfn });
  const enable: Work = { startGfn: 0, endGfn: 16, words: null };
  const clear: Work = { startGfn: 1, endGfn: 16, words: [word(1, 15, 1, 5), word(5, 0b1101, 5, 9)] };
  const usual = { spareCapacity: 0, cachePages: 0, reschedEvery: 0, eagerSplit: true };
  const tree = { mode: "sv39x4", tops: [[BLOCK, HOLE_ENTRY, HOLE_ENTRY, BLOCK]] } as const;

  it("is said with its tree, what is done, and what is not as usual", () => {
    expect(caseWords(tree, { work: enable, circumstances: usual })).toBe(
      "[block, hole, hole, block] in Sv39x4; enable over pages 0 to 15; cache of 3 pages, 0 at first",
    );
    const odd = { spareCapacity: 16, cachePages: 1, reschedEvery: 2, eagerSplit: false };
    expect(caseWords({ ...tree, mode: "sv57x4" }, { work: clear, circumstances: odd })).toBe(
      "[block, hole, hole, block] in Sv57x4; slot from page 1, clear of pages 1 to 4, then pages 5 7 8; " +
        "cache of 21 pages, 1 at first, need_resched at every 2nd poll, no eager splitting",
    );
    const every = { ...usual, reschedEvery: 1 };
    expect(caseWords({ ...tree, mode: "sv48x4" }, { work: enable, circumstances: every })).toMatch(
      / in Sv48x4; .*; cache of 4 pages, 0 at first, need_resched at every poll$/,
    );
  });

  it("is at full size one scenario that is enabled, or two that are cleared: by bits and by spans", () => {
    const segments = [
      { map: "2M", size: "2M" },
      { map: "hole", size: "1020M" },
      { map: "2M", size: "2M" },
    ];
    expect(scaledScenarios(tree, { work: enable, circumstances: usual })).toEqual([
      scenario({ memslots: [{ base: "0x40000000", segments }] }),
    ]);
    const circumstances = { ...usual, reschedEvery: 2, eagerSplit: false };
    const dirtyLog = { mode: "clear", eagerSplit: false, reschedEveryNPolls: 2 } as const;
    const cleared = (runs: [number, number][]) =>
      scenario({
        dirtyLog,
        memslots: [
          { base: "0x40001000", segments: [{ map: "2M", size: "2044K" }, ...segments.slice(1)], dirty: { runs } },
        ],
      });
    const top = 510 * 512 - 1;
    expect(scaledScenarios(tree, { work: clear, circumstances })).toEqual([
      cleared([0, 509, 510, 511, 512, 1022, top].map((page) => [page, 1])),
      cleared([
        [0, 512],
        [512, top + 1 - 512],
      ]),
    ]);
    const [deep] = scaledScenarios({ mode: "sv48x4", tops: [BLOCK, BLOCK] }, { work: enable, circumstances: usual });
    expect(deep).toMatchObject({ gstage: "sv48x4", memslots: [{ base: "0x7fc0000000" }] });
  });
});

it("layouts at the places that a walker tells apart have modes by turns, or all of them", () => {
  const some = placeScenarios("some");
  const modes = some
    .slice(0, 12)
    .map(({ gstage, dirtyLog, memslots: [slot] }) => [gstage, dirtyLog.mode, dirtyLog.reschedEveryNPolls, slot!.dirty]);
  expect(modes.map(([gstage]) => gstage)).toEqual(
    ["sv39x4", "sv48x4", "sv57x4", "sv39x4"].flatMap((gstage) => [gstage, gstage, gstage]),
  );
  expect(modes.map(([, mode]) => mode)).toEqual(Array(4).fill(["enable", "clear", "clear"]).flat());
  expect(modes.map(([, , every]) => every)).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]);
  const masked = placeScenarios("all").filter(({ memslots: [slot] }) => slot!.dirty !== undefined);
  const runOf = (base: string, ...segments: [string, string][]) =>
    masked.find(
      ({ memslots: [slot] }) =>
        slot!.base === base &&
        JSON.stringify(slot!.segments) === JSON.stringify(segments.map(([map, size]) => ({ map, size }))),
    )?.memslots[0]?.dirty;
  expect(runOf("0x40000000", ["2M", "4M"])).toEqual({ runs: [[480, 64]] });
  expect(runOf("0x401ff000", ["4K", "2M"])).toEqual({ runs: [[0, 33]] });
  expect(runOf("0x401ff000", ["4K", "8K"])).toEqual({ runs: [[0, 2]] });
  expect(runOf("0x401ff000", ["4K", "4K"])).toBeUndefined();
  expect(runOf("0x40000000", ["4K", "2M"])).toBeUndefined();
});
