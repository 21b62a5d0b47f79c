import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { parseSize } from "../guest/sizes.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import type { PhaseName } from "../selftest/phases.js";
import { NIGHTLY } from "../testing/nightly.js";
import { countSelftest, flowOf, hasWork, type TestedOptions } from "./selftestTerms.js";
import { TERM_IDS, type TermCounts, termCounts } from "./terms.js";

interface RealRun {
  readonly size: string;
  readonly backing: string;
  readonly chunk: string;
  readonly manualProtect: boolean;
  readonly region: readonly [string, string];
  readonly phases: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const url = new URL("../testing/golden/real-kernel/counts.json", import.meta.url);
const all = JSON.parse(readFileSync(url, "utf8")) as Record<string, RealRun>;
/** Those that say what was run; the others have it in their names alone. */
const real = Object.fromEntries(Object.entries(all).filter(([, run]) => run.size !== undefined));
/**
 * By day the small ones: the flows of all are held to the same recordings where they are simulated.
 */
const counted = Object.keys(real).filter((name) => NIGHTLY || real[name]!.size !== "1G");
const mode = { paBits: 40, pageBytes: 4096 };

function optionsOf(run: RealRun): TestedOptions {
  const names: Record<string, string> = {
    "4K": "anonymous",
    thp: "anonymous_thp",
    "hugetlb-2m": "anonymous_hugetlb_2mb",
  };
  return {
    memoryPerVcpuBytes: parseSize(run.size),
    vcpus: 1,
    overlap: false,
    backing: names[run.backing] ?? "anonymous_hugetlb_1gb",
    memslots: 1,
    iterations: 2,
    manualProtect: run.manualProtect,
    eagerSplitChunkBytes: run.chunk === "off" ? null : parseSize(run.chunk),
  };
}

const PHASES: Readonly<Record<string, readonly [string, number | null]>> = {
  enable: ["enable", null],
  dirty1: ["dirty", 1],
  dirtyN: ["dirty", 2],
  getlog1: ["get", 1],
  getlogN: ["get", 2],
  clear1: ["clear", 1],
  clearN: ["clear", 2],
};

it("the test's memory is not accessed while logging is turned off", () => {
  const { steps } = flowOf(optionsOf(Object.values(real)[0]!), mode);
  expect(steps.find(({ op }) => op === "disable")).toEqual({ op: "disable", name: "disable" });
});

describe("countSelftest", () => {
  it("has recordings to be compared with", () => {
    expect(Object.keys(real).length).toBeGreaterThan(30);
  });

  it.each(counted)("counts what a running kernel counted in %s", (name) => {
    const run = real[name]!;
    const options = optionsOf(run);
    const { slots } = flowOf(options, mode);
    expect(slots[0]!.base).toBe(run.region[0]);
    const counted = countSelftest(options, mode, strategies[0]!);
    for (const [key, kernel] of Object.entries(run.phases)) {
      const [phase, iteration] = PHASES[key]!;
      const { terms } = counted.find((one) => one.phase === phase && one.iteration === iteration)!;
      // In one recording aborts were not counted; its relax visits say that they were there.
      const abortsCounted = kernel.guestAborts! > 0 || phase !== "dirty" || kernel.attrVisits === 0;
      expect(
        {
          splitVisits: terms.splitVisits + terms.splitVisitsNewTable,
          attrVisits: terms.writeProtectVisits + terms.relaxVisits,
          tlbiIpa: terms.tlbiBroadcast,
          guestAborts: abortsCounted ? terms.faults : 0,
        },
        `${name} ${key}`,
      ).toEqual({
        splitVisits: kernel.splitVisits,
        attrVisits: kernel.attrVisits,
        tlbiIpa: kernel.tlbiIpa,
        guestAborts: kernel.guestAborts,
      });
    }
  });

  it("counts a pass for one vCPU where several do theirs at the same time, and names them as issuers", () => {
    const one = { ...optionsOf(real["1G_anon_chunk2M_g"]!), memoryPerVcpuBytes: 2 ** 24, eagerSplitChunkBytes: null };
    const alone = countSelftest(one, mode, strategies[0]!).find((p) => p.phase === "dirty")!;
    const four = countSelftest({ ...one, vcpus: 4 }, mode, strategies[0]!).find((p) => p.phase === "dirty")!;
    expect(four.terms.faults).toBe(alone.terms.faults);
    expect([alone.issuers, four.issuers]).toEqual([1, 4]);
  });

  it("populates and then writes nothing with -w 0", () => {
    const options = { ...optionsOf(real["1G_anon_chunk2M_g"]!), memoryPerVcpuBytes: 2 ** 24, writePercent: 0 };
    const of = (more: Partial<TestedOptions>, phase: string) =>
      countSelftest({ ...options, ...more }, mode, strategies[0]!).find((p) => p.phase === phase)!.terms.faults;
    expect([of({}, "populate"), of({}, "dirty")]).toEqual([4096, 0]);
    expect(of({ writePercent: 10 }, "dirty")).toBe(4096);
  });

  it("finds work where page tables or guests do some", () => {
    const phases = countSelftest(optionsOf(real["1G_anon_chunk2M_manual"]!), mode, strategies[0]!);
    expect(phases.filter(hasWork).map((p) => `${p.phase} ${p.iteration}`)).toEqual([
      "dirty 1",
      "clear 1",
      "dirty 2",
      "clear 2",
    ]);
  });

  it("refuses what it cannot simulate with one line", () => {
    const options = optionsOf(real["1G_anon_chunk2M_g"]!);
    expect(() => flowOf({ ...options, memoryPerVcpuBytes: 2 ** 40 }, mode)).toThrow(UserError);
    expect(() => flowOf({ ...options, memslots: 3 }, mode)).toThrow(UserError);
    expect(() => flowOf({ ...options, backing: "floppy" }, mode)).toThrow(UserError);
  });
});

describe("the flow that options make", () => {
  const options: TestedOptions = {
    memoryPerVcpuBytes: 2 ** 22,
    vcpus: 2,
    overlap: true,
    backing: "anonymous_thp",
    memslots: 2,
    iterations: 1,
    manualProtect: true,
    eagerSplitChunkBytes: 2 ** 21,
  };

  it("is that of the test, with the real guest's rule of writing", () => {
    const { slots, ...flow } = flowOf(options, { paBits: 48, pageBytes: 16384 });
    expect(flow).toEqual({
      granule: "4K",
      ipaBits: 48,
      chunk: "2M",
      manual: 3,
      vcpus: 2,
      partitioned: false,
      pagesPerVcpu: 256,
      guestPage: "16K",
      rule: "lehmer",
      seed: 1,
      steps: [
        { op: "guest", name: "populate", iteration: 0, writePercent: 100, order: "sequential" },
        { op: "enable", name: "enable" },
        { op: "guest", name: "dirty1", iteration: 1, writePercent: 100, order: "sequential" },
        { op: "get", name: "get1" },
        { op: "clear", name: "clear1" },
        { op: "disable", name: "disable" },
        { op: "guest", name: "after_disable", iteration: 2, writePercent: 100, order: "sequential" },
      ],
    });
    expect(slots.map(({ size }) => size)).toEqual(["4M", "4M"]);
    const plain = flowOf({ ...options, manualProtect: false, eagerSplitChunkBytes: null, writePercent: 0 }, mode);
    expect([plain.manual, plain.chunk]).toEqual([0, "0"]);
    expect(plain.steps.flatMap((step) => (step.op === "guest" ? [step.writePercent] : []))).toEqual([100, 0, 0]);
  });

  it("is refused beyond 64G in all", () => {
    const big = { ...options, memslots: 1, memoryPerVcpuBytes: 2 ** 35 };
    expect(flowOf(big, mode).slots[0]!.size).toBe("64G");
    expect(() => flowOf({ ...big, memoryPerVcpuBytes: 2 ** 35 + 2 ** 21 }, mode)).toThrow(
      "memory of 65540M: too large to simulate; expected at most 64G",
    );
  });

  it("has a phase for each that the test prints, in its order", () => {
    const phases = (more: Partial<TestedOptions>) =>
      countSelftest({ ...options, ...more }, mode, strategies[0]!).map((one) => [
        one.phase,
        one.iteration,
        one.issuers,
      ]);
    expect(phases({ iterations: 2 })).toEqual([
      ["populate", null, 2],
      ["enable", null, 1],
      ["dirty", 1, 2],
      ["get", 1, 1],
      ["clear", 1, 1],
      ["dirty", 2, 2],
      ["get", 2, 1],
      ["clear", 2, 1],
      ["disable", null, 1],
    ]);
    expect(phases({ manualProtect: false }).map(([phase]) => phase)).toEqual([
      "populate",
      "enable",
      "dirty",
      "get",
      "disable",
    ]);
  });
});

it("work is what touches page tables, in any phase but those that set up and take down", () => {
  const none = termCounts({ kind: "guest" });
  const has = (phase: PhaseName, more: Partial<TermCounts> = {}) =>
    hasWork({ phase, iteration: null, issuers: 1, terms: { ...none, ...more } });
  expect(has("dirty")).toBe(true);
  for (const phase of ["populate", "disable", "set-mode"] as const) expect(has(phase, { splitVisits: 9 })).toBe(false);
  for (const id of TERM_IDS) {
    expect(has("get", { [id]: 1 }), id).toBe(!["ioctls", "enables", "calls", "ranges"].includes(id));
  }
});
