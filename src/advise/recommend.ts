import { groupBy } from "../lists.js";
import { type AdviceRow, isRight, type RightRow } from "./row.js";

/** What to set in one mode, and why, as data. */
export interface Recommendation {
  readonly mode: AdviceRow["mode"];
  readonly strategy: string;
  /** The chunk to set: "0" leaves eager splitting off. null: nothing can be recommended. */
  readonly chunk: string | null;
  readonly reason: Reason;
  /** vCPU counts from which another choice is recommended for the same guest, ascending. */
  readonly changes: readonly { readonly fromVcpus: number; readonly chunk: string | null }[];
}

export type Reason =
  /** Every leaf is a page already. */
  | { readonly code: "nothing-to-split"; readonly costNs: number }
  /**
   * No row splits eagerly and rightly: none was asked for, or `wrong` of them leave the memory not
   * as it should be.
   */
  | { readonly code: "no-eager"; readonly wrong: number }
  /** No eager row costs less in all than leaving it off. */
  | { readonly code: "off-costs-less"; readonly offNs: number; readonly eagerNs: number; readonly faultsSaved: number }
  /** Eager rows that cost less hold the lock too long; off does not. */
  | {
      readonly code: "eager-holds-too-long";
      readonly holdNs: number;
      readonly stallNs: number | null;
      readonly chunk: string;
    }
  | {
      readonly code: "eager-costs-less";
      readonly offNs: number;
      readonly eagerNs: number;
      readonly faultsSaved: number;
      readonly tlbisSaved: number;
    }
  /** Off holds the lock too long; this one does not, though it costs more in all. */
  | { readonly code: "only-within-hold"; readonly off: AdviceRow; readonly chosen: AdviceRow }
  | { readonly code: "none-within-hold"; readonly least: AdviceRow }
  /** The profile lacks costs without which the rows cannot be compared. */
  | { readonly code: "not-priced" };

/** Smaller differences than this share of the time are none: the model is not that good. */
const WORTH = 0.01;

/**
 * One recommendation for each mode and strategy: the cheapest in all within the constraint, unless
 * off is as good. Rows with findings are none to choose from.
 */
export function recommend(
  rows: readonly AdviceRow[],
  given: { readonly comparable: boolean; readonly hasBlocks: boolean },
): readonly Recommendation[] {
  return [...groupBy(rows, (row) => `${row.strategy} ${row.mode}`).values()].map((group) => {
    const [{ mode, strategy }] = group;
    const { chunk, reason } = choose(group, given);
    return { mode, strategy, chunk, reason, changes: [] };
  });
}

function choose(
  rows: readonly AdviceRow[],
  given: { readonly comparable: boolean; readonly hasBlocks: boolean },
): Pick<Recommendation, "chunk" | "reason"> {
  if (!given.comparable) return { chunk: null, reason: { code: "not-priced" } };
  const right = rows.filter(isRight);
  const off = right.find((row) => row.chunk === "0");
  // Off splits nothing, so that no strategy can do it wrong.
  if (off === undefined) throw new Error("leaving eager splitting off has findings");
  const eager = right.filter((row) => row !== off);
  const cheapest = lowest(eager, (row) => row.totalNs);
  const allowed = eager.filter((row) => isWithin(row));
  const best = mildest(allowed);

  if (!isWithin(off)) {
    if (best === undefined) {
      return { chunk: null, reason: { code: "none-within-hold", least: lowest(right, (row) => row.longestHold.ns)! } };
    }
    if (given.hasBlocks && best.totalNs < off.totalNs * (1 - WORTH))
      return { chunk: best.chunk, reason: costsLess(off, best) };
    const reason = { code: "only-within-hold", off, chosen: best } as const;
    return { chunk: best.chunk, reason };
  }
  if (!given.hasBlocks) {
    const costNs = cheapest === undefined ? 0 : cheapest.totalNs - off.totalNs;
    return { chunk: "0", reason: { code: "nothing-to-split", costNs } };
  }
  if (best !== undefined && best.totalNs < off.totalNs * (1 - WORTH)) {
    return { chunk: best.chunk, reason: costsLess(off, best) };
  }
  if (cheapest !== undefined && cheapest.totalNs < off.totalNs * (1 - WORTH)) {
    const reason = {
      code: "eager-holds-too-long",
      holdNs: cheapest.longestHold.ns,
      stallNs: cheapest.stall?.longestNs ?? null,
      chunk: cheapest.chunk,
    } as const;
    return { chunk: "0", reason };
  }
  if (cheapest === undefined) return { chunk: "0", reason: { code: "no-eager", wrong: rows.length - right.length } };
  return {
    chunk: "0",
    reason: {
      code: "off-costs-less",
      offNs: off.totalNs,
      eagerNs: cheapest.totalNs,
      faultsSaved: off.guest.faults - cheapest.guest.faults,
    },
  };
}

/** Whether a row keeps to what was allowed. */
function isWithin(row: AdviceRow): boolean {
  return row.withinLockHold && row.withinGuestStall;
}

function costsLess(off: RightRow, best: RightRow): Reason {
  return {
    code: "eager-costs-less",
    offNs: off.totalNs,
    eagerNs: best.totalNs,
    faultsSaved: off.guest.faults - best.guest.faults,
    tlbisSaved: off.guest.tlbis - best.guest.tlbis,
  };
}

/**
 * Of the rows that cost about the least, the one with the shortest hold, then the smallest cache.
 */
function mildest(rows: readonly RightRow[]): RightRow | undefined {
  const cheapest = lowest(rows, (row) => row.totalNs);
  if (cheapest === undefined) return undefined;
  const near = rows.filter((row) => row.totalNs <= cheapest.totalNs * (1 + WORTH));
  const shortest = lowest(near, (row) => row.longestHold.ns)!;
  const short = near.filter((row) => row.longestHold.ns <= shortest.longestHold.ns);
  return lowest(short, (row) => row.cachePages);
}

function lowest(rows: readonly RightRow[], by: (row: RightRow) => number): RightRow | undefined {
  return rows.reduce<RightRow | undefined>((a, b) => (a === undefined || by(b) < by(a) ? b : a), undefined);
}
