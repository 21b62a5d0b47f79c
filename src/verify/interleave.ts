import { lookUp } from "../lists.js";
import type { Strategy } from "../mmu/contract.js";
import type { InterleaveFault, InterleaveOptions, InterleaveSearch } from "../mmu/interleave.js";

/** What an interleaving search found of a strategy. */
export interface InterleaveVerdict {
  readonly strategy: string;
  readonly source: string;
  readonly runs: number;
  /** Runs in which something is wrong, the kernel's own faults included. */
  readonly failing: number;
  /** The strategy's own faults. */
  readonly faults: readonly InterleaveFault[];
  /**
   * Faults that baseline has on the same guests: they come with the kernel, whichever strategy is
   * used.
   */
  readonly kernelFaults: readonly InterleaveFault[];
}

/** The outcome as data: what `verify --interleave --json` prints. */
export interface InterleaveResult {
  readonly schemaVersion: 1;
  readonly kind: "s2split-interleave";
  readonly modelVersion: number;
  readonly mmu: string;
  readonly actions: number;
  readonly dirtyTracking: string;
  /** The bound in words. */
  readonly text: string;
  /** Guests, each with what userspace does to it. */
  readonly units: number;
  /** Units that were tried; fewer where it was interrupted. */
  readonly unitsTried: number;
  readonly partial: boolean;
  readonly strategies: readonly InterleaveVerdict[];
}

export interface InterleaveCall extends InterleaveOptions {
  readonly mmu: string;
  readonly modelVersion: number;
  readonly strategies: readonly Strategy[];
  /** What comes with the kernel is what this one shows. */
  readonly baseline: Strategy;
  /** Told now and then what share has been tried, and how many runs that took. */
  readonly progress?: (share: number, runs: number) => void;
  readonly stopped?: () => boolean;
}

/**
 * Tries every strategy on all units, unit by unit, so that all have been tried on the same ones
 * also where it is stopped.
 */
export async function searchInterleavings(search: InterleaveSearch, call: InterleaveCall): Promise<InterleaveResult> {
  const { strategies, baseline } = call;
  const tried = strategies.includes(baseline) ? strategies : [baseline, ...strategies];
  const checks = new Map(tried.map((strategy) => [strategy, search.check(strategy)]));
  let units = 0;
  let stopped = false;
  for (; units < search.units && !stopped; units++) {
    for (const [i, check] of [...checks.values()].entries()) {
      check.unit(units);
      const runs = [...checks.values()].reduce((sum, one) => sum + one.runs, 0);
      call.progress?.((units + (i + 1) / checks.size) / search.units, runs);
      await breath();
    }
    stopped = call.stopped?.() ?? false;
  }
  const ofBaseline = lookUp(checks, baseline).faults();
  const ofKernel = new Map(ofBaseline.map(({ kind, units: those }) => [kind, new Set(those)]));
  const comesWithKernel = (kind: string, unit: number) => ofKernel.get(kind)?.has(unit) ?? false;
  return {
    schemaVersion: 1,
    kind: "s2split-interleave",
    modelVersion: call.modelVersion,
    mmu: call.mmu,
    actions: call.actions,
    dirtyTracking: call.dirtyTracking,
    text: search.text,
    units: search.units,
    unitsTried: units,
    partial: units < search.units,
    strategies: strategies.map((strategy) => {
      const check = lookUp(checks, strategy);
      return {
        strategy: strategy.id,
        source: strategy.source === "builtin" ? "builtin" : "user",
        runs: check.runs,
        failing: check.failing,
        faults: check.faults((kind, unit) => !comesWithKernel(kind, unit)),
        kernelFaults: check.faults(comesWithKernel),
      };
    }),
  };
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
