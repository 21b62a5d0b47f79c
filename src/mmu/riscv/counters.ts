import type { CounterDeclaration } from "../counters.js";

type Judged = Pick<CounterDeclaration, "role" | "worse" | "values">;
const COST: Judged = { role: "cost" };
const MORE: Judged = { role: "outcome", worse: "more" };
const DIFFERENT: Judged = { role: "outcome", worse: "different" };

function count(path: string, label: string, unit: string, doc: string, judged: Judged = COST): CounterDeclaration {
  return { path, byLevel: false, label, unit, ...judged, doc };
}

function byLevel(path: string, label: string, unit: string, doc: string, judged: Judged = COST): CounterDeclaration {
  return { ...count(path, label, unit, doc, judged), byLevel: true };
}

/** Every counter of riscv's enable and clear workloads, named as in the golden files. Levels count upwards: 0 is 4K. */
export const riscvCounters: readonly CounterDeclaration[] = [
  count("writeProtect/calls", "ranges write-protected", "calls", "Slots in enable mode, non-zero words in clear mode."),
  count(
    "writeProtect/lookups",
    "lookups, write-protect",
    "lookups",
    "Lookups of a page from the root; a table walk counts as one.",
  ),
  byLevel(
    "writeProtect/inspected",
    "entries inspected, write-protect",
    "entries",
    "Entries that the write-protect reads, once a level and lookup, by the entry's level.",
  ),
  byLevel("writeProtect/found", "leaves found", "leaves", "Lookups that stopped at a leaf, by its level."),
  byLevel(
    "writeProtect/missing",
    "empty entries found",
    "entries",
    "Lookups that stopped at an empty entry, by level.",
  ),
  byLevel(
    "writeProtect/stores",
    "leaf stores, write-protect",
    "stores",
    "Leaves stored by the write-protect, also those that were read-only already.",
  ),
  byLevel(
    "writeProtect/changed",
    "leaves write-protected",
    "leaves",
    "Stores that took a write permission away; each costs its guest a fault.",
  ),
  count("split/ranges", "ranges to split", "calls", "Calls of the split loop: slots, or non-zero words."),
  count("split/steps", "split steps", "steps", "Steps of the split loop, one poll of need_resched each."),
  byLevel("split/inspected", "entries inspected, split", "entries", "Entries that split walks read, by level."),
  byLevel("split/splits", "leaves split", "splits", "Leaves replaced by a table in one store, by level."),
  count("split/childStores", "child entry stores", "stores", "Entries stored in new tables, 512 each."),
  count("split/tablesAllocated", "table pages used", "pages", "Pages of the split cache that became tables."),
  count(
    "split/lockDrops",
    "mmu_lock drops",
    "drops",
    "Times the split loop dropped mmu_lock, for a poll or for pages.",
  ),
  count("split/lockDropsForResched", "lock drops for resched", "drops", "Those for which the poll was true."),
  count("split/topups", "cache top-ups", "top-ups", "Top-ups of the split cache that added pages."),
  count("split/topupPages", "pages topped up", "pages", "Pages put into the split cache, up to 32."),
  count("split/cacheLeft", "pages left in the cache", "pages", "Pages that stay in the split cache until the VM ends."),
  count(
    "split/staleDrops",
    "lock drops with splits unflushed",
    "drops",
    "Lock drops at which a split made earlier has had no flush of any kind.",
  ),
  count("split/staleSplits", "splits unflushed at one drop", "splits", "The most such splits at one drop."),
  count("flush/requests", "TLB flush requests", "requests", "Flushes asked of all vCPUs."),
  count("flush/hfenceGpa", "fences by address", "fences", "Fences by guest address that one vCPU executes for them."),
  count("flush/hfenceVmidAll", "fences of the whole VMID", "fences", "Full fences that one vCPU executes for them."),
  count("flush/byKind/drop", "flushes before lock drops", "requests", "Flushes of what was split, before a lock drop."),
  count("flush/byKind/memslot", "flushes of a slot", "requests", "Flushes of whole slots, after their work."),
  count("flush/byKind/pte", "flushes of one entry", "requests", "Flushes of one entry, at its level."),
  count("flush/logDigest", "flushes, digest", "digest", "SHA-256 of the flush requests in their order.", {
    ...DIFFERENT,
    values: "digest-or-none",
  }),
  byLevel("final/leaves", "leaves afterwards", "leaves", "Leaves of the finished tree.", DIFFERENT),
  count("final/tables", "tables afterwards", "pages", "Table pages of the finished tree, root excluded.", DIFFERENT),
  count("final/unsplitBlocks", "blocks left unsplit", "blocks", "Leaves above 4K in a range to be split.", MORE),
  count("final/unsplitBytes", "bytes left unsplit", "bytes", "Memory that those leaves map.", MORE),
  count("final/firstUnsplitGpa", "first block left unsplit", "address", "Guest address of the first of them.", {
    ...DIFFERENT,
    values: "address-or-none",
  }),
  count(
    "final/digest",
    "digest of the tree",
    "digest",
    "SHA-256 of the leaves of the finished tree, in address order; null where it was not kept whole.",
    { ...DIFFERENT, values: "digest-or-none" },
  ),
];
