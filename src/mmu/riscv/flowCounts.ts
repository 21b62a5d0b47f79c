import type { Counts } from "../counters.js";
import { byLevelArray, levelsJson } from "./counts.js";
import type { GStageGeometry } from "./geometry.js";

/** What guests do and what their faults cost, by level where it says so. Names are those of the golden flows. */
export class GuestCounts {
  reads = 0;
  writes = 0;
  /** Faults by the level where the hardware's walk stopped, at an empty entry (read, write) or at a leaf without W. */
  readonly read = byLevelArray();
  readonly write = byLevelArray();
  readonly protect = byLevelArray();
  /** Second to fourth faults of an access, and accesses given up after the fourth. */
  repeated = 0;
  stuck = 0;
  fastTries = 0;
  readonly fastInspected = byLevelArray();
  fastHits = 0;
  readonly fastStores = byLevelArray();
  /** By target level. */
  readonly mapCalls = byLevelArray();
  mapLookups = 0;
  readonly mapInspected = byLevelArray();
  readonly foundAt = byLevelArray();
  readonly missingAt = byLevelArray();
  readonly leafStores = byLevelArray();
  readonly tableStores = byLevelArray();
  readonly tablesOverwritten = byLevelArray();
  readonly protUpdates = byLevelArray();
  readonly protStores = byLevelArray();
  topupCalls = 0;
  topupFills = 0;
  topupPages = 0;
  dirtyMarked = 0;
  dirtyNewlySet = 0;

  reset(): void {
    Object.assign(this, { reads: 0, writes: 0, repeated: 0, stuck: 0, fastTries: 0, fastHits: 0, mapLookups: 0 });
    Object.assign(this, { topupCalls: 0, topupFills: 0, topupPages: 0, dirtyMarked: 0, dirtyNewlySet: 0 });
    for (const values of [
      ...[this.read, this.write, this.protect, this.fastInspected, this.fastStores, this.mapCalls, this.mapInspected],
      ...[this.foundAt, this.missingAt, this.leafStores, this.tableStores, this.tablesOverwritten],
      ...[this.protUpdates, this.protStores],
    ]) {
      values.fill(0);
    }
  }

  /** With zeros. */
  json(geometry: GStageGeometry): Counts {
    const levels = (values: Float64Array) => levelsJson(values, geometry);
    return {
      reads: this.reads,
      writes: this.writes,
      faults: {
        read: levels(this.read),
        write: levels(this.write),
        protect: levels(this.protect),
        repeated: this.repeated,
        stuck: this.stuck,
      },
      fast: {
        tries: this.fastTries,
        inspected: levels(this.fastInspected),
        hits: this.fastHits,
        stores: levels(this.fastStores),
      },
      map: {
        calls: levels(this.mapCalls),
        lookups: this.mapLookups,
        inspected: levels(this.mapInspected),
        foundAt: levels(this.foundAt),
        missingAt: levels(this.missingAt),
        leafStores: levels(this.leafStores),
        tableStores: levels(this.tableStores),
        tablesOverwritten: levels(this.tablesOverwritten),
        protUpdates: levels(this.protUpdates),
        protStores: levels(this.protStores),
      },
      topup: { calls: this.topupCalls, fills: this.topupFills, pages: this.topupPages },
      dirty: { marked: this.dirtyMarked, newlySet: this.dirtyNewlySet },
    };
  }
}

/** What an unmap costs. */
export class UnmapCounts {
  lookups = 0;
  readonly inspected = byLevelArray();
  readonly found = byLevelArray();
  readonly missing = byLevelArray();
  readonly stores = byLevelArray();
  /** Points between steps where the lock may be yielded. */
  reschedPoints = 0;

  reset(): void {
    this.lookups = this.reschedPoints = 0;
    for (const values of [this.inspected, this.found, this.missing, this.stores]) values.fill(0);
  }

  json(geometry: GStageGeometry): Counts {
    return {
      lookups: this.lookups,
      inspected: levelsJson(this.inspected, geometry),
      found: levelsJson(this.found, geometry),
      missing: levelsJson(this.missing, geometry),
      stores: levelsJson(this.stores, geometry),
      reschedPoints: this.reschedPoints,
    };
  }
}
