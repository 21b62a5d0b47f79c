import { describe, expect, it } from "vitest";
import { atGoldenKeys } from "../../testing/golden.js";
import { NIGHTLY } from "../../testing/nightly.js";
import {
  type ClearGolden,
  goldenFiles,
  type ShadowGolden,
  type SplitGolden,
  type ZapGolden,
} from "../../testing/x86Golden.js";
import type { Mmu } from "../contract.js";
import type { Counts } from "../counters.js";
import { x86Shadow } from "../shadow/mmu.js";
import { x86Tdp } from "./mmu.js";

/**
 * A golden file's input is a scenario, with the MMU and the workload named; runs one strategy on
 * it.
 */
function run(mmu: Mmu, input: object, id: string): { initial: Counts; counts: Counts } {
  const bound = mmu.parse(input, "golden");
  const strategy = mmu.strategies.find((candidate) => candidate.id === id)!;
  expect(bound.applies(strategy)).toBe(true);
  const { findings, ...outcome } = bound.run(strategy);
  expect(findings).toEqual([]);
  return outcome;
}

/**
 * By day guests of 1G and more run under the first strategy and the last, which differs most; at
 * night all run.
 */
function strategiesOf<T>(expected: Readonly<Record<string, T>>, pages: number): [string, T][] {
  const all = Object.entries(expected);
  return NIGHTLY || pages < 2 ** 18 ? all : all.filter((_, i) => i === 0 || i === all.length - 1);
}

describe("the MMUs, given golden inputs as scenarios", () => {
  for (const golden of goldenFiles<ZapGolden>("x86-zap", /^zap_.*\.json$/)) {
    it(`zap ${golden.name} as the kernel does`, () => {
      for (const [id, totals] of Object.entries(golden.totals)) {
        const { counts } = run(x86Tdp, { mmu: "x86-tdp", workload: "zap", ...golden.input }, id);
        expect(counts).toMatchObject(totals as object);
        const passes = golden.expected[id] as { root: number; zapLevel: number }[];
        const byRoot = counts.passes as Record<string, Record<string, Counts>>;
        for (const pass of passes) expect(byRoot[pass.root]![pass.zapLevel]).toMatchObject(pass);
        expect(Object.values(byRoot).flatMap((levels) => Object.keys(levels))).toHaveLength(passes.length);
      }
    });
  }

  for (const golden of goldenFiles<SplitGolden>("x86-split")) {
    it(`split ${golden.name} as the kernel does`, () => {
      const { startGfn, endGfnExclusive } = golden.input;
      for (const [id, expected] of strategiesOf(golden.expected, endGfnExclusive - startGfn)) {
        const { initial, counts } = run(x86Tdp, { mmu: "x86-tdp", workload: "split", ...golden.input }, id);
        const { leavesAfter, tablesAfterByLevel, loopsIfAllocationDidNotRestart, final: _, ...walk } = counts;
        expect(atGoldenKeys(walk, expected)).toEqual(expected);
        expect({ leavesAfter, tablesAfterByLevel }).toEqual({
          leavesAfter: golden.leavesAfter,
          tablesAfterByLevel: golden.tablesAfterByLevel,
        });
        expect(initial.leavesBefore).toEqual(golden.leavesBefore);
        if (id === "baseline") expect(loopsIfAllocationDidNotRestart).toBe(golden.loopsIfAllocationDidNotRestart);
      }
    });

    it(`enable dirty logging on ${golden.name} as the kernel does`, () => {
      const { root, startGfn, endGfnExclusive, hostMaxphyaddr } = golden.input;
      for (const [key, expected] of Object.entries(golden.enableDirtyLogSequenceBaseline ?? {})) {
        const modes = { eager: key.includes("eager_page_split=1"), pml: key.includes("pml=1") };
        const range = { root, startGfn, endGfnExclusive, hostMaxphyaddr };
        const { counts } = run(x86Tdp, { mmu: "x86-tdp", workload: "enable", ...range, ...modes }, "baseline");
        const steps = Object.entries(counts.steps as Record<string, Counts>).map(([step, of]) => ({ step, ...of }));
        expect(atGoldenKeys(steps, expected)).toEqual(expected);
      }
    });
  }

  for (const golden of goldenFiles<ClearGolden>("x86-clear")) {
    it(`clear ${golden.name} as the kernel does`, () => {
      for (const [key, expected] of Object.entries(golden.expected)) {
        const modes = { eager: key.includes("eager_page_split=1"), pml: key.includes("pml=1") };
        const { counts } = run(x86Tdp, { mmu: "x86-tdp", workload: "clear", ...golden.input, ...modes }, "baseline");
        const { split, wpStart, wpEnd, clearMasked } = counts;
        const steps = Object.entries({ split, wpStart, wpEnd, clearMasked }).filter(([, of]) => of !== undefined);
        expect(atGoldenKeys(Object.fromEntries(steps), expected)).toEqual(expected);
      }
    });
  }

  for (const golden of goldenFiles<ShadowGolden>("x86-shadow")) {
    it(`split nested pages of ${golden.name} as the kernel does`, () => {
      for (const [id, expected] of strategiesOf(golden.expected, golden.input.slot.npages)) {
        const { final, ...counts } = run(x86Shadow, { mmu: "x86-shadow", ...golden.input }, id).counts;
        expect(atGoldenKeys(counts, expected)).toEqual(expected);
        expect(final).toEqual({ hugeLeft: 0 });
      }
    });
  }
});
