import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countAt, declarationsOf, totalAt } from "../counters.js";
import { runFlow } from "./flow.js";
import { FLOW_COUNTERS } from "./flowCounters.js";
import type { RiscvFlowInput, RiscvFlowStep } from "./flowInput.js";
import type { RiscvFlowOutcome } from "./flowStep.js";
import { riscvFlows } from "./flows.js";
import { riscv } from "./mmu.js";
import { baseline } from "./strategies/baseline.js";
import { strategies } from "./strategies/index.js";

function guest(map: string, hugetlb: boolean, changes: Partial<RiscvFlowInput> = {}): RiscvFlowInput {
  return {
    gstage: "sv39x4",
    eagerSplit: true,
    manual: 0,
    svvptc: false,
    reschedEveryNPolls: 0,
    slots: [{ base: "0x40000000", size: "4M", hva: "0x400000000000", backing: [{ map, size: "4M", hugetlb }] }],
    vcpus: 1,
    partitioned: true,
    pagesPerVcpu: 1024,
    rule: "hash",
    seed: 1,
    steps: [],
    ...changes,
  };
}

const all: RiscvFlowStep = { op: "access", name: "populate", accesses: [[0, "w", 0, 1024]] };
const write = (page: number): RiscvFlowStep => ({ op: "access", name: "write", accesses: [[0, "w", page, 1]] });
const read = (page: number): RiscvFlowStep => ({ op: "access", name: "read", accesses: [[0, "r", page, 1]] });
const run = (input: RiscvFlowInput, steps: readonly RiscvFlowStep[]): RiscvFlowOutcome[] =>
  runFlow({ ...input, steps }, baseline, { digest: false });
const sum = ({ counts }: RiscvFlowOutcome, path: string) => totalAt(counts, path) ?? 0;

it("has a table of flows each of whose figures is of a counter that there is", () => {
  const declared = [...declarationsOf(FLOW_COUNTERS), ...riscv.counters].map(({ path }) => path);
  const shown = riscvFlows.columns.flatMap(({ paths }) => paths);
  expect(shown.filter((path) => !declared.includes(path))).toEqual(["tablesLost"]);
});

it("unmaps a whole slot, and refuses a page more", () => {
  const unmap = (numPages: number): RiscvFlowStep => ({
    op: "unmap",
    name: "reclaim",
    slot: 0,
    firstPage: 0,
    numPages,
  });
  const outcome = run(guest("2M", false), [all, unmap(1024)]).at(-1)!;
  expect(outcome.state!.leaves).toBeUndefined();
  expect(() => run(guest("2M", false), [all, unmap(1025)])).toThrow("reclaim: [0, 1025]: beyond the slot");
});

describe("a write to a page of a block that was split", () => {
  const afterwards = (input: RiscvFlowInput, page: number) =>
    run(input, [all, { op: "enable", name: "enable" }, { op: "disable", name: "disable" }, write(page)]).at(-1)!;

  it("never ends on a transparent huge page after logging is turned off, but for the block's first page", () => {
    const stuck = [0, 1, 511, 512, 513].map((page) => sum(afterwards(guest("2M", false), page), "faults/stuck"));
    expect(stuck).toEqual([0, 1, 1, 0, 1]);
  });

  it("ends on hugetlb memory, with one fault that gives the page alone its rights back", () => {
    const outcome = afterwards(guest("2M", true), 5);
    expect([sum(outcome, "faults/stuck"), sum(outcome, "faults/protect"), sum(outcome, "map/protStores")]).toEqual([
      0, 1, 1,
    ]);
    expect(outcome.state!.writable).toEqual({ 0: 1 });
  });
});

describe("lazy splitting", () => {
  const lazy = guest("2M", true, { eagerSplit: false });

  it("unmaps nothing: the rest of the block stays mapped read-only, and reads never fault", () => {
    const steps = [all, { op: "enable", name: "enable" } as const, write(7), read(8), read(600)];
    const [, , written, ...reads] = run(lazy, steps);
    expect(written!.state!.leaves).toEqual({ 0: 512, 1: 1 });
    expect(written!.state!.writable).toEqual({ 0: 1 });
    expect(reads.map((outcome) => sum(outcome, "faults"))).toEqual([0, 0]);
  });

  it("costs one slow fault a block that eager splitting saves, and no other fault", () => {
    const steps = [all, { op: "enable", name: "enable" } as const, all];
    const [slowLazy, slowEager] = [lazy, guest("2M", true)].map((input) => {
      const outcome = run(input, steps)[2]!;
      return [sum(outcome, "faults"), sum(outcome, "fast/hits"), sum(outcome, "map/calls")];
    });
    expect(slowLazy).toEqual([1024, 1022, 2]);
    expect(slowEager).toEqual([1024, 1024, 0]);
  });
});

describe("the end of a VM", () => {
  it("frees the caches and the root, and loses every other table page", () => {
    const [populated, ended] = run(guest("4K", false), [all, { op: "destroy", name: "destroy" }]);
    expect(ended!.counts.tablesLost).toBe(populated!.state!.tables);
    expect(ended!.counts.cachePagesFreed).toBe(populated!.state!.vcpuCache[0]);
    expect([...ended!.flushes.lines()].map(([kind]) => kind)).toEqual(["all"]);
  });

  it("is the last thing that happens", () => {
    expect(() => run(guest("4K", false), [{ op: "destroy", name: "end" }, all])).toThrow(/steps\[1\]: comes after/);
  });
});

it("a write is never lost: every page written since its last clear is dirty, whichever strategy is used", () => {
  const accesses = fc.array(fc.tuple(fc.constantFrom("r", "w"), fc.nat(1023)), { maxLength: 40, size: "max" });
  let most = 0;
  fc.assert(
    fc.property(
      accesses,
      accesses,
      fc.constantFrom<0 | 1 | 3>(0, 1, 3),
      fc.boolean(),
      fc.constantFrom("4K", "2M"),
      fc.boolean(),
      fc.constantFrom(...strategies),
      (first, second, manual, eagerSplit, map, hugetlb, strategy) => {
        const pass = (name: string, list: [string, number][]): RiscvFlowStep => ({
          op: "access",
          name,
          accesses: list.map(([kind, page]) => [0, kind as "r" | "w", page, 1]),
        });
        const clear: RiscvFlowStep[] = manual === 0 ? [] : [{ op: "clear", name: "clear" }];
        const input = guest(map, hugetlb, { manual, eagerSplit });
        const steps: RiscvFlowStep[] = [
          all,
          { op: "enable", name: "enable" },
          pass("first", first),
          { op: "get", name: "get" },
          ...clear,
          pass("second", second),
          { op: "get", name: "get" },
        ];
        const got = runFlow({ ...input, steps }, strategy, { digest: false }).at(-1)!;
        const written = new Set(second.filter(([kind]) => kind === "w").map(([, page]) => page));
        expect(countAt(got.counts, "dirtyReturned") ?? 0).toBe(written.size);
        most = Math.max(most, written.size);
      },
    ),
    { numRuns: 120, seed: 1 },
  );
  expect(most).toBeGreaterThan(15);
});
