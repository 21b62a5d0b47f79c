import { type Counts, newTally, resetTally, type Tally, tallyCounts } from "../counters.js";
import { WALK_COUNTERS } from "./counters.js";
import { type GStageGeometry, MAX_LEVELS } from "./geometry.js";

/** A number for each level, 0 to 4. */
export type ByLevel = Float64Array;

export function byLevelArray(): ByLevel {
  return new Float64Array(MAX_LEVELS);
}

/** By level from the root's to 0, as in the golden files. */
export function levelsJson(values: ByLevel, { rootLevel }: GStageGeometry): Record<string, number> {
  const out: Record<string, number> = {};
  for (let level = rootLevel; level >= 0; level--) out[level] = values[level]!;
  return out;
}

/** What write-protecting and splitting cost. */
export type WalkCounts = Tally<typeof WALK_COUNTERS>;

export function newWalkCounts(): WalkCounts {
  return newTally(WALK_COUNTERS, MAX_LEVELS);
}

export function resetWalkCounts(counts: WalkCounts): void {
  resetTally(WALK_COUNTERS, counts);
}

/** With the names and nesting of `expected` in the golden files, without `flush` and `final`. */
export function walkCountsJson(counts: WalkCounts, geometry: GStageGeometry, cacheLeft: number): Counts {
  counts.split.cacheLeft = cacheLeft;
  return tallyCounts(WALK_COUNTERS, counts, (values) => levelsJson(values, geometry));
}
