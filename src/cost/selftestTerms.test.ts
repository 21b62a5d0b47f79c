import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { parseSize } from "../guest/sizes.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { NIGHTLY } from "../testing/nightly.js";
import { countSelftest, flowOf, hasWork, type TestedOptions } from "./selftestTerms.js";

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
