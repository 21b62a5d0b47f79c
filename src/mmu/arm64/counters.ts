import {
  byLevel,
  type CounterDeclaration,
  count,
  declarationsOf,
  derived,
  number,
  type Tally,
  text,
  untold,
  upTo,
} from "../counters.js";
import { IOCTL_MAINTENANCE } from "./maintenance.js";

/**
 * What one kind of walk does. Every walk has the same fields, so that the walk's code sees one kind
 * of object.
 */
export function walkCounters(prefix: string, name: string) {
  const inspected = `${prefix}/inspected`;
  const visits = (kind: string, of: string) => {
    const help = `Calls of the visitor on ${of} in the ${name}, by level.`;
    return upTo(
      inspected,
      byLevel(`${prefix}/visits/${kind}`, `visitor calls on ${of}, ${name}`, "calls", "cost", help),
    );
  };
  return {
    inspected: byLevel(
      inspected,
      `entries inspected, ${name}`,
      "entries",
      "cost",
      `Descriptors read by the ${name}, by level.`,
    ),
    /** Before (TABLE_PRE) or after (TABLE_POST) what is below; no walk asks for both. */
    visitsTable: visits("table", "tables"),
    visitsValid: visits("valid", "valid leaves"),
    visitsInvalid: visits("invalid", "invalid entries"),
    pteStores: count(
      `${prefix}/pteStores`,
      `descriptor stores, ${name}`,
      "stores",
      "cost",
      `Descriptors written by the ${name}; break-before-make writes two.`,
    ),
  };
}

/** A walk that asks for leaves alone. */
export function leafWalk(prefix: string, name: string) {
  const walk = walkCounters(prefix, name);
  return { ...walk, visitsTable: untold(walk.visitsTable) };
}

export type WalkCounts = Tally<ReturnType<typeof walkCounters>>;

/**
 * What ioctls do to a tree, named as in the golden files. A counter is its line here; see
 * `CounterTable`.
 */
export const STAGE2_COUNTERS = {
  splitCalls: count(
    "split/calls",
    "ranges to split",
    "calls",
    "cost",
    "Calls to split a range: one per slot in enable mode, one per non-zero mask in clear mode; also with chunk 0.",
  ),
  splitWalks: count("split/walks", "split walks", "walks", "cost", "Walks of the split visitor: one per chunk."),
  split: leafWalk("split", "split walk"),
  /** The unlinked building of subtrees while splitting. */
  nested: leafWalk("split/nested", "nested building"),
  tlbi: upTo(
    "split/visits/valid",
    byLevel(
      "split/tlbi",
      "TLBIs by IPA",
      "TLBIs",
      "cost",
      "Broadcast invalidations by IPA, by level of the entry broken; each is two broadcasts on hardware.",
    ),
  ),
  tlbiWrongIpa: upTo(
    "split/tlbi",
    byLevel(
      "split/tlbiWrongIpa",
      "TLBIs to a wrong IPA",
      "TLBIs",
      "more",
      "Invalidations whose address lies outside the span of the entry that was broken.",
    ),
  ),
  tablesAllocated: upTo(
    "split/topupPages",
    count("split/tablesAllocated", "table pages allocated", "pages", "cost", "Table pages taken from the split cache."),
  ),
  topups: count(
    "split/topups",
    "cache top-ups",
    "top-ups",
    "cost",
    "Times the split cache held fewer pages than its capacity before a chunk.",
  ),
  topupPages: count("split/topupPages", "pages topped up", "pages", "cost", "Pages put into the split cache."),
  lockDrops: upTo(
    "split/topups",
    count(
      "split/lockDrops",
      "mmu_lock drops",
      "drops",
      "cost",
      "Times mmu_lock was dropped to top the split cache up.",
    ),
  ),
  cacheLeft: count(
    "split/cacheLeft",
    "pages left in the cache",
    "pages",
    "different",
    "Pages in the split cache after the last chunk.",
  ),
  returnCode: number(
    "errno",
    "split/returnCode",
    "return code",
    "errno",
    "different",
    "0, or the first negative errno of a split.",
  ),
  writeProtectRanges: count(
    "writeProtect/ranges",
    "ranges write-protected",
    "ranges",
    "cost",
    "Ranges to write-protect: one per slot in enable mode, one per non-zero mask in clear mode.",
  ),
  writeProtectWalks: count(
    "writeProtect/walks",
    "write-protect walks",
    "walks",
    "cost",
    "Walks of the write-protect visitor: steps of 1G, 32M or 512M.",
  ),
  reschedPoints: derived<{ writeProtectWalks: number; writeProtectRanges: number }>(
    ({ writeProtectWalks, writeProtectRanges }) => writeProtectWalks - writeProtectRanges,
    "writeProtect/reschedPoints",
    "resched points",
    "points",
    "cost",
    "Places between write-protect walks where mmu_lock may be dropped: walks less ranges.",
  ),
  writeProtect: leafWalk("writeProtect", "write-protect walk"),
  flushMemslot: count("flush/memslot", "slot flushes", "flushes", "cost", "Flushes of a whole slot."),
  flushRangeCalls: count(
    "flush/rangeCalls",
    "range flush calls",
    "calls",
    "cost",
    "Pieces of at most 2^21 granule pages in which slots are flushed.",
  ),
  flushVmidAll: count(
    "flush/vmidAll",
    "full VMID flushes",
    "flushes",
    "cost",
    "Flushes of a whole VMID: one per slot without FEAT_TLBIRANGE, else none.",
  ),
  words: count("words", "64-page words", "words", "cost", "Words of dirty bitmaps that were cleared and not zero."),
  longestHold: count(
    "longestHold",
    "longest hold",
    "entries",
    "cost",
    "Most entries that the walks of one ioctl inspect between two points where mmu_lock may be dropped.",
  ),
  maintenance: IOCTL_MAINTENANCE,
};

export type Stage2Counts = Tally<typeof STAGE2_COUNTERS>;

/** What a finished tree is made of. */
export const TREE_COUNTERS = {
  leaves: byLevel(
    "final/leaves",
    "leaves afterwards",
    "leaves",
    "different",
    "Valid leaves of the finished tree, by level.",
  ),
  tables: count(
    "final/tables",
    "tables afterwards",
    "pages",
    "different",
    "Table pages of the finished tree, root excluded.",
  ),
  unsplitBlocks: count(
    "final/unsplitBlocks",
    "blocks afterwards",
    "blocks",
    "more",
    "Valid leaves above level 3 in the finished tree.",
  ),
  unsplitBytes: count(
    "final/unsplitBytes",
    "memory in blocks afterwards",
    "bytes",
    "more",
    "Memory that blocks map in the finished tree.",
  ),
  firstUnsplitIpa: text(
    "address-or-none",
    "final/firstUnsplitIpa",
    "first block afterwards",
    "IPA",
    "different",
    "IPA of the first block of the finished tree, null where there is none.",
  ),
  digest: text(
    "digest-or-none",
    "final/digest",
    "digest of the finished tree",
    "SHA-256",
    "different",
    "SHA-256 over every valid leaf: IPA, level and descriptor; null where not computed.",
  ),
};

/**
 * Every counter of the arm64 MMU's enable and clear workloads, in the order of tables and exports.
 */
export const arm64Counters: readonly CounterDeclaration[] = [
  ...declarationsOf(STAGE2_COUNTERS),
  ...declarationsOf(TREE_COUNTERS),
];
