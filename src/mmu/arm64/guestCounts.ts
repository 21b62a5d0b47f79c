import type { Counts } from "../counters.js";
import { WalkCounts } from "./counts.js";

/** What guests do and what their faults cost; arrays are by level (index 0 to 3). Names are those of the golden flows. */
export class GuestCounts {
  reads = 0;
  writes = 0;
  /** Faults by the level at which the hardware walk stopped. */
  readonly translationRead = new Float64Array(4);
  readonly translationWrite = new Float64Array(4);
  readonly permissionWrite = new Float64Array(4);
  /** Maps and relaxations by target level. */
  readonly mapCalls = new Float64Array(4);
  readonly relaxCalls = new Float64Array(4);
  readonly map = new WalkCounts();
  readonly relax = new WalkCounts();
  /** The walks over subtrees that a block has replaced. */
  readonly freeWalk = new WalkCounts();
  /** Broadcast, by IPA, by level of the block broken. */
  readonly tlbi = new Float64Array(4);
  /** Not broadcast: of this CPU only. */
  readonly tlbiLocal = new Float64Array(4);
  /** One per collapse, over the span of the new block. */
  tlbiRange = 0;
  /** From the vCPU's page cache. */
  tablesAllocated = 0;
  tablesFreed = 0;
  topupCalls = 0;
  topupFills = 0;
  topupPages = 0;
  dcache = 0;
  icache = 0;
  /** Granted write faults while logging, and those whose dirty bit was not set yet. */
  dirtyMarked = 0;
  dirtyNewlySet = 0;

  reset(): void {
    this.reads = this.writes = 0;
    for (const byLevel of [
      ...[this.translationRead, this.translationWrite, this.permissionWrite],
      ...[this.mapCalls, this.relaxCalls, this.tlbi, this.tlbiLocal],
    ]) {
      byLevel.fill(0);
    }
    for (const walk of [this.map, this.relax, this.freeWalk]) walk.reset();
    this.tlbiRange = this.tablesAllocated = this.tablesFreed = 0;
    this.topupCalls = this.topupFills = this.topupPages = 0;
    this.dcache = this.icache = 0;
    this.dirtyMarked = this.dirtyNewlySet = 0;
  }

  /** With the names and nesting of a guest step of the golden flows; zeros are there. */
  json(): Counts {
    return {
      reads: this.reads,
      writes: this.writes,
      faults: {
        translationRead: levels(this.translationRead),
        translationWrite: levels(this.translationWrite),
        permissionWrite: levels(this.permissionWrite),
      },
      map: { calls: levels(this.mapCalls), ...walkJson(this.map) },
      relax: { calls: levels(this.relaxCalls), ...walkJson(this.relax) },
      tlbi: levels(this.tlbi),
      tlbiLocal: levels(this.tlbiLocal),
      tlbiRange: this.tlbiRange,
      freeWalk: walkJson(this.freeWalk),
      tablesAllocated: this.tablesAllocated,
      tablesFreed: this.tablesFreed,
      topup: { calls: this.topupCalls, fills: this.topupFills, pages: this.topupPages },
      cmo: { dcache: this.dcache, icache: this.icache },
      dirty: { marked: this.dirtyMarked, newlySet: this.dirtyNewlySet },
    };
  }
}

function levels(values: Float64Array): Record<string, number> {
  return { 0: values[0]!, 1: values[1]!, 2: values[2]!, 3: values[3]! };
}

function walkJson(walk: WalkCounts) {
  return {
    inspected: levels(walk.inspected),
    visits: {
      table: levels(walk.visitsTable),
      valid: levels(walk.visitsValid),
      invalid: levels(walk.visitsInvalid),
    },
    pteStores: walk.pteStores,
  };
}
