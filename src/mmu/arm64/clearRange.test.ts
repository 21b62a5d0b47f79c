import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { totalAt } from "../counters.js";
import { runFlow } from "./flow.js";
import type { FlowInput } from "./flowInput.js";
import { arm64Guests, arm64Variants } from "./guests.js";
import { arm64 } from "./mmu.js";
import { randomLayouts } from "./random.js";
import { type Arm64Scenario, CLEAR_RANGES } from "./scenario.js";
import { strategies } from "./strategies/index.js";

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));
const baseline = byId.get("baseline")!;

const thp: Arm64Scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "1G" }] }],
  dirtyLog: { mode: "clear", chunk: "2M" },
};

function run(scenario: Arm64Scenario, more: object, id = "baseline") {
  const dirtyLog = { ...scenario.dirtyLog, ...more };
  return arm64.parse({ ...scenario, dirtyLog }, "").run(byId.get(id)!);
}

describe("clearing words that touch as one range", () => {
  it("takes 1 GiB of 2M blocks from 507,904 inspected entries to 2,048 with max-level", () => {
    const inspected = (id: string, clearRange: string) => {
      const { counts } = run(thp, { clearRange }, id);
      return totalAt(counts, "writeProtect/inspected")! + totalAt(counts, "split/inspected")!;
    };
    expect(inspected("baseline", "word")).toBe(507_904);
    expect(inspected("max-level", "word")).toBe(245_760);
    expect(inspected("max-level", "2M")).toBe(2048);
  });

  it("leaves the tree that word by word leaves, with no more walks and no more entries, on any layout", () => {
    let joined = 0;
    fc.assert(
      fc.property(randomLayouts(fc), fc.constantFrom(...CLEAR_RANGES), (scenario, clearRange) => {
        if (scenario.dirtyLog.mode === "enable") return;
        const word = run(scenario, {});
        const wide = run(scenario, { clearRange });
        expect(wide.findings).toEqual(word.findings);
        expect(wide.counts.final).toEqual(word.counts.final);
        for (const path of ["split/tlbi", "split/tablesAllocated", "writeProtect/pteStores", "words", "flush"]) {
          expect(totalAt(wide.counts, path), path).toBe(totalAt(word.counts, path));
        }
        for (const path of ["writeProtect/walks", "writeProtect/inspected", "split/walks", "split/inspected"]) {
          expect(totalAt(wide.counts, path)).toBeLessThanOrEqual(totalAt(word.counts, path)!);
        }
        if (totalAt(wide.counts, "writeProtect/ranges")! < totalAt(word.counts, "writeProtect/ranges")!) joined++;
      }),
      { numRuns: 60, seed: 4 },
    );
    expect(joined).toBeGreaterThan(5);
  });

  it("does in a flow what it does in a scenario", () => {
    const flow = (clearRange: (typeof CLEAR_RANGES)[number]): FlowInput => ({
      granule: "4K",
      ipaBits: 40,
      chunk: "2M",
      manual: 3,
      clearRange,
      slots: [{ base: "0x40000000", size: "16M", hva: "0x400000000000", backing: [{ map: "2M", size: "16M" }] }],
      vcpus: 1,
      partitioned: true,
      pagesPerVcpu: 4096,
      rule: "hash",
      seed: 1,
      steps: [
        { op: "access", name: "populate", accesses: [[0, "w", 0, 4096]] },
        { op: "enable", name: "enable" },
        { op: "get", name: "get" },
        { op: "clear", name: "clear" },
      ],
    });
    const scenario = { ...thp, memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "16M" }] }] };
    for (const clearRange of CLEAR_RANGES) {
      const step = runFlow(flow(clearRange), baseline)[3]!;
      const { counts } = run(scenario, { clearRange });
      const { cacheLeft: _, ...split } = counts.split as Record<string, unknown>;
      expect(step.split).toMatchObject({
        walks: split.walks,
        inspected: { 3: (split.inspected as object)[3 as never] },
      });
      expect(step.writeProtect).toMatchObject({ ranges: totalAt(counts, "writeProtect/ranges") });
      expect([step.masks, step.longestHold]).toEqual([64, counts.longestHold]);
    }
  });
});

describe("options of variants", () => {
  const cases = (options: object) => arm64Guests({ seed: 1, backing: ["thp"], memory: "2M", ...options }, false);
  const logs = (options: object) => cases(options).map(({ dirtyLog: { chunk: _, ...log } }) => log);

  it("make a case for each combination", () => {
    expect(logs({ clearRange: ["word", "2M"], dsb: ["per-call", "per-change"], tlbiRange: "off" })).toEqual([
      { mode: "clear", dsb: "per-call", tlbiRange: false, clearRange: "word" },
      { mode: "clear", dsb: "per-call", tlbiRange: false, clearRange: "2M" },
      { mode: "clear", dsb: "per-change", tlbiRange: false, clearRange: "word" },
      { mode: "clear", dsb: "per-change", tlbiRange: false, clearRange: "2M" },
    ]);
    expect(logs({ clearRange: ["ioctl"], mode: "both" })).toEqual([
      { mode: "enable" },
      { mode: "clear", clearRange: "ioctl" },
    ]);
  });

  it("vary a file, whose own range goes where nothing is cleared", () => {
    const own = { ...thp, dirtyLog: { ...thp.dirtyLog, clearRange: "2M" as const } };
    const logsOf = (options: object) => arm64Variants(own, { seed: 1, ...options }).map(({ dirtyLog }) => dirtyLog);
    expect(logsOf({ clearRange: ["chunk"] })).toEqual([{ mode: "clear", chunk: "2M", clearRange: "chunk" }]);
    expect(logsOf({ mode: "both", dsb: ["per-block"] })).toEqual([
      { mode: "enable", chunk: "2M", dsb: "per-block" },
      { mode: "clear", chunk: "2M", clearRange: "2M", dsb: "per-block" },
    ]);
  });

  it("name what is not Linux 7.3", () => {
    const variables = (dirtyLog: object) =>
      arm64.parse({ ...thp, dirtyLog: { ...thp.dirtyLog, ...dirtyLog } }, "").variables;
    expect(variables({ dsb: "per-call", clearRange: "word", tlbiRange: true })).toEqual({ chunk: "2M" });
    expect(variables({ dsb: "per-change", clearRange: "2M", tlbiRange: false, nvhe: true })).toEqual({
      chunk: "2M",
      dsb: "per-change-proposed",
      "clear-range": "2M-proposed",
      "tlbi-range": "off",
      nvhe: "yes",
    });
  });

  it.each([
    [{ dsb: ["per-word"] }, "--dsb per-word: unknown; expected per-block, per-call, per-change"],
    [{ clearRange: ["1G"], mode: "clear" }, "--clear-range 1G: unknown; expected word, 2M, chunk, ioctl"],
    [{ clearRange: ["2M"], mode: "enable" }, "--clear-range: enabling clears nothing; expected --mode clear"],
    [{ clearRange: ["2M"], g: true }, "--clear-range: enabling clears nothing"],
  ])("refuse %j", (options, message) => {
    expect(() => cases(options)).toThrow(message);
  });

  it.each([
    [{ dsb: "per-word" }, 'dirtyLog.dsb: is "per-word"; expected'],
    [{ tlbiRange: "on" }, "dirtyLog.tlbiRange: is a string; expected true or false"],
    [{ clearRange: 512 }, "dirtyLog.clearRange"],
    [{ mode: "enable", clearRange: "2M" }, "dirtyLog.clearRange: enabling clears nothing"],
  ])("in a scenario, %j, are refused", (dirtyLog, message) => {
    expect(() => run(thp, dirtyLog)).toThrow(message);
  });
});
