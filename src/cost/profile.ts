import type { FaultFigures } from "./contention.js";
import type { TermCounts, TermId } from "./terms.js";

/**
 * A cost profile: what one of each thing costs on some machine, in nanoseconds, each figure with
 * where it comes from. A profile turns exact counts into modelled time; it is never a measurement
 * of the run that it is applied to.
 *
 * A cost that a profile lacks is absent, not zero: {@link modelTime} names the counts that had no
 * price.
 */
export interface CostProfile {
  readonly kind: "s2split-cost-profile";
  readonly schemaVersion: 1;
  readonly name: string;
  /** One line: which machine, which measurement. */
  readonly title: string;
  /** The machines whose counts it prices: "arm64", "x86-tdp". */
  readonly mmu: string;
  readonly costs: Readonly<Partial<Record<CostId, CostFigure>>>;
  /**
   * What guest faults cost where many vCPUs fault at the same time; in place of the costs of a
   * fault where it is there.
   */
  readonly contention?: FaultContention | undefined;
  /** What a reader must know before using it. */
  readonly notes?: readonly string[] | undefined;
}

/** Whether a profile's figures were computed from a row (then agreement proves nothing) or not. */
export type Role = "fitted" | "judged";

/** A machine's fault figures with where they come from. */
export interface FaultContention extends FaultFigures {
  readonly provenance: Provenance;
  /**
   * Published columns that they were fitted to: "koller-2023-sparse/lazy". Agreement with these
   * proves nothing.
   */
  readonly fittedTo: readonly string[];
}

export interface CostFigure {
  /** Nanoseconds each; for a broadcast TLBI, with one issuer. Not negative. */
  readonly ns: number;
  /**
   * Nanoseconds more for each further concurrent issuer; only where the cost depends on them
   * (TLBIs).
   */
  readonly nsPerFurtherIssuer?: number | undefined;
  readonly provenance: Provenance;
  /**
   * Other costs that this figure already contains, because they were measured together; they are
   * not priced again.
   */
  readonly includes?: readonly CostId[] | undefined;
  /** 95% interval in nanoseconds, where the figure was fitted. */
  readonly interval?: readonly [number, number] | undefined;
}

export interface Provenance {
  /**
   * `published`: as its author printed it. `derived`: computed from published or measured figures.
   * `assumed`: a guess.
   */
  readonly kind: "published" | "derived" | "assumed";
  /** How it was got; the computation where derived. */
  readonly how: string;
  /** Author and date, or the runs it was fitted to. */
  readonly source: string;
  /**
   * The cost whose assumed scale a derived ratio rests on: the ratio is derived, its nanoseconds
   * are not.
   */
  readonly scale?: CostId | undefined;
}

export interface CostInfo {
  readonly id: CostId;
  /** "ns per visit". */
  readonly unit: string;
  readonly label: string;
  /** The terms it prices. */
  readonly terms: readonly TermId[];
}

function cost(unit: string, label: string, terms: readonly TermId[]): Omit<CostInfo, "id"> {
  return { unit, label, terms };
}

/**
 * A cost that a profile can have is declared here, once; its key is its id. In the order of tables.
 */
const TABLE = {
  writeProtectVisit: cost("ns per visit", "visit, write-protect walk", ["writeProtectVisits"]),
  splitVisit: cost("ns per visit", "visit, split walk", ["splitVisits", "splitVisitsNewTable"]),
  splitVisitNewTable: cost("ns per visit", "visit, split walk, table just made", ["splitVisitsNewTable"]),
  nestedEntry: cost("ns per entry", "entry of a new table filled", ["nestedEntries"]),
  mapVisit: cost("ns per visit", "visit, map (fault)", ["mapVisits"]),
  relaxVisit: cost("ns per visit", "visit, relax (fault)", ["relaxVisits"]),
  freeVisit: cost("ns per visit", "visit while freeing a subtree", ["freeVisits"]),
  inspect: cost("ns per entry", "entry inspected, not visited", ["entriesPassed"]),
  writeProtectStore: cost("ns per store", "store, write-protect", ["writeProtectStores"]),
  splitStore: cost("ns per store", "store, break-before-make", ["splitStores"]),
  nestedStore: cost("ns per store", "store, new table", ["nestedStores"]),
  faultStore: cost("ns per store", "store, map, relax or free", ["mapStores", "relaxStores", "freeStores"]),
  tableAlloc: cost("ns per page", "table page, allocate", ["tablePages"]),
  tableZero: cost("ns per page", "table page, zero", ["tablePages"]),
  tlbiBroadcast: cost("ns per TLBI", "broadcast TLBI by IPA", ["tlbiBroadcast"]),
  tlbiLocal: cost("ns per TLBI", "local TLBI", ["tlbiLocal"]),
  tlbiRange: cost("ns per TLBI", "range TLBI", ["tlbiRange"]),
  flush: cost("ns per flush", "range flush of a slot", ["flushes"]),
  fault: cost("ns per fault", "guest fault, from exit to entry", ["faults"]),
  exit: cost("ns per fault", "guest exit and entry alone", ["faults"]),
  cacheMaintenance: cost("ns per call", "cache maintenance on map", ["cacheMaintenance"]),
  guestAccess: cost("ns per access", "guest's own access", ["guestAccesses"]),
  walk: cost("ns per walk", "walk, start to end", ["walks"]),
  closingDsb: cost("ns per DSB", "DSB ISHST that closes a split", ["closingDsbs"]),
  range: cost("ns per range", "range handled (64-page word in clear)", ["ranges"]),
  lockDrop: cost("ns per drop", "mmu_lock drop and retake", ["lockDrops"]),
  ioctl: cost("ns per ioctl", "ioctl, outside the page tables", ["ioctls"]),
  enableIoctl: cost("ns per ioctl", "enabling ioctl, beyond other ioctls", ["enables"]),
  fixed: cost("ns per run", "fixed part of a run", ["calls"]),
  splitFixed: cost("ns per run", "fixed part of splitting in a run", ["splitRuns"]),
  loop: cost("ns per loop", "loop of the TDP iterator", ["loops"]),
  tableSplit: cost("ns per table", "page table made by a TDP split", ["tablesSplit"]),
} as const satisfies Readonly<Record<string, Omit<CostInfo, "id">>>;

export type CostId = keyof typeof TABLE;

export const COST_IDS = Object.keys(TABLE) as readonly CostId[];

/** Every cost that a profile can have, in the order of tables. */
export const COSTS: readonly CostInfo[] = COST_IDS.map((id) => ({ id, ...TABLE[id] }));

export function costInfo(id: CostId): CostInfo {
  return { id, ...TABLE[id] };
}

/** How often a cost is paid for these terms. */
export function counted(id: CostId, terms: TermCounts): number {
  return costInfo(id).terms.reduce((sum, term) => sum + terms[term], 0);
}
