import {
  byLevel,
  type CounterDeclaration,
  type Counts,
  count,
  countOrNone,
  declarationsOf,
  type Tally,
  tallyCounts,
  undeclared,
  untold,
  upTo,
} from "../counters.js";

/** Length of arrays by level: 1 to 5. */
export const LEVELS = 6;

/**
 * Every counter of all workloads but those of steps, in the order of tables and exports. A walk
 * that never ends has null.
 */
const TDP = {
  loops: countOrNone(
    "loops",
    "loops",
    "loops",
    "cost",
    "Iterations of the TDP iterator before any present check, over all walks.",
  ),
  body: upTo("loops", countOrNone("body", "loop bodies", "loops", "cost", "Iterations that run the loop body.")),
  loopsByLevel: byLevel("loopsByLevel", "loops by level", "loops", "cost", "Iterations by the level of the entry."),
  spteReads: countOrNone(
    "spteReads",
    "SPTE reads",
    "reads",
    "cost",
    "Loads of entries by the iterator; those of the body are not counted.",
  ),
  yields: countOrNone("yields", "yields", "yields", "cost", "Times a zap yielded, and restarted at the root."),
  zapped: count(
    "zapped",
    "entries zapped",
    "entries",
    "different",
    "Entries that the zap's body itself set non-present.",
  ),
  tablesFreed: count(
    "tablesFreed",
    "tables freed",
    "pages",
    "different",
    "Page tables freed with the entries that were zapped.",
  ),
  removedPtEntries: count(
    "removedPtEntries",
    "entries of freed tables",
    "entries",
    "different",
    "Entries of the tables freed: 512 each.",
  ),
  sptesChanged: count(
    "sptesChanged",
    "SPTEs changed",
    "SPTEs",
    "different",
    "Leaves that lost their dirty or write bit.",
  ),
  split2m: count("split2m", "2M pages split", "splits", "cost", "Huge entries of level 2 split."),
  split1g: count("split1g", "1G pages split", "splits", "cost", "Huge entries of level 3 split."),
  spAllocs: count(
    "spAllocs",
    "page tables allocated",
    "pages",
    "cost",
    "Page tables allocated for splitting, each with mmu_lock dropped.",
  ),
  mmuLockDropsForAlloc: upTo(
    "mmuLockDropsTotal",
    count(
      "mmuLockDropsForAlloc",
      "lock drops to allocate",
      "drops",
      "cost",
      "Times mmu_lock was dropped to allocate a page table.",
    ),
  ),
  mmuLockDropsTotal: countOrNone(
    "mmuLockDropsTotal",
    "mmu_lock drops",
    "drops",
    "cost",
    "Times mmu_lock was dropped, to allocate or to yield; the walk restarts at the root.",
  ),
  reschedYields: countOrNone(
    "reschedYields",
    "yields",
    "yields",
    "cost",
    "Times a walk yielded because the poll said so, and restarted at the root.",
  ),
  tlbFlushes: count(
    "tlbFlushes",
    "TLB flushes",
    "flushes",
    "cost",
    "Flushes of remote TLBs: none for a split, one after enabling and after a clear.",
  ),
  secondPassLoops: countOrNone(
    "secondPassLoops",
    "loops of a second split",
    "loops",
    "cost",
    "Iterations of the same split walk on the result, without polls.",
  ),
  loopsIfAllocationDidNotRestart: countOrNone(
    "loopsIfAllocationDidNotRestart",
    "loops without restarts",
    "loops",
    "cost",
    "Iterations of the split if no allocation dropped mmu_lock; null where a yield schedule is given.",
  ),
  words: count("words", "words cleared", "words", "cost", "Non-zero 64-page words acted on."),
  calls: count("calls", "walks", "calls", "cost", "Walks of a clear, all steps together."),
};

const FINAL = {
  leaves: byLevel(
    "final/leaves",
    "leaves afterwards",
    "leaves",
    "different",
    "Leaves of the finished trees, by level.",
  ),
  tables: byLevel(
    "final/tables",
    "tables afterwards",
    "pages",
    "different",
    "Page tables of the finished trees by level, roots included.",
  ),
  hugeLeft: count(
    "final/hugeLeft",
    "huge pages left",
    "pages",
    "more",
    "Leaves above the target level in the range that was to be split.",
  ),
};

function enableStep(step: string, what: string) {
  return {
    loops: countOrNone(`steps/${step}/loops`, `loops, ${step}`, "loops", "cost", `Iterations of ${what}.`),
    sptesChanged: count(
      `steps/${step}/sptesChanged`,
      `SPTEs changed, ${step}`,
      "SPTEs",
      "different",
      `Leaves whose bit changed in ${what}.`,
    ),
    mmuLockDrops: countOrNone(
      `steps/${step}/mmuLockDrops`,
      `lock drops, ${step}`,
      "drops",
      "cost",
      `Times mmu_lock was dropped in ${what}.`,
    ),
  };
}

/** The golden files have a null for the leaves that a split changes. */
function enableSplit(what: string) {
  const step = enableStep("split", what);
  const none = countOrNone("steps/split/sptesChanged", "SPTEs changed, split", "SPTEs", "different", "Always null.");
  return { ...step, sptesChanged: undeclared(none) };
}

function clearStep(step: string, what: string) {
  return {
    calls: count(`${step}/calls`, `calls, ${step}`, "calls", "cost", `Walks of ${what}, over all words.`),
    loops: countOrNone(`${step}/loops`, `loops, ${step}`, "loops", "cost", `Iterations of ${what}, over all words.`),
    setSpte: count(
      `${step}/setSpte`,
      `SPTEs changed, ${step}`,
      "SPTEs",
      "different",
      `Leaves that ${what} write-protected; 0 for the others.`,
    ),
    spAllocs: count(`${step}/spAllocs`, `tables, ${step}`, "pages", "cost", `Page tables allocated in ${what}.`),
    mmuLockDrops: countOrNone(
      `${step}/mmuLockDrops`,
      `lock drops, ${step}`,
      "drops",
      "cost",
      `Times mmu_lock was dropped in ${what}.`,
    ),
  };
}

/** Steps of enabling; which are made depends on the hardware and on module parameters. */
export const ENABLE_STEPS = {
  split: enableSplit("the eager split"),
  clear_dirty: enableStep("clear_dirty", "the walk that clears dirty bits"),
  wrprot_min_level_1: enableStep("wrprot_min_level_1", "the walk that write-protects every leaf"),
  wrprot_min_level_2: enableStep("wrprot_min_level_2", "the walk that write-protects leaves of 2M and more"),
};

/** Steps of a clear, over all words. */
export const CLEAR_STEPS = {
  split: clearStep("split", "the eager split of a word"),
  wpStart: clearStep("wpStart", "the write-protect of 2M and above at the first page"),
  wpEnd: clearStep("wpEnd", "the write-protect of 2M and above at the last page"),
  clearMasked: clearStep("clearMasked", "the walk that clears the bits of 4K pages"),
};

const { loops, body, loopsByLevel, spteReads, sptesChanged, spAllocs, tlbFlushes } = TDP;
const { split2m, split1g, mmuLockDropsForAlloc, mmuLockDropsTotal, reschedYields } = TDP;
const { yields, zapped, tablesFreed, removedPtEntries, words, calls } = TDP;

/** What each workload counts, in the order of the golden files. */
export const ZAP_COUNTERS = {
  loops,
  body,
  zapped,
  spteReads,
  loopsByLevel,
  yields,
  tablesFreed,
  removedPtEntries,
};
export const SPLIT_COUNTERS = {
  loops,
  body,
  spteReads,
  split2m,
  split1g,
  spAllocs,
  mmuLockDropsForAlloc,
  mmuLockDropsTotal,
  reschedYields,
  tlbFlushes,
  loopsByLevel,
};
export const ENABLE_COUNTERS = {
  loops,
  body,
  loopsByLevel,
  spteReads,
  sptesChanged,
  split2m,
  split1g,
  spAllocs,
  mmuLockDropsForAlloc: untold(mmuLockDropsForAlloc),
  mmuLockDropsTotal,
  reschedYields,
  tlbFlushes,
};
export const CLEAR_COUNTERS = {
  loops,
  words,
  calls,
  sptesChanged,
  split2m,
  split1g,
  spAllocs,
  mmuLockDropsTotal,
  tlbFlushes,
};

export type ZapCounts = Tally<typeof ZAP_COUNTERS>;
export type SplitCounts = Tally<typeof SPLIT_COUNTERS>;
export type EnableCounts = Tally<typeof ENABLE_COUNTERS>;
export type ClearCounts = Tally<typeof CLEAR_COUNTERS>;
export type EnableSteps = { -readonly [S in keyof typeof ENABLE_STEPS]?: Tally<(typeof ENABLE_STEPS)[S]> };
export type ClearSteps = { -readonly [S in keyof typeof CLEAR_STEPS]?: Tally<(typeof CLEAR_STEPS)[S]> };

/**
 * Counts with walks in them, as results have them: loops by level are absent where a walk never
 * ends, for no sum is a total.
 */
export function walkedCounts<T extends typeof ZAP_COUNTERS | typeof SPLIT_COUNTERS | typeof ENABLE_COUNTERS>(
  table: T,
  tally: Tally<T> & { readonly loops: number | null },
): Counts {
  const counts = tallyCounts(table, tally, presentLevels);
  if (tally.loops !== null) return counts;
  const { loopsByLevel: _, ...others } = counts;
  return others;
}

/** Levels as keys; those with 0 are absent. */
export function presentLevels(values: Float64Array | Int32Array): Record<string, number> {
  const levels: Record<string, number> = {};
  for (const [level, n] of values.entries()) if (n !== 0) levels[level] = n;
  return levels;
}

/**
 * Every counter of the TDP MMU, with the golden files' names. Which are there depends on the
 * workload.
 */
export const tdpCounters: readonly CounterDeclaration[] = [TDP, ENABLE_STEPS, CLEAR_STEPS, FINAL].flatMap(
  declarationsOf,
);
