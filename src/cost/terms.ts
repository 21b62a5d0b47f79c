import { type Counts, totalAt } from "../mmu/counters.js";

/**
 * What can be priced: sums over the counts of one run (the counts of an arm64 split run, of one step of an arm64 flow, or of an
 * x86 run). A term is exact; only its price is modelled. Terms are disjoint: an event is counted by one of them.
 */
export interface Term {
  readonly id: TermId;
  /** The unit of one: "visit", "store". */
  readonly unit: string;
  /** What is counted, for tables. */
  readonly label: string;
  readonly count: (counts: Counts) => number;
}

export const TERM_IDS = [
  "writeProtectVisits",
  "splitVisits",
  "splitVisitsNewTable",
  "nestedEntries",
  "mapVisits",
  "relaxVisits",
  "freeVisits",
  "entriesPassed",
  "writeProtectStores",
  "splitStores",
  "nestedStores",
  "mapStores",
  "relaxStores",
  "freeStores",
  "tablePages",
  "tlbiBroadcast",
  "tlbiLocal",
  "tlbiRange",
  "flushes",
  "faults",
  "cacheMaintenance",
  "guestAccesses",
  "walks",
  "ranges",
  "lockDrops",
  "ioctls",
  "enables",
  "calls",
  "splitRuns",
  "loops",
  "tablesSplit",
] as const;

export type TermId = (typeof TERM_IDS)[number];

/** The walks of an arm64 run, by where their counts stand. */
const WALKS = ["writeProtect", "split", "split/nested", "map", "relax", "freeWalk"] as const;

function at(counts: Counts, path: string): number {
  return totalAt(counts, path) ?? 0;
}

function visits(counts: Counts, walk: string): number {
  return at(counts, `${walk}/visits/valid`) + at(counts, `${walk}/visits/invalid`) + at(counts, `${walk}/visits/table`);
}

/**
 * A field of an x86 run: at the top, where a run has its sum there; else summed over its steps (the golden files of clear have one object
 * a step, each with its own `loops`).
 */
function overSteps(counts: Counts, field: string): number {
  const total = counts[field];
  if (typeof total === "number") return total;
  let sum = 0;
  for (const value of Object.values(counts)) {
    if (value !== null && typeof value === "object" && typeof value[field] === "number") sum += value[field];
  }
  return sum;
}

/**
 * Split-walk visits to entries of tables that the same split has just made, at most: a level counts as many as the nested
 * build wrote there and the split walk visited. Exact in enable mode with a chunk no smaller than the block (the published runs
 * that price the two apart); elsewhere later walks see the same entries as old ones and this is an upper bound.
 */
function newTableVisits(counts: Counts): number {
  const split = counts.split;
  if (split === null || typeof split !== "object") return 0;
  let sum = 0;
  for (const level of ["0", "1", "2", "3"]) {
    const visited = at(counts, `split/visits/valid/${level}`) + at(counts, `split/visits/invalid/${level}`);
    const built = at(counts, `split/nested/visits/invalid/${level}`) + at(counts, `split/nested/visits/valid/${level}`);
    sum += Math.min(visited, built);
  }
  return sum;
}

function term(id: TermId, unit: string, label: string, count: (counts: Counts) => number): Term {
  return { id, unit, label, count };
}

/** All terms, in the order of tables. */
export const TERMS: readonly Term[] = [
  term("writeProtectVisits", "visit", "write-protect visits", (c) => visits(c, "writeProtect")),
  term("splitVisits", "visit", "split visits, tables already there", (c) => visits(c, "split") - newTableVisits(c)),
  term("splitVisitsNewTable", "visit", "split visits, tables just made", newTableVisits),
  term("nestedEntries", "entry", "entries of new tables filled", (c) => visits(c, "split/nested")),
  term("mapVisits", "visit", "map visits (faults)", (c) => visits(c, "map")),
  term("relaxVisits", "visit", "relax visits (faults)", (c) => visits(c, "relax")),
  term("freeVisits", "visit", "visits while freeing a subtree", (c) => visits(c, "freeWalk")),
  term("entriesPassed", "entry", "entries inspected, not visited", (c) =>
    WALKS.reduce((sum, walk) => sum + Math.max(0, at(c, `${walk}/inspected`) - visits(c, walk)), 0),
  ),
  term("writeProtectStores", "store", "stores, write-protect", (c) => at(c, "writeProtect/pteStores")),
  term("splitStores", "store", "stores, break-before-make", (c) => at(c, "split/pteStores")),
  term("nestedStores", "store", "stores, new tables", (c) => at(c, "split/nested/pteStores")),
  term("mapStores", "store", "stores, map (faults)", (c) => at(c, "map/pteStores")),
  term("relaxStores", "store", "stores, relax (faults)", (c) => at(c, "relax/pteStores")),
  term("freeStores", "store", "stores, freeing a subtree", (c) => at(c, "freeWalk/pteStores")),
  term("tablePages", "page", "table pages allocated", (c) => at(c, "split/topupPages") + at(c, "topup/pages")),
  term("tlbiBroadcast", "TLBI", "broadcast TLBIs by IPA", (c) => at(c, "split/tlbi") + at(c, "tlbi")),
  term("tlbiLocal", "TLBI", "local TLBIs", (c) => at(c, "tlbiLocal")),
  term("tlbiRange", "TLBI", "range TLBIs", (c) => at(c, "tlbiRange")),
  term("flushes", "flush", "range flushes of slots", (c) => at(c, "flush/rangeCalls") + at(c, "tlbFlushes")),
  term("faults", "fault", "guest faults", (c) => {
    const faults = c.faults;
    return faults === null || typeof faults !== "object"
      ? 0
      : Object.keys(faults).reduce((sum, kind) => sum + at(c, `faults/${kind}`), 0);
  }),
  term(
    "cacheMaintenance",
    "call",
    "cache maintenance of mapped memory",
    (c) => at(c, "cmo/dcache") + at(c, "cmo/icache"),
  ),
  term("guestAccesses", "access", "guest accesses", (c) => at(c, "reads") + at(c, "writes")),
  term("walks", "walk", "walks from the root", (c) => at(c, "writeProtect/walks") + at(c, "split/walks")),
  term("ranges", "range", "ranges handled (64-page words in clear)", (c) =>
    Math.max(at(c, "writeProtect/ranges"), typeof c.split === "object" ? at(c, "split/calls") : 0, at(c, "masks")),
  ),
  term(
    "lockDrops",
    "drop",
    "mmu_lock drops",
    (c) =>
      // An x86 split that allocates drops the lock too, but counts it under a name of its own.
      at(c, "split/lockDrops") + at(c, "mmuLockDropsTotal"),
  ),
  term("ioctls", "ioctl", "ioctls, one a slot", (c) =>
    c.kind === undefined ? at(c, "flush/memslot") : at(c, "ioctls"),
  ),
  // Only steps of a flow say which ioctl they are.
  term("enables", "ioctl", "ioctls that enable logging", (c) => (c.phase === "enable" ? at(c, "ioctls") : 0)),
  term("calls", "run", "runs", (c) => (c.kind === "guest" ? 0 : 1)),
  term("splitRuns", "run", "runs that split", (c) => (c.kind !== "guest" && at(c, "split/walks") > 0 ? 1 : 0)),
  term("loops", "loop", "loops of the TDP iterator", (c) => overSteps(c, "loops")),
  term("tablesSplit", "table", "page tables made by TDP splitting", (c) => overSteps(c, "spAllocs")),
];

/** The counts of one run by term. */
export type TermCounts = Readonly<Record<TermId, number>>;

export function termCounts(counts: Counts): TermCounts {
  return Object.fromEntries(TERMS.map((t) => [t.id, t.count(counts)])) as TermCounts;
}

/** A sum of runs' terms, each times its factor: pages of a whole guest from those of a part. */
export function combine(parts: readonly (readonly [TermCounts, number])[]): TermCounts {
  return Object.fromEntries(
    TERM_IDS.map((id) => [id, parts.reduce((sum, [terms, times]) => sum + terms[id] * times, 0)]),
  ) as TermCounts;
}
