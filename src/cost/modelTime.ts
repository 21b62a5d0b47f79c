import type { Counts } from "../mmu/counters.js";
import { type FaultLock, faultTime, knowsLock, mixOf } from "./contention.js";
import { COSTS, type CostFigure, type CostId, type CostProfile, costInfo, type Provenance } from "./profile.js";
import { TERMS, type TermCounts, type TermId, termCounts } from "./terms.js";

export interface ModelOptions {
  /**
   * vCPUs that fault, or issue broadcast TLBIs, at the same time: 1 in an ioctl, all of them in a
   * pass of the guest. Default 1.
   */
  readonly issuers?: number;
  /**
   * Which lock the kernel takes for a stage-2 fault; only profiles that know contention depend on
   * it. Default `parallel`, from 6.2.
   */
  readonly lock?: FaultLock;
}

/** What a figure of a whole fault contains. */
const IN_A_FAULT: ReadonlySet<TermId> = new Set([
  "faults",
  "mapVisits",
  "relaxVisits",
  "mapStores",
  "relaxStores",
  "tablePages",
  "tlbiBroadcast",
  "tlbiLocal",
  "tlbiRange",
  "cacheMaintenance",
  "entriesPassed",
]);

export interface ModelledTime {
  /**
   * Nanoseconds, modelled: the sum of {@link parts}. A lower bound where {@link unpriced} is not
   * empty.
   */
  readonly totalNs: number;
  readonly parts: readonly TimePart[];
  /** True where any part's figure, or the scale it rests on, is assumed. */
  readonly restsOnAssumptions: boolean;
  /** Things that were counted and that the profile has no cost for: they are not in the total. */
  readonly unpriced: readonly UnpricedCount[];
}

export interface TimePart {
  /** The term that was counted. */
  readonly counter: TermId;
  readonly cost: CostId;
  readonly count: number;
  /** Nanoseconds each, with the issuers of this run. */
  readonly nsEach: number;
  readonly ns: number;
  readonly provenance: Provenance;
  /** Whether {@link nsEach} is a guess, or is derived as a ratio to a guess. */
  readonly assumed: boolean;
}

export interface UnpricedCount {
  readonly counter: TermId;
  readonly label: string;
  readonly count: number;
  readonly unit: string;
}

/**
 * Modelled time of one run: every count times its price. Linear, but for guest faults where the
 * profile knows contention: what one of them takes depends on how many vCPUs fault and on what
 * their faults do. The time is then summed over the vCPUs.
 *
 * @param counts counts of one run or of one step, as machines give them, or their terms
 * @param profile prices
 */
export function modelTime(counts: Counts | TermCounts, profile: CostProfile, options: ModelOptions = {}): ModelledTime {
  const issuers = Math.max(1, options.issuers ?? 1);
  const terms = isTerms(counts) ? counts : termCounts(counts);
  const included = new Set<CostId>();
  for (const figure of Object.values(profile.costs)) for (const id of figure?.includes ?? []) included.add(id);

  const priced = new Set<TermId>();
  for (const id of included) for (const term of costInfo(id).terms) priced.add(term);

  // The general split visit prices entries of fresh tables only where no figure of their own does.
  const contended = faultPart(terms, profile, issuers, options.lock ?? "parallel");
  const special = profile.costs.splitVisitNewTable !== undefined || included.has("splitVisitNewTable");
  const parts: TimePart[] = [];
  if (contended !== undefined) {
    parts.push(contended);
    for (const term of IN_A_FAULT) priced.add(term);
  }
  for (const info of COSTS) {
    const figure = profile.costs[info.id];
    if (figure === undefined || included.has(info.id)) continue;
    for (const term of info.terms) {
      if (info.id === "splitVisit" && term === "splitVisitsNewTable" && special) continue;
      if (contended !== undefined && IN_A_FAULT.has(term)) continue;
      priced.add(term);
      const count = terms[term];
      if (count === 0) continue;
      const nsEach = figureNs(figure, issuers);
      parts.push({
        counter: term,
        cost: info.id,
        count,
        nsEach,
        ns: count * nsEach,
        provenance: figure.provenance,
        assumed: isAssumed(profile, info.id),
      });
    }
  }
  const unpriced = TERMS.filter((t) => terms[t.id] > 0 && !priced.has(t.id) && !BOOKKEEPING.has(t.id)).map((t) => ({
    counter: t.id,
    label: t.label,
    count: terms[t.id],
    unit: t.unit,
  }));
  return {
    totalNs: parts.reduce((sum, part) => sum + part.ns, 0),
    parts,
    restsOnAssumptions: parts.some((part) => part.assumed),
    unpriced,
  };
}

/**
 * The faults of a guest's pass; undefined where there are none, or the profile knows nothing of
 * this lock.
 */
function faultPart(terms: TermCounts, profile: CostProfile, vcpus: number, lock: FaultLock): TimePart | undefined {
  const { contention } = profile;
  if (terms.faults === 0 || contention === undefined || !knowsLock(contention, lock)) return undefined;
  const time = faultTime(mixOf(terms, vcpus), contention, lock, vcpus);
  return {
    counter: "faults",
    cost: "fault",
    count: terms.faults,
    nsEach: time.nsPerFault,
    ns: terms.faults * time.nsPerFault,
    provenance: contention.provenance,
    assumed: contention.provenance.kind === "assumed" || time.assumed.length > 0,
  };
}

/**
 * Terms that mean nothing where no cost was fitted to them: every run has one, and enabling is an
 * ioctl among others.
 */
const BOOKKEEPING: ReadonlySet<TermId> = new Set(["calls", "splitRuns", "enables"]);

/** The price of one, with so many concurrent issuers. Linear in the issuers beyond the first. */
export function figureNs(figure: CostFigure, issuers = 1): number {
  return figure.ns + (figure.nsPerFurtherIssuer ?? 0) * (Math.max(1, issuers) - 1);
}

/** Whether a profile's figure is a guess, or a derived ratio times a guess. */
export function isAssumed(profile: CostProfile, id: CostId): boolean {
  const figure = profile.costs[id];
  if (figure === undefined) return false;
  if (figure.provenance.kind === "assumed") return true;
  const scale = figure.provenance.scale;
  return scale !== undefined && profile.costs[scale]?.provenance.kind === "assumed";
}

function isTerms(counts: Counts | TermCounts): counts is TermCounts {
  return typeof (counts as Partial<TermCounts>).writeProtectVisits === "number";
}

/** The unpriced counts of several times together, each named once with the largest count. */
export function unpricedTogether(times: readonly Pick<ModelledTime, "unpriced">[]): readonly UnpricedCount[] {
  const byCounter = new Map<TermId, UnpricedCount>();
  for (const time of times) {
    for (const one of time.unpriced) {
      const seen = byCounter.get(one.counter);
      if (seen === undefined || one.count > seen.count) byCounter.set(one.counter, one);
    }
  }
  return [...byCounter.values()];
}
