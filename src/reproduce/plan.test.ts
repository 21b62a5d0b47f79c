import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutOf } from "../mmu/arm64/layout.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import { randomLayouts } from "../mmu/arm64/random.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { parseTdpScenario } from "../mmu/tdp/parse.js";
import { arm64Plan } from "./arm64Plan.js";
import { freePlace, type ReproductionPlan, SCRATCH_BYTES } from "./plan.js";
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
});
