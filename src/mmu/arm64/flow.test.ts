import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flowOfTest } from "../../selftest/selftest.js";
import { times } from "../../testing/nightly.js";
import { totalAt } from "../counters.js";
import { runFlow } from "./flow.js";
import type { FlowInput, FlowSlot, FlowStepInput } from "./flowInput.js";
import { countsOfStep, type FlowStep } from "./flowStep.js";
import { strategies } from "./strategies/index.js";

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));
const baseline = byId.get("baseline")!;

const slotOf = (base: number, hva: number, backing: FlowSlot["backing"], size: string): FlowSlot => ({
  base: `0x${base.toString(16)}`,
  size,
  hva: `0x${hva.toString(16)}`,
  backing,
});

function input(slots: FlowSlot[], steps: FlowStepInput[], more: Partial<FlowInput> = {}): FlowInput {
  const rest = { vcpus: 1, partitioned: true, pagesPerVcpu: 1, rule: "hash", seed: 1 } as const;
  return { granule: "4K", ipaBits: 40, chunk: "0", manual: 0, slots, steps, ...rest, ...more };
}

const write = (page: number, count = 1): FlowStepInput => ({
  op: "access",
  name: "write",
  accesses: [[0, "w", page, count]],
});
const read = (page: number): FlowStepInput => ({ op: "access", name: "read", accesses: [[0, "r", page, 1]] });
const enable: FlowStepInput = { op: "enable", name: "enable" };
const disable: FlowStepInput = { op: "disable", name: "disable" };
const total = (step: FlowStep, path: string) => totalAt(countsOfStep(step), path) ?? 0;
const GIB = 2 ** 30;
const HVA = 2 ** 46;

describe("which leaf a fault maps", () => {
  const leavesOf = (slot: FlowSlot, page = 0) => runFlow(input([slot], [write(page)]), baseline)[0]!.state.leaves;

  it("is the largest that backing, alignment and slot allow", () => {
    const huge = [{ map: "1G", size: "1G" }];
    expect(leavesOf(slotOf(GIB, HVA, huge, "1G"))).toEqual({ 1: 1 });
    // The host's 1G page does not agree with guest addresses modulo 1G, but modulo 2M.
    expect(leavesOf(slotOf(GIB + 2 ** 21, HVA, huge, "1G"))).toEqual({ 2: 1 });
    expect(leavesOf(slotOf(GIB + 4096, HVA, huge, "1G"))).toEqual({ 3: 1 });
    const three = [{ map: "1G", size: "3G" }];
    expect(leavesOf(slotOf(GIB + 2 ** 21, HVA, three, "3G"), 300_000)).toEqual({ 2: 1 });
    expect(leavesOf(slotOf(GIB + 4096, HVA, three, "3G"), 300_000)).toEqual({ 3: 1 });
    // Not wholly inside the slot, guest and host alike.
    const part = [{ map: "1G", size: "512M" }];
    expect(leavesOf(slotOf(GIB, HVA, part, "512M"))).toEqual({ 2: 1 });
  });

  it("is no larger than what the host maps just there", () => {
    const mixed = [
      { map: "4K", size: "2M" },
      { map: "2M", size: "3M" },
    ];
    const slot = slotOf(GIB, HVA, mixed, "5M");
    expect([0, 512, 1024].map((page) => leavesOf(slot, page))).toEqual([{ 3: 1 }, { 2: 1 }, { 3: 1 }]);
  });

  it("is a page while the slot is logging", () => {
    const slot = slotOf(GIB, HVA, [{ map: "2M", size: "2M" }], "2M");
    const steps = runFlow(input([slot], [enable, write(7), read(9)]), baseline);
    expect(steps[2]!.state).toMatchObject({ leaves: { 3: 2 }, writable: { 3: 1 }, dirtyBits: 1 });
  });
});

describe("logging slot by slot", () => {
  it("guests that run while logging is disabled fault by the state of the slot they touch", () => {
    const memory = {
      granule: "4K",
      ipaBits: 40,
      backing: "thp",
      bytesPerVcpu: 2 ** 26,
      vcpus: 2,
      memslots: 4,
    } as const;
    const how = { iterations: 2, writePercent: 100, random: false, overlap: false, manual: 0, seed: 1 } as const;
    const options = { ...memory, ...how, chunk: "0", rule: "hash" } as const;
    const plain = runFlow(flowOfTest({ ...options, whileDisabling: false }), baseline);
    const during = runFlow(flowOfTest({ ...options, whileDisabling: true }), baseline);
    const names = during.map(({ phase }) => phase);
    expect(names.slice(-3)).toEqual(["disable", "while_disabling", "after_disable"]);
    const running = during.at(-2)!;
    expect(running.kind).toBe("guest");
    expect(total(running, "writes")).toBe(2 * 16384);
    // Some pages are relaxed while their slot still logs, other blocks are restored because it does
    // not any more.
    expect(total(running, "dirty/marked")).toBeGreaterThan(0);
    expect(total(running, "tablesFreed")).toBeGreaterThan(0);
    // Where every page of a block was made writable in time, nothing faults any more, and it stays
    // split.
    expect(plain.at(-1)!.state.leaves).toEqual({ 2: 64 });
    expect(Number(during.at(-1)!.state.leaves![3])).toBeGreaterThan(0);
    expect(total(during.at(-3)!, "ioctls")).toBe(4);
  });

  it.each([
    [[{ op: "get", name: "get1" }], 0, "step get1: needs a dirty log"],
    [[enable, { op: "clear", name: "clear1" }], 0, "step clear1: clears without manual protect"],
    [[write(512)], 3, "beyond the guest"],
    [
      [enable, { op: "clear_part", name: "c", slot: 0, firstPage: 0, numPages: 64, runs: [[60, 5]] }],
      3,
      "c: run [60, 5]: beyond what is cleared",
    ],
  ] as [FlowStepInput[], 0 | 3, string][])("refuses %j", (steps, manual, message) => {
    const slot = slotOf(GIB, HVA, [{ map: "2M", size: "2M" }], "2M");
    expect(() => runFlow(input([slot], steps, { manual }), baseline)).toThrow(message);
  });
});

describe("random flows", () => {
  const PAGES = 1536;
  const span = fc
    .tuple(fc.nat({ max: PAGES - 1 }), fc.integer({ min: 1, max: 700 }))
    .map(([first, count]): [number, number] => [first, Math.min(count, PAGES - first)]);
  const guestStep = fc
    .tuple(fc.constantFrom("r" as const, "w" as const), span)
    .map(
      ([kind, [first, count]]): FlowStepInput => ({ op: "access", name: kind, accesses: [[0, kind, first, count]] }),
    );
  const clearStep = span.map(
    (run): FlowStepInput => ({ op: "clear_part", name: "clear", slot: 0, firstPage: 0, numPages: PAGES, runs: [run] }),
  );
  const map = fc.constantFrom("4K", "2M");
  const cases = fc.record({
    maps: fc.tuple(map, map, map),
    before: fc.array(guestStep, { maxLength: 4 }),
    logged: fc.array(fc.oneof(guestStep, clearStep), { maxLength: 8 }),
    chunk: fc.constantFrom("0", "4K", "2M", "1G"),
    bbm: fc.constantFrom(undefined, 2 as const),
  });
  const flowOf = ({ maps, before, logged, chunk, bbm }: typeof cases extends fc.Arbitrary<infer T> ? T : never) => {
    const backing = maps.map((each) => ({ map: each, size: "2M" }));
    const steps = [...before, enable, ...logged, disable, write(0, PAGES)];
    return input([slotOf(GIB, HVA, backing, "6M")], steps, { manual: 3, chunk, bbm });
  };

  it("strategies that are right differ from baseline only in what the split walk looks at", () => {
    const right = strategies.filter(({ id, knownFaults }) => id !== "baseline" && knownFaults.length === 0);
    const property = fc.property(cases, (one) => {
      const expected = runFlow(flowOf(one), baseline).map(({ state }) => state);
      for (const strategy of right) expect(runFlow(flowOf(one), strategy).map(({ state }) => state)).toEqual(expected);
    });
    fc.assert(property, { numRuns: times(15, 80), seed: 1 });
  });

  it("writing everything after a last clear and disabling restores the natural leaves, all writable", () => {
    const property = fc.property(cases, (one) => {
      const blocks = one.maps.filter((each) => each === "2M").length;
      const leaves = Object.fromEntries(
        [
          [2, blocks],
          [3, 512 * (3 - blocks)],
        ].filter(([, count]) => count !== 0),
      );
      const all = {
        op: "clear_part",
        name: "all",
        slot: 0,
        firstPage: 0,
        numPages: PAGES,
        runs: [[0, PAGES]],
      } as const;
      const cleared = flowOf({ ...one, logged: [...one.logged, all] });
      expect(runFlow(cleared, baseline).at(-1)!.state).toMatchObject({ leaves, writable: leaves });
    });
    fc.assert(property, { numRuns: times(20, 120), seed: 2 });
  });

  it("every table that is in the tree was allocated and not freed", () => {
    const property = fc.property(cases, (one) => {
      let tables = 0;
      for (const step of runFlow(flowOf(one), baseline, { digest: false })) {
        tables += total(step, "tablesAllocated") + total(step, "split/tablesAllocated") - total(step, "tablesFreed");
        expect(step.state.tables ?? 0).toBe(tables);
      }
    });
    fc.assert(property, { numRuns: times(20, 120), seed: 3 });
  });

  it("a write is never lost: every page written since its last clear is dirty", () => {
    const property = fc.property(cases, (one) => {
      // Without initially-all-set, a page is dirty exactly if it was written and not cleared since.
      const flow = { ...flowOf(one), manual: 1 as const };
      const dirty = new Set<number>();
      let logging = false;
      for (const [i, step] of runFlow(flow, baseline, { digest: false }).entries()) {
        const what = flow.steps[i]!;
        if (what.op === "enable" || what.op === "disable") {
          logging = what.op === "enable";
          dirty.clear();
        } else if (what.op === "access" && logging) {
          for (const [, kind, first, count] of what.accesses) {
            for (let page = first; page < first + count && kind === "w"; page++) dirty.add(page);
          }
        } else if (what.op === "clear_part") {
          for (const [first, count] of what.runs)
            for (let page = first; page < first + count; page++) dirty.delete(page);
        }
        expect(step.state.dirtyBits ?? 0).toBe(dirty.size);
      }
    });
    fc.assert(property, { numRuns: times(35, 200), seed: 4 });
  });
});

describe("other granules", () => {
  it.each([
    ["16K", 32 * 2 ** 20],
    ["64K", 512 * 2 ** 20],
  ] as const)("%s: eager splitting saves the broadcasts of lazy splitting, block for block", (granule, block) => {
    const run = (chunk: string) => {
      const common = { granule, ipaBits: 40, backing: "thp", bytesPerVcpu: 2 * block, vcpus: 1, memslots: 1 } as const;
      const how = { iterations: 2, writePercent: 100, random: false, overlap: false, manual: 0 } as const;
      const rest = { whileDisabling: false, seed: 1, rule: "hash", chunk } as const;
      return runFlow(flowOfTest({ ...common, ...how, ...rest }), baseline);
    };
    const lazy = run("0");
    const eager = run(granule === "16K" ? "32M" : "512M");
    expect(total(lazy[2]!, "tlbi")).toBe(2);
    expect([total(eager[1]!, "split/tlbi"), total(eager[2]!, "tlbi")]).toEqual([2, 0]);
    expect(eager.at(-1)!.state.leaves).toEqual({ 2: 2 });
  });
});
