import type { Counts } from "../counters.js";
import { type GStageGeometry, MOST_LEVELS } from "./geometry.js";

/** A number for each level, 0 to 4. */
export type ByLevel = Float64Array;

export function byLevelArray(): ByLevel {
  return new Float64Array(MOST_LEVELS);
}

/** By level from the root's to 0, as in the golden files. */
export function levelsJson(values: ByLevel, { rootLevel }: GStageGeometry): Record<string, number> {
  const out: Record<string, number> = {};
  for (let level = rootLevel; level >= 0; level--) out[level] = values[level]!;
  return out;
}

/** What write-protecting costs. */
export class WriteProtectCounts {
  /** Slots, or non-zero words. */
  calls = 0;
  lookups = 0;
  readonly inspected = byLevelArray();
  /** Lookups by the level where they stopped: at a leaf, or at an empty entry. */
  readonly found = byLevelArray();
  readonly missing = byLevelArray();
  readonly stores = byLevelArray();
  /** Stores that took a write permission away: the only ones that ask for a flush. */
  readonly changed = byLevelArray();

  reset(): void {
    this.calls = this.lookups = 0;
    for (const values of [this.inspected, this.found, this.missing, this.stores, this.changed]) values.fill(0);
  }

  get anyChanged(): number {
    return this.changed.reduce((sum, n) => sum + n, 0);
  }

  json(geometry: GStageGeometry) {
    return {
      calls: this.calls,
      lookups: this.lookups,
      inspected: levelsJson(this.inspected, geometry),
      found: levelsJson(this.found, geometry),
      missing: levelsJson(this.missing, geometry),
      stores: levelsJson(this.stores, geometry),
      changed: levelsJson(this.changed, geometry),
    } satisfies Counts;
  }
}

/** What splitting costs. */
export class SplitCounts {
  /** Calls of the split loop. */
  ranges = 0;
  /** Steps of the loop, each with one poll of need_resched. */
  steps = 0;
  readonly inspected = byLevelArray();
  readonly splits = byLevelArray();
  childStores = 0;
  tablesAllocated = 0;
  lockDrops = 0;
  lockDropsForResched = 0;
  /** Top-ups of the split cache that added pages, and the pages. */
  topups = 0;
  topupPages = 0;
  /** Lock drops with splits made earlier that had no flush of any kind since, and the most such splits at one drop. */
  staleDrops = 0;
  staleSplits = 0;

  reset(): void {
    this.ranges = this.steps = this.childStores = this.tablesAllocated = 0;
    this.lockDrops = this.lockDropsForResched = this.topups = this.topupPages = 0;
    this.staleDrops = this.staleSplits = 0;
    this.inspected.fill(0);
    this.splits.fill(0);
  }

  json(geometry: GStageGeometry, cacheLeft: number) {
    return {
      ranges: this.ranges,
      steps: this.steps,
      inspected: levelsJson(this.inspected, geometry),
      splits: levelsJson(this.splits, geometry),
      childStores: this.childStores,
      tablesAllocated: this.tablesAllocated,
      lockDrops: this.lockDrops,
      lockDropsForResched: this.lockDropsForResched,
      topups: this.topups,
      topupPages: this.topupPages,
      cacheLeft,
      staleDrops: this.staleDrops,
      staleSplits: this.staleSplits,
    } satisfies Counts;
  }
}
