import type { Geometry } from "../../guest/geometry.js";
import { type Counts, newTally, resetTally, tallyCounts } from "../counters.js";
import { STAGE2_COUNTERS, type Stage2Counts, type WalkCounts, walkCounters } from "./counters.js";

export type { Stage2Counts, WalkCounts } from "./counters.js";

/** Levels 0 to 3. Arrays by level are of doubles: a 16 TiB guest has more than 2^32 entries. */
export const LEVELS = 4;

/** Everything that ioctls count while a tree is driven, at zero. */
export function newStage2Counts(): Stage2Counts {
  return newTally(STAGE2_COUNTERS, LEVELS);
}

export function resetStage2Counts(counts: Stage2Counts): void {
  resetTally(STAGE2_COUNTERS, counts);
}

/** What one walk counts, at zero: for walks that no result tells of. */
export function newWalkCounts(): WalkCounts {
  return newTally(walkCounters("", "walk"), LEVELS);
}

/** Levels as keys, from the start level to 3. */
export function byLevel(values: Float64Array, geometry: Geometry): Record<string, number> {
  const out: Record<string, number> = {};
  for (let level = geometry.startLevel; level < LEVELS; level++) out[level] = values[level]!;
  return out;
}

/** Levels as keys, from 0 to 3, whatever the start level. */
export function allLevels(values: Float64Array): Record<string, number> {
  return Object.fromEntries(values.entries());
}

/**
 * The counts with the names and nesting of `expected` in the golden files, without `final`; in
 * their order too.
 */
export function countsJson(counts: Stage2Counts, geometry: Geometry, cacheLeft: number): Counts {
  counts.cacheLeft = cacheLeft;
  const { writeProtect, ...rest } = tallyCounts(STAGE2_COUNTERS, counts, (values) => byLevel(values, geometry));
  return { writeProtect: writeProtect!, ...rest };
}
