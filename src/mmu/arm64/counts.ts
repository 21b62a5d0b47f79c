import type { Geometry } from "../../guest/geometry.js";
import type { Counts } from "../counters.js";

/**
 * What one kind of walk does, by level (index 0 to 3). Float64Array: a 16 TiB guest has more than 2^32 entries.
 * Meanings are in the declarations of MMUs/arm64Counters.ts.
 */
export class WalkCounts {
  readonly inspected = new Float64Array(4);
  readonly visitsValid = new Float64Array(4);
  readonly visitsInvalid = new Float64Array(4);
  /** Visits of tables, before (TABLE_PRE) or after (TABLE_POST) what is below them; no walk asks for both. */
  readonly visitsTable = new Float64Array(4);
  pteStores = 0;

  reset(): void {
    this.inspected.fill(0);
    this.visitsValid.fill(0);
    this.visitsInvalid.fill(0);
    this.visitsTable.fill(0);
    this.pteStores = 0;
  }
}

/** Everything that a tree counts while it is driven. */
export class Stage2Counts {
  readonly writeProtect = new WalkCounts();
  readonly split = new WalkCounts();
  /** The unlinked building of subtrees while splitting. */
  readonly nested = new WalkCounts();
  writeProtectRanges = 0;
  writeProtectWalks = 0;
  splitCalls = 0;
  splitWalks = 0;
  /** Broadcast invalidations by IPA, by level of the entry broken. */
  readonly tlbi = new Float64Array(4);
  readonly tlbiWrongIpa = new Float64Array(4);
  tablesAllocated = 0;
  topups = 0;
  topupPages = 0;
  lockDrops = 0;
  returnCode = 0;
  flushMemslot = 0;
  flushRangeCalls = 0;

  reset(): void {
    this.writeProtect.reset();
    this.split.reset();
    this.nested.reset();
    this.tlbi.fill(0);
    this.tlbiWrongIpa.fill(0);
    this.writeProtectRanges = this.writeProtectWalks = 0;
    this.splitCalls = this.splitWalks = 0;
    this.tablesAllocated = 0;
    this.topups = this.topupPages = this.lockDrops = 0;
    this.returnCode = 0;
    this.flushMemslot = this.flushRangeCalls = 0;
  }
}

/** Levels as keys, from the start level to 3. */
export function byLevel(values: Float64Array, geometry: Geometry): Record<string, number> {
  const out: Record<string, number> = {};
  for (let level = geometry.startLevel; level <= 3; level++) out[level] = values[level]!;
  return out;
}

function walkJson(walk: WalkCounts, geometry: Geometry) {
  return {
    inspected: byLevel(walk.inspected, geometry),
    visits: { valid: byLevel(walk.visitsValid, geometry), invalid: byLevel(walk.visitsInvalid, geometry) },
    pteStores: walk.pteStores,
  };
}

/** The counts with the names and nesting of `expected` in the golden files, without `final`. */
export function countsJson(counts: Stage2Counts, geometry: Geometry, cacheLeft: number) {
  return {
    writeProtect: {
      ranges: counts.writeProtectRanges,
      walks: counts.writeProtectWalks,
      reschedPoints: counts.writeProtectWalks - counts.writeProtectRanges,
      ...walkJson(counts.writeProtect, geometry),
    },
    split: {
      calls: counts.splitCalls,
      walks: counts.splitWalks,
      ...walkJson(counts.split, geometry),
      nested: walkJson(counts.nested, geometry),
      tlbi: byLevel(counts.tlbi, geometry),
      tlbiWrongIpa: byLevel(counts.tlbiWrongIpa, geometry),
      tablesAllocated: counts.tablesAllocated,
      topups: counts.topups,
      topupPages: counts.topupPages,
      lockDrops: counts.lockDrops,
      cacheLeft,
      returnCode: counts.returnCode,
    },
    flush: { memslot: counts.flushMemslot, rangeCalls: counts.flushRangeCalls, vmidAll: 0 },
  } satisfies Counts;
}
