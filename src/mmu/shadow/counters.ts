import type { CounterDeclaration } from "../counters.js";

function counter(
  path: string,
  label: string,
  unit: string,
  doc: string,
  role: "cost" | "outcome" = "cost",
): CounterDeclaration {
  return { path, byLevel: false, label, unit, role, ...(role === "outcome" ? { worse: "different" } : {}), doc };
}

/** Every counter of nested eager splitting, in the order of tables and exports. */
export const shadowCounters: readonly CounterDeclaration[] = [
  counter("attempts", "attempts", "attempts", "Tries to split a huge page: splits and top-ups."),
  counter(
    "topupCalls",
    "top-ups",
    "calls",
    "Times the caches were topped up; only a cache below its minimum is filled.",
  ),
  counter("mmuLockDrops", "lock drops", "drops", "Times mmu_lock was dropped for a top-up or a resched."),
  counter("splits2m", "2M pages split", "splits", "Huge SPTEs of level 2 split.", "outcome"),
  counter("splits1g", "1G pages split", "splits", "Huge SPTEs of level 3 split.", "outcome"),
  counter(
    "newShadowPages",
    "shadow pages made",
    "pages",
    "Tables made by splits; a second parent of the same role uses the first's.",
  ),
  counter("descAllocated", "descriptors allocated", "descriptors", "Reverse-map descriptors put into the cache."),
  counter(
    "descConsumed",
    "descriptors used",
    "descriptors",
    "Descriptors taken from the cache: only frames that are mapped more than once need any.",
  ),
  counter(
    "descLeft",
    "descriptors left",
    "descriptors",
    "Descriptors that remain in the cache, allocated for nothing so far.",
  ),
  counter(
    "descFreed",
    "descriptors freed",
    "descriptors",
    "Descriptors emptied by removals, those of the input included.",
    "outcome",
  ),
  counter("headerAllocated", "headers allocated", "headers", "Page headers put into their cache."),
  counter("headerLeft", "headers left", "headers", "Page headers that remain."),
  counter("pageAllocated", "pages allocated", "pages", "Pages put into their cache."),
  counter("pageLeft", "pages left", "pages", "Pages that remain."),
  counter("tlbFlushes", "TLB flushes", "flushes", "Flushes of remote TLBs: none."),
  {
    path: "final/hugeLeft",
    byLevel: false,
    label: "huge SPTEs left",
    unit: "SPTEs",
    role: "outcome",
    worse: "more",
    doc: "SPTEs above the target level that are still there: where no more MMU pages could be made.",
  },
];
