import { newTally } from "../counters.js";
import { LEVELS, SPLIT_COUNTERS, type SplitCounts } from "./counters.js";
import { eachLeaf } from "./inspect.js";
import { type IterSink, NEVER, TdpIter, type YieldSchedule } from "./iter.js";
import { DIRTY, isLeaf, type TdpTree, WRITABLE } from "./tree.js";
import type { IterVariant } from "./variant.js";
import { addWalk, plus } from "./walked.js";

/** How a split is made. */
export interface SplitOptions {
  /** Huge pages are split down to this level: 1 (4K) or 2 (2M). */
  readonly targetLevel: number;
  readonly schedule?: YieldSchedule;
  /**
   * False: allocate with the lock held, so that no allocation restarts the walk; what the restarts
   * cost is the difference. Default true.
   */
  readonly dropLockToAllocate?: boolean;
  readonly sink?: IterSink | null;
  /** An iterator of this tree and variant to be used again, for many splits in a row. */
  readonly iter?: TdpIter;
  /** What the split adds to; left out: zeros. */
  readonly counts?: SplitCounts;
}

/** What was counted, and how the walk ended. */
export interface SplitOutcome {
  readonly counts: SplitCounts;
  /** The furthest gfn that a walk in livelock restarts from; otherwise null. */
  readonly livelockGfn: number | null;
}

/**
 * Splits the huge pages of a root in [start, end), as `tdp_mmu_split_huge_pages_root` does (Linux
 * 7.3): a walk with min_level = target level + 1. Each huge entry is split one level at a time; the
 * table for it is allocated with mmu_lock dropped, after which the walk restarts at the root, and
 * is kept until a split uses it.
 */
export function splitRoot(
  tree: TdpTree,
  variant: IterVariant,
  start: number,
  end: number,
  options: SplitOptions,
): SplitOutcome {
  const { targetLevel, dropLockToAllocate = true } = options;
  tree.reserve(tablesToSplit(tree, start, end, targetLevel));
  const iter = options.iter ?? new TdpIter(tree, variant);
  iter.sink = options.sink ?? null;
  const counts = options.counts ?? newTally(SPLIT_COUNTERS, LEVELS);
  let spAllocs = 0;
  let kept = -1;
  for (let more = iter.start(start, end, targetLevel + 1, options.schedule ?? NEVER); more; more = iter.next()) {
    if (iter.gated && !iter.enterBody()) continue;
    if (!isLeaf(iter.spte) || iter.level <= targetLevel) continue;
    if (kept < 0) {
      kept = tree.allocate(iter.level - 1);
      spAllocs++;
      iter.changes++;
      if (dropLockToAllocate) {
        iter.sink?.("lock-drop", iter, { why: "page table" });
        options.schedule?.dropped?.(iter);
        iter.restartAtMark();
        continue;
      }
    }
    if (iter.gated && iter.lostRace()) continue;
    if (iter.level === 2) counts.split2m++;
    else counts.split1g++;
    splitLeaf(tree, iter.at, iter.level, kept);
    kept = -1;
    iter.changes++;
    iter.sink?.("split", iter, {});
  }
  if (kept >= 0) tree.freeTable(kept);
  const drops = dropLockToAllocate ? spAllocs : 0;
  const yields = addWalk(counts, iter);
  counts.spAllocs += spAllocs;
  counts.mmuLockDropsForAlloc += drops;
  counts.mmuLockDropsTotal = plus(counts.mmuLockDropsTotal, plus(drops, yields));
  counts.reschedYields = plus(counts.reschedYields, yields);
  return { counts, livelockGfn: iter.livelock ? iter.livelockGfn : null };
}

/**
 * Loops of the same walk on a tree that needs no splitting any more, or for what it would be
 * without restarts.
 */
export function splitLoops(
  tree: TdpTree,
  variant: IterVariant,
  start: number,
  end: number,
  targetLevel: number,
): number | null {
  return splitRoot(tree.clone(), variant, start, end, { targetLevel, dropLockToAllocate: false }).counts.loops;
}

/** Tables that a split of [start, end) down to a level takes. */
export function tablesToSplit(tree: TdpTree, start: number, end: number, targetLevel: number): number {
  const { pages } = tree.geometry;
  let tables = 0;
  const count = (_at: number, level: number): void => {
    for (let from = level; from > targetLevel; from--) tables += pages[level]! / pages[from]!;
  };
  eachLeaf(tree, count, start, end, targetLevel + 1);
  return tables + 1;
}

/** Replaces a huge leaf by a table of leaves of the next level, with its frames and permissions. */
export function splitLeaf(tree: TdpTree, at: number, level: number, table: number): void {
  const flags = tree.words[at]! & (WRITABLE | DIRTY);
  const pfn = tree.pfns[at]!;
  const pages = tree.geometry.pages[level - 1]!;
  const { entries } = tree;
  tree.levels[table / entries] = level - 1;
  for (let i = 0; i < entries; i++) tree.setLeaf(table + i, pfn + i * pages, flags);
  tree.setTable(at, table);
}
