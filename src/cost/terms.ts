import { type Counts, totalAt } from "../mmu/counters.js";

/**
 * What can be priced: sums over the counts of one run (the counts of an arm64 split run, of one
 * step of an arm64 flow, or of an x86 run). A term is exact; only its price is modelled. Terms are
 * disjoint: an event is counted by one of them.
 */
export interface Term {
  readonly id: TermId;
  /** The unit of one: "visit", "store". */
  readonly unit: string;
  /** What is counted, for tables. */
  readonly label: string;
  readonly count: (counts: Counts) => number;
}

/** The walks of an arm64 run, by where their counts stand. */
const WALKS = ["writeProtect", "split", "split/nested", "map", "relax", "freeWalk"] as const;

function at(counts: Counts, path: string): number {
  return totalAt(counts, path) ?? 0;
}

function visits(counts: Counts, walk: string): number {
  return at(counts, `${walk}/visits/valid`) + at(counts, `${walk}/visits/invalid`) + at(counts, `${walk}/visits/table`);
}

/**
 * A field of an x86 run: at the top, where a run has its sum there; else summed over its steps (the
 * golden files of clear have one object a step, each with its own `loops`).
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
 * Split-walk visits to entries of tables that the same split has just made, at most: a level counts
 * as many as the nested build wrote there and the split walk visited. Exact in enable mode with a
 * chunk no smaller than the block (the published runs that price the two apart); elsewhere later
 * walks see the same entries as old ones and this is an upper bound.
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

/**
 * The DSB ISHST of splits, those of invalidations left out: with VHE each of them begins with one
 * and has one VMALL, without (then it is a hypercall) none does. Counts without barriers are of
 * Linux 7.3, which issues one whenever a split walk ends.
 */
function closingDsbs(counts: Counts): number {
  if (counts.barriers === undefined) return at(counts, "split/walks");
  if (at(counts, "barriers/hypercalls") > 0) return at(counts, "barriers/dsbIshst");
  const invalidations = at(counts, "tlbiInstructions/vmalle1is") + at(counts, "tlbiInstructions/vmalls12e1is");
  return at(counts, "barriers/dsbIshst") - invalidations;
}

function term(unit: string, label: string, count: (counts: Counts) => number): Omit<Term, "id"> {
  return { unit, label, count };
}

/** A term is declared here, once; its key is its id. In the order of tables. */
const TABLE = {
  writeProtectVisits: term("visit", "write-protect visits", (c) => visits(c, "writeProtect")),
  splitVisits: term("visit", "split visits, tables already there", (c) => visits(c, "split") - newTableVisits(c)),
  splitVisitsNewTable: term("visit", "split visits, tables just made", newTableVisits),
  nestedEntries: term("entry", "entries of new tables filled", (c) => visits(c, "split/nested")),
  mapVisits: term("visit", "map visits (faults)", (c) => visits(c, "map")),
  relaxVisits: term("visit", "relax visits (faults)", (c) => visits(c, "relax")),
  freeVisits: term("visit", "visits while freeing a subtree", (c) => visits(c, "freeWalk")),
  entriesPassed: term("entry", "entries inspected, not visited", (c) =>
    WALKS.reduce((sum, walk) => sum + Math.max(0, at(c, `${walk}/inspected`) - visits(c, walk)), 0),
  ),
  writeProtectStores: term("store", "stores, write-protect", (c) => at(c, "writeProtect/pteStores")),
  splitStores: term("store", "stores, break-before-make", (c) => at(c, "split/pteStores")),
  nestedStores: term("store", "stores, new tables", (c) => at(c, "split/nested/pteStores")),
  mapStores: term("store", "stores, map (faults)", (c) => at(c, "map/pteStores")),
  relaxStores: term("store", "stores, relax (faults)", (c) => at(c, "relax/pteStores")),
  freeStores: term("store", "stores, freeing a subtree", (c) => at(c, "freeWalk/pteStores")),
  tablePages: term("page", "table pages allocated", (c) => at(c, "split/topupPages") + at(c, "topup/pages")),
  tlbiBroadcast: term("TLBI", "broadcast TLBIs by IPA", (c) => at(c, "split/tlbi") + at(c, "tlbi")),
  tlbiLocal: term("TLBI", "local TLBIs", (c) => at(c, "tlbiLocal")),
  tlbiRange: term("TLBI", "range TLBIs", (c) => at(c, "tlbiRange")),
  flushes: term("flush", "range flushes of slots", (c) => at(c, "flush/rangeCalls") + at(c, "tlbFlushes")),
  faults: term("fault", "guest faults", (c) => {
    const faults = c.faults;
    return faults === null || typeof faults !== "object"
      ? 0
      : Object.keys(faults).reduce((sum, kind) => sum + at(c, `faults/${kind}`), 0);
  }),
  cacheMaintenance: term(
    "call",
    "cache maintenance of mapped memory",
    (c) => at(c, "cmo/dcache") + at(c, "cmo/icache"),
  ),
  guestAccesses: term("access", "guest accesses", (c) => at(c, "reads") + at(c, "writes")),
  closingDsbs: term("DSB", "DSB ISHST that close a split", closingDsbs),
  walks: term("walk", "walks from the root", (c) => at(c, "writeProtect/walks") + at(c, "split/walks")),
  ranges: term("range", "ranges handled (64-page words in clear)", (c) =>
    Math.max(at(c, "writeProtect/ranges"), typeof c.split === "object" ? at(c, "split/calls") : 0, at(c, "masks")),
  ),
  lockDrops: term(
    "drop",
    "mmu_lock drops",
    (c) =>
      // An x86 split that allocates drops the lock too, but counts it under a name of its own.
      at(c, "split/lockDrops") + at(c, "mmuLockDropsTotal"),
  ),
  ioctls: term("ioctl", "ioctls, one a slot", (c) => (c.kind === undefined ? at(c, "flush/memslot") : at(c, "ioctls"))),
  // Only steps of a flow say which ioctl they are.
  enables: term("ioctl", "ioctls that enable logging", (c) => (c.phase === "enable" ? at(c, "ioctls") : 0)),
  calls: term("run", "runs", (c) => (c.kind === "guest" ? 0 : 1)),
  splitRuns: term("run", "runs that split", (c) => (c.kind !== "guest" && at(c, "split/walks") > 0 ? 1 : 0)),
  loops: term("loop", "loops of the TDP iterator", (c) => overSteps(c, "loops")),
  tablesSplit: term("table", "page tables made by TDP splitting", (c) => overSteps(c, "spAllocs")),
} as const satisfies Readonly<Record<string, Omit<Term, "id">>>;

export type TermId = keyof typeof TABLE;

export const TERM_IDS = Object.keys(TABLE) as readonly TermId[];

/** All terms, in the order of tables. */
export const TERMS: readonly Term[] = TERM_IDS.map((id) => ({ id, ...TABLE[id] }));

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
