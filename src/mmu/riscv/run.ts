import type { RunOptions, RunOutcome } from "../contract.js";
import type { Counts } from "../counters.js";
import type { Finding } from "../finding.js";
import { pagesIn, takesDigest } from "../flow/slots.js";
import { type Aftermath, afterDisable } from "./afterDisable.js";
import { levelsJson, walkCountsJson } from "./counts.js";
import { drive } from "./dirtyLog.js";
import { formatGfn } from "./geometry.js";
import { GStage, type GStageSetup } from "./gstage.js";
import { type Layout, WHOLE_TREE_PAGES } from "./layout.js";
import { linkedTables } from "./scan.js";
import type { GStageStrategy } from "./strategy.js";
import { REGION_PAGES, RegionedGuest, type TreeSummary } from "./windows.js";

/** A finished run, before it is made into counts. */
export interface RiscvRun {
  readonly layout: Layout;
  readonly gstage: GStage;
  readonly regions: RegionedGuest;
  /** Table pages linked in the finished tree, root excluded. */
  readonly linked: number;
  /** What followed once logging was turned off, if anything did. */
  readonly after: Aftermath | null;
}

export function setupOf(layout: Layout): GStageSetup {
  const { geometry, mode, reschedEvery } = layout;
  return { geometry, clearing: mode === "clear", reschedEvery };
}

/**
 * Simulates one layout under one strategy. @param attach sees the G-stage before anything is done
 * with it
 */
export function simulate(
  layout: Layout,
  strategy: GStageStrategy,
  options: RunOptions = {},
  attach?: (gstage: GStage) => void,
): RiscvRun {
  const gstage = new GStage(setupOf(layout), strategy.rules);
  attach?.(gstage);
  const { regions, whole } = guestFor(gstage, layout, options);
  if (whole) regions.buildAll();
  drive(gstage, layout, regions.windows);
  regions.finishAll();
  const linked = whole ? linkedTables(layout.geometry, gstage.mem) : regions.final.tables;
  const after = layout.after === null ? null : afterDisable(gstage, layout, layout.after);
  return { layout, gstage, regions, linked, after };
}

/**
 * A guest kept whole or by regions: as asked, else by size. Kept whole are a leaf of 512G, as no
 * region holds it, and what is used on.
 */
function guestFor(gstage: GStage, layout: Layout, options: RunOptions) {
  const giant = layout.after !== null || layout.slots.some(({ segments }) => segments.some(({ level }) => level > 2));
  const bySize = pagesIn(layout.slots) <= WHOLE_TREE_PAGES ? Number.POSITIVE_INFINITY : REGION_PAGES * 4096;
  const whole = giant || (options.windowBytes ?? bySize) === Number.POSITIVE_INFINITY;
  const digest = takesDigest(layout.slots, whole, options.digest);
  const regionPages = whole ? Number.POSITIVE_INFINITY : REGION_PAGES;
  return { regions: new RegionedGuest(gstage, layout, regionPages, digest, options.onProgress), whole };
}

export function outcomeOf(run: RiscvRun): RunOutcome {
  return { initial: initialJson(run), counts: countsJson(run), findings: findingsOf(run), notes: notesOf(run) };
}

/** As `initial` in the golden files. */
export function initialJson({ layout, regions: { initial } }: RiscvRun): Counts {
  const { geometry } = layout;
  return {
    rootLevel: geometry.rootLevel,
    rootEntries: 2048,
    npages: pagesIn(layout.slots),
    leaves: levelsJson(initial.leaves, geometry),
    writable: levelsJson(initial.writable, geometry),
    tables: initial.tables,
    digest: initial.digest,
  };
}

/**
 * As `expected[strategy]` in the golden files, with the digest of the flushes in the place of the
 * list of them.
 */
export function countsJson({ gstage, regions, after }: RiscvRun): Counts {
  return {
    ...workJson(gstage),
    flush: gstage.flushes.json(),
    final: finalJson(gstage, regions.final),
    ...(after === null ? {} : { after: after.counts }),
  };
}

/** What the work cost, without flushes. */
export function workJson(gstage: GStage): Counts {
  return walkCountsJson(gstage.counts, gstage.geometry, gstage.cache.pages);
}

export function finalJson({ geometry }: GStage, final: TreeSummary): Counts {
  return {
    leaves: levelsJson(final.leaves, geometry),
    writable: levelsJson(final.writable, geometry),
    tables: final.tables,
    unsplitBlocks: final.unsplitBlocks,
    unsplitBytes: final.unsplitBytes,
    firstUnsplitGpa: final.firstUnsplitGfn < 0 ? null : formatGfn(final.firstUnsplitGfn),
    digest: final.digest,
  };
}

/** What is wrong with a finished run, worst first. */
export function findingsOf({ gstage, regions, linked }: RiscvRun): Finding[] {
  const { split, cache } = gstage;
  const { check, initial } = regions;
  const findings: Finding[] = [...check.faults].map(([code, fault]) => ({
    code,
    count: fault.count,
    data: { bytes: fault.bytes, gpa: formatGfn(fault.firstGfn), level: fault.level },
  }));
  const allocated = split.tablesAllocated;
  if (linked - initial.tables !== allocated || split.topupPages !== allocated + cache.pages) {
    const data = { allocated, linked: linked - initial.tables, toppedUp: split.topupPages, cached: cache.pages };
    findings.push({ code: "tables-unaccounted", count: 1, data });
  }
  return findings;
}

/** What is to be told of a run and makes no strategy wrong. */
export function notesOf({ gstage: { split, firstStale }, after }: RiscvRun): Finding[] {
  const notes: Finding[] = [];
  if (firstStale !== null) {
    const data = { splits: split.staleSplits, gpa: formatGfn(firstStale.gfn) };
    notes.push({ code: "stale-drop", count: split.staleDrops, data });
  }
  if (after === null) return notes;
  const { stuck, tablesLost } = after.counts;
  if (stuck > 0) notes.push({ code: "access-stuck", count: stuck, data: { gpa: formatGfn(after.firstStuckGfn) } });
  if (tablesLost > 0) notes.push({ code: "tables-lost", count: tablesLost, data: {} });
  return notes;
}
