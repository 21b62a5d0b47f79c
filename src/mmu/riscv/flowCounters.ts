import { byLevel, type Counts, count, newTally, resetTally, type Tally, tallyCounts } from "../counters.js";
import { levelsJson } from "./counts.js";
import { type GStageGeometry, MAX_LEVELS } from "./geometry.js";

/**
 * What guests do and what their faults cost, each declared once; names are those of the golden
 * flows.
 */
const GUEST = {
  reads: count("reads", "reads", "accesses", "cost", "Accesses that read."),
  writes: count("writes", "writes", "accesses", "cost", "Accesses that write."),
  faults: {
    read: byLevel(
      "faults/read",
      "read faults",
      "faults",
      "cost",
      "Reads that found no leaf, by level of the empty entry.",
    ),
    write: byLevel(
      "faults/write",
      "write faults",
      "faults",
      "cost",
      "Writes that found no leaf, by level of the empty entry.",
    ),
    protect: byLevel(
      "faults/protect",
      "write-protection faults",
      "faults",
      "cost",
      "Writes to a leaf without W, by its level.",
    ),
    repeated: count("faults/repeated", "repeated faults", "faults", "cost", "Second to fourth faults of one access."),
    stuck: count(
      "faults/stuck",
      "accesses that never end",
      "accesses",
      "more",
      "Accesses given up here after the fourth fault; the kernel would go on for ever.",
    ),
  },
  fast: {
    tries: count("fast/tries", "fast path tried", "tries", "cost", "Write faults of logging slots."),
    inspected: byLevel("fast/inspected", "entries inspected, fast path", "entries", "cost", "Entries that it reads."),
    hits: count("fast/hits", "fast path taken", "faults", "cost", "Faults that one store of a page's entry ended."),
    stores: byLevel("fast/stores", "stores, fast path", "stores", "cost", "Entries that it stores."),
  },
  map: {
    calls: byLevel("map/calls", "maps", "calls", "cost", "Faults that map, by target level."),
    lookups: count("map/lookups", "lookups, maps", "lookups", "cost", "Lookups that maps begin with."),
    inspected: byLevel("map/inspected", "entries inspected, maps", "entries", "cost", "Entries of lookup and set."),
    foundAt: byLevel("map/foundAt", "leaves found, maps", "leaves", "cost", "Lookups that stopped at a leaf."),
    missingAt: byLevel("map/missingAt", "empty entries, maps", "entries", "cost", "Lookups that found no leaf."),
    leafStores: byLevel("map/leafStores", "leaf stores, maps", "stores", "cost", "Leaves stored, by target level."),
    tableStores: byLevel("map/tableStores", "tables made, maps", "tables", "cost", "Empty entries given a table."),
    tablesOverwritten: byLevel(
      "map/tablesOverwritten",
      "tables overwritten",
      "tables",
      "more",
      "Tables that a block was stored over: their page and those below are lost.",
    ),
    protUpdates: byLevel(
      "map/protUpdates",
      "rights updated",
      "entries",
      "cost",
      "Entries that mapped the wanted memory already, whose rights were set.",
    ),
    protStores: byLevel("map/protStores", "rights changed", "stores", "cost", "Those whose value changed."),
  },
  topup: {
    calls: count("topup/calls", "cache checks", "calls", "cost", "Checks of a vCPU's page cache."),
    fills: count("topup/fills", "cache top-ups", "top-ups", "cost", "Those that added pages."),
    pages: count("topup/pages", "pages topped up", "pages", "cost", "Pages added."),
  },
  dirty: {
    marked: count("dirty/marked", "pages marked dirty", "pages", "cost", "Granted write faults while logging."),
    newlySet: count("dirty/newlySet", "pages newly dirty", "pages", "cost", "Those whose bit was 0."),
  },
};

const UNMAP = {
  unmap: {
    lookups: count("unmap/lookups", "lookups, unmap", "lookups", "cost", "Lookups of the unmap."),
    inspected: byLevel("unmap/inspected", "entries inspected, unmap", "entries", "cost", "Entries that it reads."),
    found: byLevel("unmap/found", "leaves found, unmap", "leaves", "cost", "Lookups that stopped at a leaf."),
    missing: byLevel("unmap/missing", "empty entries, unmap", "entries", "cost", "Lookups that found no leaf."),
    stores: byLevel("unmap/stores", "leaves cleared", "stores", "cost", "Leaves set to 0; those that reach out stay."),
    reschedPoints: count("unmap/reschedPoints", "yield points, unmap", "points", "cost", "Points between steps."),
  },
};

/** What the ioctls of a step did with bitmaps. */
const IOCTL = {
  ioctls: count("ioctls", "ioctls", "ioctls", "cost", "Ioctls of the step: one a slot."),
  dirtyReturned: count("dirtyReturned", "dirty pages returned", "pages", "cost", "Bits in the bitmaps returned."),
  masks: count("masks", "words acted on", "words", "cost", "Non-zero words of 64 pages."),
  maskBits: count("maskBits", "bits acted on", "pages", "cost", "Bits set in them."),
  maskSpan: count("maskSpan", "pages spanned", "pages", "cost", "From the first to the last bit of each, summed."),
};

export const FLOW_COUNTERS = { guest: GUEST, unmap: UNMAP, ioctl: IOCTL };
type FlowTable = typeof FLOW_COUNTERS;

export type GuestCounts = Tally<typeof GUEST>;
export type UnmapCounts = Tally<typeof UNMAP.unmap>;
export type FlowCounts = Tally<FlowTable>;

export function newFlowCounts(): FlowCounts {
  return newTally(FLOW_COUNTERS, MAX_LEVELS);
}

export function resetFlowCounts(counts: FlowCounts): void {
  resetTally(FLOW_COUNTERS, counts);
}

/** The counts of one kind of step, with zeros. */
export function flowCountsJson<K extends keyof FlowTable>(
  kind: K,
  counts: FlowCounts,
  geometry: GStageGeometry,
): Counts {
  const table = FLOW_COUNTERS[kind] as FlowTable[K];
  return tallyCounts(table, counts[kind] as Tally<typeof table>, (values) => levelsJson(values, geometry));
}
