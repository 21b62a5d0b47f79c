import type { CounterDeclaration } from "../counters.js";

type Role = Pick<CounterDeclaration, "role" | "worse" | "values">;
const COST: Role = { role: "cost" };
/** A cost that has no number where the walk never ends. */
const COST_OR_NONE: Role = { role: "cost", values: "count-or-none" };
const OUTCOME: Role = { role: "outcome", worse: "different" };

function counter(
  path: string,
  label: string,
  unit: string,
  doc: string,
  role: Role = COST,
  byLevel = false,
): CounterDeclaration {
  return { path, byLevel, label, unit, ...role, doc };
}

function enableStep(step: string, what: string): CounterDeclaration[] {
  const changed = counter(
    `steps/${step}/sptesChanged`,
    `SPTEs changed, ${step}`,
    "SPTEs",
    `Leaves whose bit changed in ${what}.`,
    OUTCOME,
  );
  return [
    counter(`steps/${step}/loops`, `loops, ${step}`, "loops", `Iterations of ${what}.`, COST_OR_NONE),
    ...(step === "split" ? [] : [changed]),
    counter(
      `steps/${step}/mmuLockDrops`,
      `lock drops, ${step}`,
      "drops",
      `Times mmu_lock was dropped in ${what}.`,
      COST_OR_NONE,
    ),
  ];
}

function clearStep(step: string, what: string): CounterDeclaration[] {
  return [
    counter(`${step}/calls`, `calls, ${step}`, "calls", `Walks of ${what}, over all words.`),
    counter(`${step}/loops`, `loops, ${step}`, "loops", `Iterations of ${what}, over all words.`, COST_OR_NONE),
    counter(
      `${step}/setSpte`,
      `SPTEs changed, ${step}`,
      "SPTEs",
      `Leaves that ${what} write-protected; 0 for the others.`,
      OUTCOME,
    ),
    counter(`${step}/spAllocs`, `tables, ${step}`, "pages", `Page tables allocated in ${what}.`),
    counter(
      `${step}/mmuLockDrops`,
      `lock drops, ${step}`,
      "drops",
      `Times mmu_lock was dropped in ${what}.`,
      COST_OR_NONE,
    ),
  ];
}

/** Every counter of the TDP MMU, with the golden files' names. Which are there depends on the workload; a walk that never ends has null. */
export const tdpCounters: readonly CounterDeclaration[] = [
  counter(
    "loops",
    "loops",
    "loops",
    "Iterations of the TDP iterator before any present check, over all walks.",
    COST_OR_NONE,
  ),
  counter("body", "loop bodies", "loops", "Iterations that run the loop body.", COST_OR_NONE),
  counter("loopsByLevel", "loops by level", "loops", "Iterations by the level of the entry.", COST, true),
  counter(
    "spteReads",
    "SPTE reads",
    "reads",
    "Loads of entries by the iterator; those of the body are not counted.",
    COST_OR_NONE,
  ),
  counter("yields", "yields", "yields", "Times a zap yielded, and restarted at the root.", COST_OR_NONE),
  counter("zapped", "entries zapped", "entries", "Entries that the zap's body itself set non-present.", OUTCOME),
  counter("tablesFreed", "tables freed", "pages", "Page tables freed with the entries that were zapped.", OUTCOME),
  counter("removedPtEntries", "entries of freed tables", "entries", "Entries of the tables freed: 512 each.", OUTCOME),
  counter("sptesChanged", "SPTEs changed", "SPTEs", "Leaves that lost their dirty or write bit.", OUTCOME),
  counter("split2m", "2M pages split", "splits", "Huge entries of level 2 split."),
  counter("split1g", "1G pages split", "splits", "Huge entries of level 3 split."),
  counter(
    "spAllocs",
    "page tables allocated",
    "pages",
    "Page tables allocated for splitting, each with mmu_lock dropped.",
  ),
  counter(
    "mmuLockDropsForAlloc",
    "lock drops to allocate",
    "drops",
    "Times mmu_lock was dropped to allocate a page table.",
  ),
  counter(
    "mmuLockDropsTotal",
    "mmu_lock drops",
    "drops",
    "Times mmu_lock was dropped, to allocate or to yield; the walk restarts at the root.",
    COST_OR_NONE,
  ),
  counter(
    "reschedYields",
    "yields",
    "yields",
    "Times a walk yielded because the poll said so, and restarted at the root.",
    COST_OR_NONE,
  ),
  counter(
    "tlbFlushes",
    "TLB flushes",
    "flushes",
    "Flushes of remote TLBs: none for a split, one after enabling and after a clear.",
  ),
  counter(
    "secondPassLoops",
    "loops of a second split",
    "loops",
    "Iterations of the same split walk on the result, without polls.",
    COST_OR_NONE,
  ),
  counter(
    "loopsIfAllocationDidNotRestart",
    "loops without restarts",
    "loops",
    "Iterations of the split if no allocation dropped mmu_lock; null where a yield schedule is given.",
    COST_OR_NONE,
  ),
  counter("words", "words cleared", "words", "Non-zero 64-page words acted on."),
  counter("calls", "walks", "calls", "Walks of a clear, all steps together."),
  ...enableStep("split", "the eager split"),
  ...enableStep("clear_dirty", "the walk that clears dirty bits"),
  ...enableStep("wrprot_min_level_1", "the walk that write-protects every leaf"),
  ...enableStep("wrprot_min_level_2", "the walk that write-protects leaves of 2M and more"),
  ...clearStep("split", "the eager split of a word"),
  ...clearStep("wpStart", "the write-protect of 2M and above at the first page"),
  ...clearStep("wpEnd", "the write-protect of 2M and above at the last page"),
  ...clearStep("clearMasked", "the walk that clears the bits of 4K pages"),
  counter("final/leaves", "leaves afterwards", "leaves", "Leaves of the finished trees, by level.", OUTCOME, true),
  counter(
    "final/tables",
    "tables afterwards",
    "pages",
    "Page tables of the finished trees by level, roots included.",
    OUTCOME,
    true,
  ),
  counter(
    "final/hugeLeft",
    "huge pages left",
    "pages",
    "Leaves above the target level in the range that was to be split.",
    {
      role: "outcome",
      worse: "more",
    },
  ),
];
