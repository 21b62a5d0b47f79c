import type { Counts, CountValue } from "../counters.js";
import {
  type ClearStepCounts,
  type ClearWord,
  clearDirtyLog,
  type EnableStepCounts,
  enableDirtyLog,
} from "./dirtyLog.js";
import { presentAt } from "./inspect.js";
import type { IterSink } from "./iter.js";
import type { TdpClear, TdpEnable, TdpScenario, TdpSplit, TdpZap } from "./scenario.js";
import { splitRoot } from "./split.js";
import type { TdpTree } from "./tree.js";
import type { IterVariant } from "./variant.js";
import { zapRoot, zapTotals } from "./zap.js";

/** A walk that goes in a circle. */
export interface Livelock {
  /** Which walk: "zap level 1", "split", "clear_dirty". */
  readonly walk: string;
  readonly root: number;
  readonly gfn: number;
}

/** Entries that a pass of a zap was to zap, and left. */
export interface MissedEntries {
  readonly root: number;
  /** Level of the pass and of the entries. */
  readonly zapLevel: number;
  readonly count: number;
  /** First gfn of the first of them. */
  readonly gfn: number;
}

/** What the work of a scenario counted, and where it did not end. */
export interface TdpWork {
  readonly counts: Counts;
  readonly livelocks: readonly Livelock[];
  /** By pass; empty where the work is not judged. */
  readonly missed: readonly MissedEntries[];
  /** Tables that were freed, and that were allocated, by the walks. */
  readonly tablesFreed: number;
  readonly tablesAllocated: number;
}

/**
 * Does the work of a scenario on its trees, one a root.
 *
 * @param judged whether to look, between the passes of a zap, for what a pass has left: afterwards it cannot be told any more
 */
export function workOn(
  scenario: TdpScenario,
  trees: readonly TdpTree[],
  variant: IterVariant,
  sink: IterSink | null = null,
  judged = true,
): TdpWork {
  const tree = trees[0]!;
  switch (scenario.workload) {
    case "zap":
      return zapWork(scenario, trees, variant, sink, judged);
    case "split":
      return splitWork(scenario, tree, variant, sink);
    case "enable":
      return enableWork(scenario, tree, variant, sink);
    case "clear":
      return clearWork(scenario, tree, variant, sink);
  }
}

function zapWork(
  scenario: TdpZap,
  trees: readonly TdpTree[],
  variant: IterVariant,
  sink: IterSink | null,
  judged: boolean,
): TdpWork {
  const schedule = { everyNPolls: scenario.reschedEveryNPolls };
  const missed: MissedEntries[] = [];
  const passes = trees.flatMap((tree, root) =>
    zapRoot(tree, variant, scenario.hostMaxphyaddr, root, schedule, sink, ({ zapLevel, livelock }, end) => {
      // What the last pass leaves is in the root, and is seen afterwards. Whatever is below an entry that is gone is gone too.
      if (!judged || livelock || zapLevel === tree.rootLevel) return;
      const left = presentAt(tree, zapLevel, end);
      if (left !== undefined) missed.push({ root, zapLevel, ...left });
    }),
  );
  const totals = zapTotals(passes);
  const tablesFreed = passes.reduce((sum, pass) => sum + pass.tablesFreed, 0);
  const byRoot: Record<string, Record<string, Counts>> = {};
  for (const { livelock: _, ...pass } of passes) {
    byRoot[pass.root] ??= {};
    byRoot[pass.root]![pass.zapLevel] = pass;
  }
  return {
    counts: {
      ...totals,
      ...levelsOfLoops(totals.loops, sumByLevel(passes.map((pass) => pass.loopsByLevel))),
      yields: addUp(passes.map((pass) => pass.yields)),
      tablesFreed,
      removedPtEntries: passes.reduce((sum, pass) => sum + pass.removedPtEntries, 0),
      passes: byRoot,
    },
    livelocks: passes
      .filter((pass) => pass.livelockGfn !== null)
      .map((pass) => ({ walk: `zap level ${pass.zapLevel}`, root: pass.root, gfn: pass.livelockGfn! })),
    missed,
    tablesFreed,
    tablesAllocated: 0,
  };
}

function splitWork(scenario: TdpSplit, tree: TdpTree, variant: IterVariant, sink: IterSink | null): TdpWork {
  const { startGfn, endGfnExclusive, targetLevel } = scenario;
  const schedule = { everyNPolls: scenario.reschedEveryNPolls };
  const { counts, livelockGfn } = splitRoot(tree, variant, startGfn, endGfnExclusive, { targetLevel, schedule, sink });
  const { loopsByLevel, ...others } = counts;
  return {
    counts: { ...others, ...levelsOfLoops(counts.loops, loopsByLevel) },
    livelocks: livelockGfn === null ? [] : [{ walk: "split", root: 0, gfn: livelockGfn }],
    missed: [],
    tablesFreed: 0,
    tablesAllocated: counts.split2m + counts.split1g,
  };
}

function enableWork(scenario: TdpEnable, tree: TdpTree, variant: IterVariant, sink: IterSink | null): TdpWork {
  const { startGfn, endGfnExclusive, pml, eager } = scenario;
  const schedule = { everyNPolls: scenario.reschedEveryNPolls };
  const steps = enableDirtyLog(tree, variant, startGfn, endGfnExclusive, { pml, eager, schedule, sink });
  const total = (of: (step: EnableStepCounts) => number | null) => addUp(steps.map(of));
  const loops = total((step) => step.loops);
  const named: Record<string, Counts> = {};
  for (const { step, sptesChanged, mmuLockDrops, ...of } of steps) {
    named[step] = { loops: of.loops, sptesChanged, mmuLockDrops };
  }
  const split2m = total((step) => step.split2m)!;
  const split1g = total((step) => step.split1g)!;
  return {
    counts: {
      loops,
      body: total((step) => step.body),
      ...levelsOfLoops(loops, sumByLevel(steps.map((step) => step.loopsByLevel))),
      spteReads: total((step) => step.spteReads),
      sptesChanged: total((step) => step.sptesChanged ?? 0),
      split2m,
      split1g,
      spAllocs: total((step) => step.spAllocs),
      mmuLockDropsTotal: total((step) => step.mmuLockDrops),
      reschedYields: total((step) => step.reschedYields),
      tlbFlushes: 1,
      steps: named,
    },
    livelocks: steps
      .filter((step) => step.livelockGfn !== null)
      .map((step) => ({ walk: step.step, root: 0, gfn: step.livelockGfn! })),
    missed: [],
    tablesFreed: 0,
    tablesAllocated: split2m + split1g,
  };
}

function clearWork(scenario: TdpClear, tree: TdpTree, variant: IterVariant, sink: IterSink | null): TdpWork {
  const { pml, eager, slotBaseGfn, manualProtectAndInitSet } = scenario;
  const words = clearWords(scenario);
  const schedule = { everyNPolls: scenario.reschedEveryNPolls };
  const options = { pml, eager, initiallySet: manualProtectAndInitSet, slotBaseGfn, schedule, sink };
  const { counts, split2m, split1g, maskedChanged, livelockGfn } = clearDirtyLog(tree, variant, words, options);
  const steps = Object.values(counts) as ClearStepCounts[];
  const named: Record<string, CountValue> = {};
  for (const [step, of] of Object.entries(counts)) named[step] = { ...of };
  return {
    counts: {
      loops: addUp(steps.map((step) => step.loops)),
      words: words.length,
      calls: addUp(steps.map((step) => step.calls)),
      sptesChanged: maskedChanged + steps.reduce((sum, step) => sum + step.setSpte, 0),
      split2m,
      split1g,
      spAllocs: addUp(steps.map((step) => step.spAllocs)),
      mmuLockDropsTotal: addUp(steps.map((step) => step.mmuLockDrops)),
      tlbFlushes: words.length === 0 ? 0 : 1,
      ...named,
    },
    livelocks: livelockGfn === null ? [] : [{ walk: "split", root: 0, gfn: livelockGfn }],
    missed: [],
    tablesFreed: 0,
    tablesAllocated: split2m + split1g,
  };
}

/** The non-zero words of a clear. */
export function clearWords({ masks, npages }: TdpClear): ClearWord[] {
  const count = Math.ceil(npages / 64);
  const words: ClearWord[] = [];
  for (let index = 0; index < count; index++) {
    const text = "allWords" in masks ? masks.allWords : masks[index]!;
    const digits = text.slice(2).padStart(16, "0");
    const low = Number.parseInt(digits.slice(-8), 16);
    const high = Number.parseInt(digits.slice(0, -8), 16);
    if (low !== 0 || high !== 0) words.push({ index, low, high });
  }
  return words;
}

function addUp(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

/** Loops by level, absent where a walk never ends: the sum over those that do is no total. */
function levelsOfLoops(loops: number | null, loopsByLevel: Readonly<Record<string, number>>): Counts {
  return loops === null ? {} : { loopsByLevel };
}

function sumByLevel(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const part of parts) for (const [level, n] of Object.entries(part)) sum[level] = (sum[level] ?? 0) + n;
  return sum;
}
