import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutOf } from "../mmu/arm64/layout.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import { randomLayouts } from "../mmu/arm64/random.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { parseTdpScenario } from "../mmu/tdp/parse.js";
import { arm64Plan } from "./arm64Plan.js";
import { freePlace, grouped, type ReproductionPlan, SCRATCH_BYTES } from "./plan.js";
import { x86Plan } from "./x86Plan.js";

const baseline = arm64.strategies[0]!;
const splitting = randomLayouts(fc).filter(({ dirtyLog }) => dirtyLog.chunk !== 0);

function leavesOf(plan: ReproductionPlan): Record<string, number> {
  const leaves: Record<string, number> = {};
  for (const run of plan.runs) {
    const level = String(3 - plan.leafBytes.indexOf(run.leafBytes));
    leaves[level] = (leaves[level] ?? 0) + run.bytes / run.leafBytes;
  }
  return leaves;
}

describe("the plan of an arm64 scenario", () => {
  it("has the model's leaves, in ascending runs without overlaps, and its tables but for those of the guest code", () => {
    fc.assert(
      fc.property(splitting, (scenario) => {
        const plan = arm64Plan(scenario, []);
        const initial = arm64.parse(scenario, "").run(baseline).initial as {
          leaves: Record<string, number>;
          tables: number;
        };
        const wanted = Object.entries(initial.leaves).filter(([, count]) => count > 0);
        expect(Object.entries(leavesOf(plan)).sort()).toEqual(wanted.sort());
        plan.runs.slice(1).forEach((run, i) => {
          expect(plan.runs[i]!.start + plan.runs[i]!.bytes).toBeLessThanOrEqual(run.start);
        });
        for (const run of plan.runs) expect(run.start % run.leafBytes).toBe(0);
        expect(plan.tables).toBe(initial.tables - sharedTables(scenario, plan));
      }),
      { numRuns: 80, seed: 14 },
    );
  });

  it("splits what the model looks at: first to last cleared page of each mask, or whole slots", () => {
    const slot = { base: "0x40000000", segments: [{ map: "2M", size: "4M" }] };
    const scenario = (dirty: object, mode: "enable" | "clear"): Arm64Scenario => ({
      granule: "4K",
      ipaBits: 40,
      memslots: [{ ...slot, ...dirty }],
      dirtyLog: { mode, chunk: "2M" },
    });
    expect(arm64Plan(scenario({}, "enable"), []).spans).toEqual([{ start: 0x40000000, end: 0x40400000 }]);
    const runs = {
      dirty: {
        runs: [
          [1, 1],
          [5, 2],
          [70, 1],
        ],
      },
    };
    const plan = arm64Plan(scenario(runs, "clear"), []);
    expect(plan.spans).toEqual([
      { start: 0x40001000, end: 0x40007000 },
      { start: 0x40046000, end: 0x40047000 },
    ]);
    expect(plan.cleared).toEqual([
      { slot: 0, first: 1, count: 1 },
      { slot: 0, first: 5, count: 2 },
      { slot: 0, first: 70, count: 1 },
    ]);
  });
});

/**
 * Tables of the tree that also lie on the way to the guest code, by the same arithmetic done table
 * by table.
 */
function sharedTables(scenario: Arm64Scenario, plan: ReproductionPlan): number {
  const { geometry } = layoutOf(scenario);
  let shared = 0;
  for (let level = geometry.startLevel + 1; level <= 3; level++) {
    const reach = geometry.spanPages[level - 1]! * geometry.pageBytes;
    const from = Math.floor(plan.scratch / reach) * reach;
    const leafFits = (bytes: number) => geometry.spanPages[level]! * geometry.pageBytes >= bytes;
    if (plan.runs.some((run) => leafFits(run.leafBytes) && run.start < from + reach && run.start + run.bytes > from))
      shared++;
  }
  return shared;
}

describe("the place of the guest code", () => {
  it("meets no memslot, and shares no GiB with one where there is a free one", () => {
    const slots = fc.array(
      fc.record({ base: fc.integer({ min: 0, max: 4096 }), bytes: fc.integer({ min: 1, max: 1024 }) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    const end = 8 * 2 ** 30;
    fc.assert(
      fc.property(slots, (units) => {
        const placed = units.map(({ base, bytes }) => ({ base: base * 2 ** 20, bytes: bytes * 2 ** 20 }));
        const at = freePlace(placed, end)!;
        const gib = Math.floor(at / 2 ** 30) * 2 ** 30;
        expect(at + SCRATCH_BYTES).toBeLessThanOrEqual(end);
        // Memory ends below 5 GiB, so that a whole GiB is always free.
        for (const { base, bytes } of placed) expect(base + bytes <= gib || base >= gib + 2 ** 30).toBe(true);
      }),
      { numRuns: 200, seed: 16 },
    );
  });

  it("is nowhere where memory is everywhere", () => {
    expect(freePlace([{ base: 0, bytes: 2 ** 32 }], 2 ** 32)).toBeUndefined();
  });

  it("is beside the memory where no whole GiB is free", () => {
    expect(freePlace([{ base: 2 ** 29, bytes: 2 ** 32 - 2 ** 29 }], 2 ** 32)).toBe(SCRATCH_BYTES);
  });
});

describe("the plan of an x86 scenario", () => {
  const guest = (workload: object) => ({
    mmu: "x86-tdp",
    root: { rootLevel: 4, leaves: [{ gfn: 0, level: 2, count: 4 }], nonpresentPaths: [] },
    ...workload,
  });
  const plan = (workload: object) => x86Plan(parseTdpScenario(guest(workload), "scenario"), []);

  it("clears the pages of a range that is not the whole guest, since enabling would split all", () => {
    const part = plan({ workload: "split", startGfn: 600, endGfnExclusive: 700 });
    expect(part.mode).toBe("clear");
    expect(part.slots).toEqual([{ base: 0, bytes: 2 ** 23 }]);
    expect(part.cleared).toEqual([{ slot: 0, first: 600, count: 100 }]);
    expect(part.notes[0]).toMatch(/^KVM splits what is cleared/);
    expect(plan({ workload: "split" }).mode).toBe("enable");
    expect(plan({ workload: "split" }).notes[0]).toMatch(/^KVM splits when dirty logging is enabled/);
  });

  it("says what it leaves out, where it does: empty tables, and leaves outside the memslot", () => {
    const leaves = [{ gfn: 0, level: 2, count: 4 }];
    const root = { rootLevel: 4, leaves, nonpresentPaths: [{ gfn: 2 ** 18, level: 1 }] };
    const left = (workload: object) => plan(workload).notes.filter((note) => note.endsWith("left out."));
    expect(left({ workload: "split" })).toEqual([]);
    expect(left({ workload: "split", root })).toEqual(["Empty tables (nonpresentPaths) are left out."]);
    const clear = { workload: "clear", slotBaseGfn: 0, npages: 2048, masks: { allWords: "0x3" } };
    const beyond = { rootLevel: 4, leaves: [...leaves, { gfn: 2 ** 18, level: 1, count: 1 }], nonpresentPaths: [] };
    expect(left(clear)).toEqual([]);
    expect(left({ ...clear, root: beyond })).toEqual(["1 run of leaves lies outside the memslot: left out."]);
  });

  it("looks for lost pages where nothing is split eagerly", () => {
    const clear = { workload: "clear", slotBaseGfn: 0, npages: 2048, masks: { allWords: "0x3" } };
    expect(plan({ ...clear, eager: false }).check).toBe("dirty");
    expect(plan(clear).check).toBe("split");
    expect(plan(clear).spans[1]).toEqual({ start: 64 * 4096, end: 66 * 4096 });
  });

  it("has the leaves within its memslot, those across its edges among them, in ascending order", () => {
    const leaves = [
      { gfn: 0, level: 2, count: 1 },
      { gfn: 512, level: 2, count: 2 },
      { gfn: 1536, level: 1, count: 3 },
      { gfn: 1539, level: 1, count: 1 },
    ];
    const root = { rootLevel: 4, leaves, nonpresentPaths: [{ gfn: 2 ** 18, level: 1 }] };
    const enable = plan({
      workload: "enable",
      startGfn: 512,
      endGfnExclusive: 1539,
      root,
      name: "n",
      description: "d",
    });
    expect(enable).toEqual({
      arch: "x86",
      name: "n",
      description: "d",
      notes: ["2 runs of leaves lie outside the memslot: left out.", "Empty tables (nonpresentPaths) are left out."],
      pageBytes: 4096,
      leafBytes: [4096, 2097152, 1073741824],
      mode: "enable",
      check: "split",
      chunkBytes: 0,
      ipaBits: 48,
      slots: [{ base: 2097152, bytes: 4206592 }],
      runs: [
        { start: 2097152, bytes: 4194304, leafBytes: 2097152, readOnly: false },
        { start: 6291456, bytes: 12288, leafBytes: 4096, readOnly: false },
      ],
      spans: [{ start: 2097152, end: 6303744 }],
      cleared: [],
      scratch: 1074790400,
      tables: 0,
      predictions: [],
    });
    const runs4K = [
      { gfn: 300, level: 1, count: 211 },
      { gfn: 511, level: 1, count: 10 },
      { gfn: 600, level: 1, count: 41 },
      { gfn: 641, level: 1, count: 1 },
    ];
    const small = { ...root, leaves: runs4K };
    const clear = {
      workload: "clear",
      slotBaseGfn: 511,
      npages: 130,
      masks: ["0x8000000000000001", "0x1", "0x3"],
      root: small,
    };
    const { spans, cleared, runs, notes } = plan(clear);
    expect({ spans, cleared, runs, notes }).toEqual({
      spans: [
        { start: 2093056, end: 2359296 },
        { start: 2617344, end: 2625536 },
      ],
      cleared: [
        { slot: 0, first: 0, count: 1 },
        { slot: 0, first: 63, count: 2 },
        { slot: 0, first: 128, count: 2 },
      ],
      runs: [
        { start: 2093056, bytes: 40960, leafBytes: 4096, readOnly: false },
        { start: 2457600, bytes: 167936, leafBytes: 4096, readOnly: false },
      ],
      notes: ["2 runs of leaves lie outside the memslot: left out.", "Empty tables (nonpresentPaths) are left out."],
    });
  });

  it("refuses what userspace cannot ask for, in one line each", () => {
    expect(() => plan({ workload: "zap" })).toThrow(
      "workload zap: zaps a root, which splits nothing; expected enable, clear or split",
    );
    expect(() => plan({ workload: "split", targetLevel: 2 })).toThrow(
      "targetLevel 2: KVM splits for dirty logging to 4K alone; expected targetLevel 1",
    );
    const enable = { workload: "enable", startGfn: 0, endGfnExclusive: 2048, eager: false };
    expect(() => plan(enable)).toThrow(
      "eager false: enabling splits nothing then; expected eager true, or workload clear",
    );
    expect(() => plan({ workload: "enable", startGfn: 0, endGfnExclusive: 2 ** 20 })).toThrow(
      "the memslot: leaves no free 1M below 4G for guest code; expected a higher base",
    );
  });
});

it("an arm64 plan has runs by size where larger leaves fit, notes on a proposal, and its tables", () => {
  const scenario = {
    granule: "4K",
    ipaBits: 36,
    name: "a name",
    description: "What it is.",
    memslots: [
      { base: "0x140000000", segments: [{ map: "1G", size: "1G" }] },
      {
        base: "0x3fe00000",
        segments: [
          { map: "1G", size: "1028M" },
          { map: "hole", size: "2M" },
          { map: "4K", size: "8K", writeProtected: true },
        ],
      },
    ],
    dirtyLog: { mode: "clear", chunk: "2M", bbm: 2 },
  } as unknown as Arm64Scenario;
  expect(arm64Plan(scenario, [])).toEqual({
    arch: "arm64",
    name: "a name",
    description: "What it is.",
    notes: ["bbm 2 is a proposal: the kernel that runs decides how it replaces a block."],
    pageBytes: 4096,
    leafBytes: [4096, 2097152, 1073741824],
    mode: "clear",
    check: "split",
    chunkBytes: 2097152,
    ipaBits: 36,
    slots: [
      { base: 5368709120, bytes: 1073741824 },
      { base: 1071644672, bytes: 1080041472 },
    ],
    runs: [
      { start: 1071644672, bytes: 2097152, leafBytes: 2097152, readOnly: false },
      { start: 1073741824, bytes: 1073741824, leafBytes: 1073741824, readOnly: false },
      { start: 2147483648, bytes: 2097152, leafBytes: 2097152, readOnly: false },
      { start: 2151677952, bytes: 8192, leafBytes: 4096, readOnly: true },
      { start: 5368709120, bytes: 1073741824, leafBytes: 1073741824, readOnly: false },
    ],
    spans: [
      { start: 1071644672, end: 2151686144 },
      { start: 5368709120, end: 6442450944 },
    ],
    cleared: [
      { slot: 0, first: 0, count: 262144 },
      { slot: 1, first: 0, count: 263682 },
    ],
    scratch: 3222274048,
    tables: 3,
    predictions: [],
  });
});

it("strategies of which the model says the same stand together, in their order", () => {
  const said = { leaves: [1, 2, 3], tables: 4, firstUnsplit: null };
  expect(
    grouped([
      { strategy: "a", ...said },
      { strategy: "b", ...said, tables: 5 },
      { strategy: "c", ...said },
    ]),
  ).toEqual([
    { strategies: ["a", "c"], ...said },
    { strategies: ["b"], ...said, tables: 5 },
  ]);
});
