import { byLevel, type Counts, count, newTally, resetTally, type Tally, tallyCounts } from "../counters.js";
import { leafWalk, walkCounters } from "./counters.js";
import { allLevels, LEVELS } from "./counts.js";
import { FAULT_MAINTENANCE } from "./maintenance.js";

/**
 * What guests do and what their faults cost, named as in the golden flows. A counter is its line
 * here; see `CounterTable`.
 */
export const GUEST_COUNTERS = {
  reads: count("reads", "reads", "accesses", "cost", "Reads by guests."),
  writes: count("writes", "writes", "accesses", "cost", "Writes by guests."),
  translationRead: byLevel(
    "faults/translationRead",
    "translation faults of reads",
    "faults",
    "cost",
    "Reads of what is not mapped, by the level at which the hardware walk stopped.",
  ),
  translationWrite: byLevel(
    "faults/translationWrite",
    "translation faults of writes",
    "faults",
    "cost",
    "Writes to what is not mapped, by the level at which the hardware walk stopped.",
  ),
  permissionWrite: byLevel(
    "faults/permissionWrite",
    "permission faults of writes",
    "faults",
    "cost",
    "Writes to what is write-protected, by the level of the leaf.",
  ),
  mapCalls: byLevel("map/calls", "maps", "calls", "cost", "Leaves mapped by faults, by target level."),
  map: walkCounters("map", "map walk"),
  relaxCalls: byLevel(
    "relax/calls",
    "permissions relaxed",
    "calls",
    "cost",
    "Leaves made writable by faults, by target level.",
  ),
  relax: leafWalk("relax", "relax walk"),
  tlbi: byLevel(
    "tlbi",
    "TLBIs by IPA, faults",
    "TLBIs",
    "cost",
    "Broadcast invalidations by IPA in faults, by level of the block broken.",
  ),
  tlbiLocal: byLevel(
    "tlbiLocal",
    "local TLBIs",
    "TLBIs",
    "cost",
    "Invalidations by IPA of one CPU alone, by level of the leaf relaxed.",
  ),
  tlbiRange: count(
    "tlbiRange",
    "TLBIs of a range, faults",
    "TLBIs",
    "cost",
    "Invalidations of a range: one per collapse, over the span of the new block.",
  ),
  freeWalk: walkCounters("freeWalk", "walk over subtrees that a block has replaced"),
  tablesAllocated: count(
    "tablesAllocated",
    "table pages allocated, faults",
    "pages",
    "cost",
    "Table pages taken from the vCPU's cache.",
  ),
  tablesFreed: count("tablesFreed", "table pages freed", "pages", "cost", "Table pages of subtrees that are gone."),
  topupCalls: count("topup/calls", "checks of a vCPU's cache", "calls", "cost", "Times a fault checked its cache."),
  topupFills: count("topup/fills", "fills of a vCPU's cache", "fills", "cost", "Checks that found too few pages."),
  topupPages: count("topup/pages", "pages to vCPUs' caches", "pages", "cost", "Pages put into the vCPUs' caches."),
  dcache: count("cmo/dcache", "data cache cleans", "calls", "cost", "Mappings whose memory was cleaned (no FWB)."),
  icache: count(
    "cmo/icache",
    "instruction cache invalidations",
    "calls",
    "cost",
    "Mappings whose memory was invalidated in the instruction cache (no IDC, no DIC).",
  ),
  dirtyMarked: count("dirty/marked", "pages marked dirty", "pages", "cost", "Granted write faults while logging."),
  maintenance: FAULT_MAINTENANCE,
  dirtyNewlySet: count("dirty/newlySet", "dirty bits set", "pages", "cost", "Those whose dirty bit was not set yet."),
};

export type GuestCounts = Tally<typeof GUEST_COUNTERS>;

export function newGuestCounts(): GuestCounts {
  return newTally(GUEST_COUNTERS, LEVELS);
}

export function resetGuestCounts(counts: GuestCounts): void {
  resetTally(GUEST_COUNTERS, counts);
}

/** With the names and nesting of a guest step of the golden flows; zeros are there. */
export function guestCountsJson(counts: GuestCounts): Counts {
  return tallyCounts(GUEST_COUNTERS, counts, allLevels);
}

/** What the ioctls of a step did with bitmaps. */
export const IOCTL_COUNTERS = {
  ioctls: count("ioctls", "ioctls", "ioctls", "cost", "One per slot for enable, get, clear and disable."),
  masks: count("masks", "64-page words", "words", "cost", "64-page words acted on."),
  maskBits: count("maskBits", "bits in words", "pages", "cost", "Bits set in them."),
  maskSpan: count("maskSpan", "pages in words", "pages", "cost", "The sum of their spans, from first to last bit."),
  dirtyReturned: count("dirtyReturned", "dirty pages returned", "pages", "cost", "Bits in the bitmaps returned."),
  splitCacheFreed: count(
    "splitCacheFreed",
    "pages freed",
    "pages",
    "cost",
    "Pages in the split cache when logging was disabled.",
  ),
};

export type IoctlCounts = Tally<typeof IOCTL_COUNTERS>;

export function newIoctlCounts(): IoctlCounts {
  return newTally(IOCTL_COUNTERS, LEVELS);
}

export function resetIoctlCounts(counts: IoctlCounts): void {
  resetTally(IOCTL_COUNTERS, counts);
}

export function ioctlCountsJson(counts: IoctlCounts): Counts {
  return tallyCounts(IOCTL_COUNTERS, counts, allLevels);
}
