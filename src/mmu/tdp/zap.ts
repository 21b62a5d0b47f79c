import { newTally } from "../counters.js";
import { LEVELS, presentLevels, ZAP_COUNTERS, type ZapCounts } from "./counters.js";
import { type IterSink, NEVER, TdpIter, type YieldSchedule } from "./iter.js";
import { childOf, isTable, PRESENT, type TdpTree } from "./tree.js";
import type { IterVariant } from "./variant.js";
import { plus } from "./walked.js";

/** One pass over a root, with the names of the golden files. */
export interface ZapPass {
  readonly root: number;
  readonly zapLevel: number;
  /** Iterations before any present check; null where the pass never ends. */
  readonly loops: number | null;
  /** Iterations that run the loop body. */
  readonly body: number | null;
  readonly loopsByLevel: Readonly<Record<string, number>>;
  /** Entries that the body set non-present; those in tables below them are not among them. */
  readonly zapped: number;
  readonly spteReads: number | null;
  readonly tablesFreed: number;
  readonly removedPtEntries: number;
  readonly yields: number | null;
  /** Whether the pass goes in a circle. */
  readonly livelock: boolean;
  /** The furthest gfn that a pass in livelock restarts from; otherwise null. */
  readonly livelockGfn: number | null;
}

/** The levels of the passes over a root: a 5-level root has none at level 4. */
export function zapLevels(rootLevel: number): number[] {
  return [1, 2, 3, rootLevel];
}

/**
 * Zaps one root as `tdp_mmu_zap_root` does since Linux 6.13: 4K first, then each higher level, so
 * that no single zap has much to free. Every pass walks [0, 2^(maxphyaddr - 12)) from the root.
 *
 * @param root index of the root, for the passes
 * @param maxphyaddr physical address bits of the host
 * @param afterPass told of each pass when it ends, before the next begins, with the first gfn
 *   beyond its range
 */
export function zapRoot(
  tree: TdpTree,
  variant: IterVariant,
  maxphyaddr: number,
  root = 0,
  schedule: YieldSchedule = NEVER,
  sink: IterSink | null = null,
  afterPass: (pass: ZapPass, end: number) => void = () => {},
): ZapPass[] {
  const iter = new TdpIter(tree, variant);
  iter.sink = sink;
  const end = 2 ** (maxphyaddr - 12);
  return zapLevels(tree.rootLevel).map((zapLevel) => {
    const pass = zapPass(iter, tree, zapLevel, end, root, schedule);
    afterPass(pass, end);
    return pass;
  });
}

function zapPass(
  iter: TdpIter,
  tree: TdpTree,
  zapLevel: number,
  end: number,
  root: number,
  schedule: YieldSchedule,
): ZapPass {
  const { words } = tree;
  let tablesFreed = 0;
  iter.sink?.("pass", iter, { root, zapLevel });
  for (let more = iter.start(0, end, zapLevel, schedule); more; more = iter.next()) {
    if (iter.gated && !iter.enterBody()) continue;
    if ((iter.spte & PRESENT) === 0 || iter.level > zapLevel) continue;
    // A whole run of present entries at once: see TdpIter.runEnd.
    const { at, runEnd } = iter;
    let next = at;
    let freed = 0;
    do {
      const spte = words[next]!;
      if (isTable(spte)) freed += tree.freeTable(childOf(spte));
      next++;
    } while (next < runEnd && (words[next]! & PRESENT) !== 0);
    tree.clearRun(at, next);
    iter.at = next - 1;
    iter.changes += next - at;
    tablesFreed += freed;
    iter.sink?.("zap", iter, { tablesFreed: freed });
  }
  const { livelock } = iter;
  return {
    root,
    zapLevel,
    loops: livelock ? null : iter.loops,
    body: livelock ? null : iter.loops - iter.filtered,
    loopsByLevel: livelock ? {} : presentLevels(iter.loopsAtLevels()),
    zapped: iter.changes,
    spteReads: livelock ? null : iter.reads,
    tablesFreed,
    removedPtEntries: tablesFreed * tree.entries,
    yields: livelock ? null : iter.yields,
    livelock,
    livelockGfn: livelock ? iter.livelockGfn : null,
  };
}

/** Sums of passes; null where one never ends. */
export function zapTotals(passes: readonly ZapPass[]): ZapCounts {
  const counts = newTally(ZAP_COUNTERS, LEVELS);
  for (const pass of passes) {
    counts.loops = plus(counts.loops, pass.loops);
    counts.body = plus(counts.body, pass.body);
    counts.zapped += pass.zapped;
    counts.spteReads = plus(counts.spteReads, pass.spteReads);
    for (const [level, loops] of Object.entries(pass.loopsByLevel)) counts.loopsByLevel[Number(level)]! += loops;
    counts.yields = plus(counts.yields, pass.yields);
    counts.tablesFreed += pass.tablesFreed;
    counts.removedPtEntries += pass.removedPtEntries;
  }
  return counts;
}
