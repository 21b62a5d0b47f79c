import { byLevel, type CounterDeclaration, count, declarationsOf, type Tally, text, upTo } from "../counters.js";

/**
 * Every counter of riscv's enable and clear workloads, named as in the golden files, each declared
 * once: storage, reset, JSON, headings and documentation come from its line. Levels count upwards:
 * 0 is 4K.
 */
const WRITE_PROTECT = {
  calls: count(
    "writeProtect/calls",
    "ranges write-protected",
    "calls",
    "cost",
    "Slots in enable mode, non-zero words in clear mode.",
  ),
  lookups: count(
    "writeProtect/lookups",
    "lookups, write-protect",
    "lookups",
    "cost",
    "Lookups of a page from the root; a call that walks tables counts as one.",
  ),
  inspected: byLevel(
    "writeProtect/inspected",
    "entries inspected, write-protect",
    "entries",
    "cost",
    "Entries that the write-protect reads, once a level and lookup, by the entry's level.",
  ),
  found: upTo(
    "writeProtect/lookups",
    byLevel(
      "writeProtect/found",
      "leaves found, write-protect",
      "leaves",
      "cost",
      "Lookups that stopped at a leaf, by its level.",
    ),
  ),
  missing: byLevel(
    "writeProtect/missing",
    "empty entries found, write-protect",
    "entries",
    "cost",
    "Lookups that stopped at an empty entry, by its level.",
  ),
  stores: byLevel(
    "writeProtect/stores",
    "leaf stores, write-protect",
    "stores",
    "cost",
    "Leaves stored by the write-protect, also those that were read-only already.",
  ),
  changed: upTo(
    "writeProtect/found",
    byLevel(
      "writeProtect/changed",
      "leaves write-protected",
      "leaves",
      "cost",
      "Stores that took a write permission away: the next write to each leaf faults.",
    ),
  ),
};

const SPLIT = {
  ranges: count(
    "split/ranges",
    "ranges to split",
    "calls",
    "cost",
    "Calls of the split loop: slots in enable mode, non-zero words in clear mode.",
  ),
  steps: count(
    "split/steps",
    "split steps",
    "steps",
    "cost",
    "Steps of the split loop, each with one poll of need_resched.",
  ),
  inspected: byLevel(
    "split/inspected",
    "entries inspected, split",
    "entries",
    "cost",
    "Entries that split walks read, by the entry's level.",
  ),
  splits: byLevel(
    "split/splits",
    "leaves split",
    "splits",
    "cost",
    "Leaves replaced by a table in one store, by level.",
  ),
  childStores: count(
    "split/childStores",
    "child entry stores",
    "stores",
    "cost",
    "Entries stored in new tables, 512 each, before they are linked.",
  ),
  tablesAllocated: count(
    "split/tablesAllocated",
    "table pages allocated",
    "pages",
    "cost",
    "Pages of a cache that became tables by a split.",
  ),
  lockDrops: count(
    "split/lockDrops",
    "mmu_lock drops",
    "drops",
    "cost",
    "Times the split loop dropped mmu_lock, for a poll or for pages.",
  ),
  lockDropsForResched: count(
    "split/lockDropsForResched",
    "mmu_lock drops for resched",
    "drops",
    "cost",
    "Lock drops for which the poll of need_resched was true.",
  ),
  topups: count("split/topups", "cache top-ups", "top-ups", "cost", "Top-ups of the split cache that added pages."),
  topupPages: count(
    "split/topupPages",
    "pages topped up",
    "pages",
    "cost",
    "Pages put into the split cache, each time up to 32.",
  ),
  cacheLeft: count(
    "split/cacheLeft",
    "pages left in the cache",
    "pages",
    "cost",
    "Pages that stay in the split cache until the VM ends.",
  ),
  staleDrops: upTo(
    "split/lockDrops",
    count(
      "split/staleDrops",
      "mmu_lock drops with splits unflushed",
      "drops",
      "cost",
      "Lock drops at which a split made earlier has had no flush of any kind since.",
    ),
  ),
  staleSplits: count(
    "split/staleSplits",
    "splits unflushed at one drop",
    "splits",
    "cost",
    "The most splits without a flush since at one lock drop.",
  ),
};

const FLUSH = {
  requests: count("flush/requests", "TLB flushes", "requests", "cost", "Flushes asked of all vCPUs."),
  hfenceGpa: count(
    "flush/hfenceGpa",
    "fences by address",
    "fences",
    "cost",
    "Fences by guest physical address that each vCPU executes for the flushes.",
  ),
  hfenceVmidAll: count(
    "flush/hfenceVmidAll",
    "fences of the whole VMID",
    "fences",
    "cost",
    "Full fences that each vCPU executes, for flushes of more than 512 pages.",
  ),
  drop: count(
    "flush/byKind/drop",
    "flushes before lock drops",
    "requests",
    "cost",
    "Flushes of what was split since the last one, before mmu_lock is dropped.",
  ),
  memslot: count("flush/byKind/memslot", "flushes of a slot", "requests", "cost", "Flushes of whole memslots."),
  pte: count("flush/byKind/pte", "flushes of one entry", "requests", "cost", "Flushes of one entry, at its level."),
  logDigest: text(
    "digest-or-none",
    "flush/logDigest",
    "flushes, digest",
    "digest",
    "different",
    "SHA-256 over the flushes in their order: kind, first frame, pages, order.",
  ),
};

const FINAL = {
  leaves: byLevel("final/leaves", "leaves afterwards", "leaves", "different", "Leaves of the finished tree, by level."),
  tables: count(
    "final/tables",
    "tables afterwards",
    "pages",
    "different",
    "Table pages of the finished tree, root excluded.",
  ),
  unsplitBlocks: count(
    "final/unsplitBlocks",
    "blocks left unsplit",
    "blocks",
    "more",
    "Leaves above 4K that meet a range that is to be split: slots, or words from first to last bit.",
  ),
  unsplitBytes: count("final/unsplitBytes", "memory left unsplit", "bytes", "more", "Memory that those leaves map."),
  firstUnsplitGpa: text(
    "address-or-none",
    "final/firstUnsplitGpa",
    "first block left unsplit",
    "address",
    "different",
    "Guest physical address of the first of those leaves; null where there is none.",
  ),
  digest: text(
    "digest-or-none",
    "final/digest",
    "digest of the tree",
    "digest",
    "different",
    "SHA-256 over the leaves of the finished tree in address order; null where it was not kept whole.",
  ),
};

const AFTER = {
  writes: count("after/writes", "writes after disabling", "writes", "cost", "Guest's writes once logging is off."),
  faults: count("after/faults", "faults after disabling", "faults", "cost", "Faults of these writes."),
  stuck: count(
    "after/stuck",
    "writes that never end",
    "writes",
    "more",
    "Writes given up here after four faults: the kernel's code would fault for ever.",
  ),
  tablesLost: count(
    "after/tablesLost",
    "table pages lost",
    "pages",
    "more",
    "Table pages that are neither freed nor reachable once the VM has ended.",
  ),
};

/**
 * What the walks of a run count in; flushes are counted by their log, the finished tree where it is
 * summed up.
 */
export const WALK_COUNTERS = { writeProtect: WRITE_PROTECT, split: SPLIT };
export type WriteProtectCounts = Tally<typeof WRITE_PROTECT>;
export type SplitCounts = Tally<typeof SPLIT>;

export const riscvCounters: readonly CounterDeclaration[] = declarationsOf({
  ...WALK_COUNTERS,
  flush: FLUSH,
  final: FINAL,
  after: AFTER,
});
