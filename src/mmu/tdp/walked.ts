import type { TdpIter } from "./iter.js";

/** What every walk counts, of whatever workload. */
interface WalkCounts {
  loops: number | null;
  body: number | null;
  spteReads: number | null;
  readonly loopsByLevel: Float64Array;
}

/**
 * Adds what a walk counted that has ended; one in livelock makes none of it. @returns how often it
 * yielded
 */
export function addWalk(counts: WalkCounts, iter: TdpIter): number | null {
  const ended = !iter.livelock;
  counts.loops = plus(counts.loops, ended ? iter.loops : null);
  counts.body = plus(counts.body, ended ? iter.loops - iter.filtered : null);
  counts.spteReads = plus(counts.spteReads, ended ? iter.reads : null);
  if (!ended) return null;
  const loops = iter.loopsAtLevels();
  for (let level = 0; level < loops.length; level++) counts.loopsByLevel[level]! += loops[level]!;
  return iter.yields;
}

/** A sum that is none where a part is. */
export function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
