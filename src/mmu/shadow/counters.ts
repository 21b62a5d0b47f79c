import { type CounterDeclaration, count, declarationsOf, derived, type Tally, upTo } from "../counters.js";

/**
 * Every counter of nested eager splitting, in the order of tables and exports, named as in the
 * golden files.
 */
export const SHADOW_COUNTERS = {
  attempts: derived<{ splits2m: number; splits1g: number; topupCalls: number }>(
    ({ splits2m, splits1g, topupCalls }) => splits2m + splits1g + topupCalls,
    "attempts",
    "attempts",
    "attempts",
    "cost",
    "Tries to split a huge page: splits and top-ups.",
  ),
  topupCalls: count(
    "topupCalls",
    "top-ups",
    "calls",
    "cost",
    "Times the caches were topped up; only a cache below its minimum is filled.",
  ),
  mmuLockDrops: count(
    "mmuLockDrops",
    "lock drops",
    "drops",
    "cost",
    "Times mmu_lock was dropped for a top-up or a resched.",
  ),
  splits2m: count("splits2m", "2M pages split", "splits", "different", "Huge SPTEs of level 2 split."),
  splits1g: count("splits1g", "1G pages split", "splits", "different", "Huge SPTEs of level 3 split."),
  newShadowPages: count(
    "newShadowPages",
    "shadow pages made",
    "pages",
    "cost",
    "Tables made by splits; a second parent of the same role uses the first's.",
  ),
  descriptors: {
    allocated: count(
      "descAllocated",
      "descriptors allocated",
      "descriptors",
      "cost",
      "Reverse-map descriptors put into the cache.",
    ),
    consumed: upTo(
      "descAllocated",
      count(
        "descConsumed",
        "descriptors used",
        "descriptors",
        "cost",
        "Descriptors taken from the cache: only frames that are mapped more than once need any.",
      ),
    ),
    left: upTo(
      "descAllocated",
      count(
        "descLeft",
        "descriptors left",
        "descriptors",
        "cost",
        "Descriptors that remain in the cache, allocated for nothing so far.",
      ),
    ),
  },
  descFreed: count(
    "descFreed",
    "descriptors freed",
    "descriptors",
    "different",
    "Descriptors emptied by removals, those of the input included.",
  ),
  headers: {
    allocated: count("headerAllocated", "headers allocated", "headers", "cost", "Page headers put into their cache."),
    left: upTo("headerAllocated", count("headerLeft", "headers left", "headers", "cost", "Page headers that remain.")),
  },
  pages: {
    allocated: count("pageAllocated", "pages allocated", "pages", "cost", "Pages put into their cache."),
    left: upTo("pageAllocated", count("pageLeft", "pages left", "pages", "cost", "Pages that remain.")),
  },
  tlbFlushes: count("tlbFlushes", "TLB flushes", "flushes", "cost", "Flushes of remote TLBs: none."),
};

export type ShadowCounts = Tally<typeof SHADOW_COUNTERS>;

const FINAL_COUNTERS = {
  hugeLeft: count(
    "final/hugeLeft",
    "huge SPTEs left",
    "SPTEs",
    "more",
    "SPTEs above the target level that are still there: where no more MMU pages could be made.",
  ),
};

export const shadowCounters: readonly CounterDeclaration[] = [
  ...declarationsOf(SHADOW_COUNTERS),
  ...declarationsOf(FINAL_COUNTERS),
];
