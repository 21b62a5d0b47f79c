import { describe, expect, it } from "vitest";
import { riscv } from "./mmu.js";
import type { RiscvScenario } from "./scenario.js";
import { baseline } from "./strategies/baseline.js";

const scenario = (changes: Partial<RiscvScenario> = {}): RiscvScenario => ({
  mmu: "riscv",
  gstage: "sv39x4",
  memslots: [{ base: "0x0", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", eagerSplit: true },
  ...changes,
});
const lazy = { mode: "enable", eagerSplit: false } as const;
const bound = (changes: Partial<RiscvScenario>) => riscv.parse(scenario(changes), "test");
const run = (changes: Partial<RiscvScenario>, options = {}) => bound(changes).run(baseline, options);

describe("blocks that are left", () => {
  it("are none, one at address 0, or as many as there are", () => {
    const final = (changes: Partial<RiscvScenario>) => run(changes, { digest: false }).counts.final;
    expect(final({})).toEqual({
      leaves: { 0: 1024, 1: 0, 2: 0 },
      writable: { 0: 0, 1: 0, 2: 0 },
      tables: 3,
      unsplitBlocks: 0,
      unsplitBytes: 0,
      firstUnsplitGpa: null,
      digest: null,
    });
    expect(final({ dirtyLog: lazy })).toMatchObject({
      leaves: { 0: 0, 1: 2 },
      writable: { 0: 0, 1: 0 },
      tables: 1,
      unsplitBlocks: 2,
      unsplitBytes: 2 ** 22,
      firstUnsplitGpa: "0x0",
    });
  });

  it("are told by the lowest, whatever order memslots and regions come in", () => {
    const memslots = ["0x80000000", "0x40000000"].map((base) => ({ base, segments: [{ map: "2M", size: "2M" }] }));
    for (const windowBytes of [2 ** 30, Number.POSITIVE_INFINITY]) {
      const { counts, initial, findings } = run({ memslots, dirtyLog: lazy }, { windowBytes, digest: false });
      expect(counts.final).toMatchObject({ unsplitBlocks: 2, firstUnsplitGpa: "0x40000000", tables: 2 });
      expect(initial).toMatchObject({ npages: 1024, tables: 2, leaves: { 1: 2 }, writable: { 1: 2 } });
      expect(findings).toEqual([]);
    }
  });
});

it.each(["sv48x4", "sv57x4"] as const)("a guest of %s counts region by region as it does whole", (gstage) => {
  // Over the edge of two tables of 1G entries, from the middle of a region on.
  const memslots = [
    {
      base: "0x7fbfe00000",
      segments: [
        { map: "2M", size: "4M" },
        { map: "hole", size: "1G" },
        { map: "1G", size: "1G" },
        { map: "4K", size: "8K" },
      ],
      dirty: {
        runs: [
          [0, 1025],
          [264193, 1],
          [525312, 513],
        ] as const,
      },
    },
  ];
  const dirtyLog = { mode: "clear", eagerSplit: true } as const;
  const [regions, whole] = [2 ** 30, Number.POSITIVE_INFINITY].map((windowBytes) =>
    run({ gstage, memslots, dirtyLog }, { windowBytes, digest: true }),
  );
  expect(regions).toEqual(whole);
  expect(whole!.findings).toEqual([]);
});

describe("what follows when logging is turned off", () => {
  const aftermath = (page: number, backing: "thp" | "hugetlb" = "thp") =>
    run({ afterDisable: { backing, writes: [[page, 1]] } });

  it("is noted where an access never ends, which that to a block's first page does", () => {
    const lost = { code: "tables-lost", count: 3, data: {} };
    expect(aftermath(0).notes).toEqual([lost]);
    expect(aftermath(5).notes).toEqual([{ code: "access-stuck", count: 1, data: { gpa: "0x5000" } }, lost]);
    expect(aftermath(5, "hugetlb").notes).toEqual([lost]);
    expect(aftermath(5).counts.after).toEqual({ writes: 1, faults: 4, stuck: 1, tablesLost: 3 });
    expect(aftermath(5, "hugetlb").counts.after).toEqual({ writes: 1, faults: 1, stuck: 0, tablesLost: 3 });
    expect(run({}).notes).toEqual([]);
  });
});

it("a guest is timed up to 64G: the whole ioctl, again and again with the same counts", () => {
  const size = (pages: number) => ({ memslots: [{ base: "0x0", segments: [{ map: "1G", size: `${pages * 4}K` }] }] });
  expect(bound(size(2 ** 24 + 1)).timed!(baseline)).toBeUndefined();
  const [part, ...more] = bound({}).timed!(baseline)!.parts;
  expect(more).toEqual([]);
  expect([part!.id, part!.title]).toEqual(["ioctl", "whole ioctl: write-protect and split"]);
  const counts = () => {
    part!.reset();
    part!.work(() => {});
    return part!.counts();
  };
  const { flush: _, final: __, ...work } = run({}).counts;
  expect([counts(), counts()]).toEqual([work, work]);
});

it("a guest of 64G is timed", () => {
  const memslots = [{ base: "0x0", segments: [{ map: "1G", size: "64G" }] }];
  expect(bound({ memslots }).timed!(baseline)!.parts).toHaveLength(1);
});

it("a case says what it is of, and what of it is not as usual", () => {
  const dirtyLog = { mode: "clear", eagerSplit: false, reschedEveryNPolls: 3 } as const;
  const [usual, other] = [bound({}), bound({ dirtyLog })];
  expect([usual.workload, usual.variables, usual.notes, usual.expectedWork(baseline)]).toEqual([
    "enable",
    { gstage: "sv39x4" },
    [],
    4096,
  ]);
  expect([other.workload, other.variables]).toEqual([
    "clear",
    { gstage: "sv39x4", eager: "off", "resched-every": "3" },
  ]);
});
