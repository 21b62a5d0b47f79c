import { type Counts, tallyCounts } from "../counters.js";
import {
  CLEAR_COUNTERS,
  CLEAR_STEPS,
  type ClearSteps,
  ENABLE_COUNTERS,
  ENABLE_STEPS,
  presentLevels,
  SPLIT_COUNTERS,
  walkedCounts,
  ZAP_COUNTERS,
} from "./counters.js";
import { type ClearWord, clearDirtyLog, enableDirtyLog } from "./dirtyLog.js";
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
 * @param judged whether to look, between the passes of a zap, for what a pass has left: afterwards
 *   it cannot be told any more
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
      // What the last pass leaves is in the root, and is seen afterwards. Whatever is below an
      // entry that is gone is gone too.
      if (!judged || livelock || zapLevel === tree.rootLevel) return;
      const left = presentAt(tree, zapLevel, end);
      if (left !== undefined) missed.push({ root, zapLevel, ...left });
    }),
  );
  const totals = zapTotals(passes);
  const byRoot: Record<string, Record<string, Counts>> = {};
  for (const { livelock: _, ...pass } of passes) {
    byRoot[pass.root] ??= {};
    byRoot[pass.root]![pass.zapLevel] = pass;
  }
  return {
    counts: { ...walkedCounts(ZAP_COUNTERS, totals), passes: byRoot },
    livelocks: passes.flatMap(({ zapLevel, root, livelockGfn: gfn }) =>
      gfn === null ? [] : [{ walk: `zap level ${zapLevel}`, root, gfn }],
    ),
    missed,
    tablesFreed: totals.tablesFreed,
    tablesAllocated: 0,
  };
}

function splitWork(scenario: TdpSplit, tree: TdpTree, variant: IterVariant, sink: IterSink | null): TdpWork {
  const { startGfn, endGfnExclusive, targetLevel } = scenario;
  const schedule = { everyNPolls: scenario.reschedEveryNPolls };
  const { counts, livelockGfn } = splitRoot(tree, variant, startGfn, endGfnExclusive, { targetLevel, schedule, sink });
  return {
    counts: walkedCounts(SPLIT_COUNTERS, counts),
    livelocks: livelockGfn === null ? [] : [{ walk: "split", root: 0, gfn: livelockGfn }],
    missed: [],
    tablesFreed: 0,
    tablesAllocated: counts.split2m + counts.split1g,
  };
}

function enableWork(scenario: TdpEnable, tree: TdpTree, variant: IterVariant, sink: IterSink | null): TdpWork {
  const { startGfn, endGfnExclusive, pml, eager } = scenario;
  const schedule = { everyNPolls: scenario.reschedEveryNPolls };
  const options = { pml, eager, schedule, sink };
  const { counts, steps, livelocks } = enableDirtyLog(tree, variant, startGfn, endGfnExclusive, options);
  return {
    counts: { ...walkedCounts(ENABLE_COUNTERS, counts), ...tallyCounts(ENABLE_STEPS, steps, presentLevels) },
    livelocks: livelocks.map(({ step, gfn }) => ({ walk: step, root: 0, gfn })),
    missed: [],
    tablesFreed: 0,
    tablesAllocated: counts.split2m + counts.split1g,
  };
}

function clearWork(scenario: TdpClear, tree: TdpTree, variant: IterVariant, sink: IterSink | null): TdpWork {
  const { pml, eager, slotBaseGfn, manualProtectAndInitSet } = scenario;
  const words = clearWords(scenario);
  const schedule = { everyNPolls: scenario.reschedEveryNPolls };
  const options = { pml, eager, initiallySet: manualProtectAndInitSet, slotBaseGfn, schedule, sink };
  const { counts, steps, livelockGfn } = clearDirtyLog(tree, variant, words, options);
  return {
    counts: { ...tallyCounts(CLEAR_COUNTERS, counts, presentLevels), ...clearStepCounts(steps) },
    livelocks: livelockGfn === null ? [] : [{ walk: "split", root: 0, gfn: livelockGfn }],
    missed: [],
    tablesFreed: 0,
    tablesAllocated: counts.split2m + counts.split1g,
  };
}

/** Steps in the order in which they were first made. */
function clearStepCounts(steps: ClearSteps): Counts {
  const named = Object.entries(steps) as [keyof ClearSteps, NonNullable<ClearSteps[keyof ClearSteps]>][];
  return Object.assign({}, ...named.map(([step, counts]) => tallyCounts(CLEAR_STEPS[step], counts, presentLevels)));
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
