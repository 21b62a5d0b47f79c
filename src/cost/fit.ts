import { zip } from "../lists.js";
import { multiply, select } from "../stats/linear.js";
import { nnls } from "../stats/nnls.js";
import { median } from "../stats/statistics.js";
import { nearPairs } from "./collinearity.js";
import type { FitOptions, FitWarning, Observation } from "./fitTypes.js";
import { warningsOf } from "./fitWarnings.js";
import { bootstrap, intervalKind, perTime } from "./intervals.js";
import { COST_IDS, type CostFigure, type CostId, type CostProfile, counted } from "./profile.js";

export interface Fit {
  readonly figures: Readonly<Partial<Record<CostId, CostFigure>>>;
  readonly rows: readonly FitRow[];
  /** Costs that no run exercises: they are absent from the profile. */
  readonly unexercised: readonly CostId[];
  /** Costs that came out as 0: they may be too small to see beside the others. */
  readonly atZero: readonly CostId[];
  /** Costs of which, with another, only the sum is sure: their own figures have no interval. */
  readonly notSeparate: readonly CostId[];
  readonly warnings: readonly FitWarning[];
  /**
   * `samples`: medians resampled within runs; `residuals`: from the residuals, runs have too few
   * samples; null: no interval.
   */
  readonly intervals: "samples" | "residuals" | null;
}

export interface FitRow {
  readonly label: string;
  readonly measuredNs: number;
  readonly modelledNs: number;
  /** Modelled against measured, in percent of measured. */
  readonly errorPercent: number;
}

/**
 * What each fitted cost contains by construction: events that every run has in a fixed proportion,
 * or nearly so.
 */
const INCLUDES: Readonly<Partial<Record<CostId, readonly CostId[]>>> = {
  writeProtectVisit: ["writeProtectStore"],
  nestedEntry: ["nestedStore", "tableAlloc", "tableZero"],
  tlbiBroadcast: ["splitStore"],
  range: ["inspect", "walk", "closingDsb"],
  fault: ["exit", "mapVisit", "relaxVisit", "faultStore", "tlbiLocal", "cacheMaintenance"],
  tlbiRange: ["freeVisit"],
  fixed: ["ioctl", "flush"],
  tableSplit: ["lockDrop", "tableAlloc", "tableZero"],
};

/** The costs that are fitted where none are named, in the order of tables. */
export const FITTED_COSTS: readonly CostId[] = [
  "writeProtectVisit",
  "splitVisit",
  "nestedEntry",
  "tlbiBroadcast",
  "tlbiRange",
  "fault",
  "guestAccess",
  "range",
  "lockDrop",
  "enableIoctl",
  "fixed",
];

/** The cost that depends on how many CPUs pay it at the same time. */
const CONTENDED: CostId = "tlbiBroadcast";

/**
 * Fits costs to measured times by non-negative least squares. Each run weighs as its inverse time,
 * so that errors are relative: a run of 2 ms counts as much as one of 2 s.
 */
export function fitCosts(observations: readonly Observation[], options: FitOptions): Fit {
  const wanted = COST_IDS.filter((id) => (options.costs ?? FITTED_COSTS).includes(id));
  const exercised = wanted.filter((id) => observations.some((o) => counted(id, o.terms) > 0));
  const measured = observations.map((o) => median(o.samplesNs));
  // What contends is one more unknown, where the runs have more than one issuer.
  const contended = (o: Observation) => counted(CONTENDED, o.terms) * ((o.issuers ?? 1) - 1);
  const withFurther = exercised.includes(CONTENDED) && observations.some((o) => contended(o) > 0);
  const raw = observations.map((o) => [
    ...exercised.map((id) => counted(id, o.terms)),
    ...(withFurther ? [contended(o)] : []),
  ]);
  const further = withFurther ? exercised.length : -1;
  const a = perTime(raw, measured);

  const pairs = nearPairs(a);
  // Of costs that always occur in the same proportion only the first is fitted; it stands for the
  // sum.
  const absorbedBy = new Map<number, number>();
  for (const pair of pairs) {
    if (pair.b === further || !pair.exact) continue;
    if (!absorbedBy.has(pair.a) && !absorbedBy.has(pair.b)) absorbedBy.set(pair.b, pair.a);
  }
  const columns = (raw[0] ?? []).map((_, j) => j).filter((j) => !absorbedBy.has(j));
  const design = select(a, columns);
  const counts = select(raw, columns);
  const solution = nnls(
    design,
    measured.map(() => 1),
  );
  const value = (j: number) => solution.x[columns.indexOf(j)] ?? 0;
  const modelled = multiply(counts, solution.x);

  const intervals = intervalKind(observations, solution.free.length);
  const spread = intervals === null ? [] : bootstrap(observations, design, counts, modelled, intervals, options);

  // Resampling does not show how far two such costs could be traded for each other: its intervals
  // would be too narrow.
  const notSeparate = new Set<number>();
  for (const { a: first, b: second, exact } of pairs) {
    if (exact || second === further) continue;
    for (const j of [first, second]) notSeparate.add(absorbedBy.get(j) ?? j);
  }
  const figures: Partial<Record<CostId, CostFigure>> = {};
  const atZero: CostId[] = [];
  for (const [at, j] of columns.entries()) {
    const id = exercised[j];
    if (id === undefined) continue;
    const ns = value(j);
    const contention = id === CONTENDED && further >= 0 ? value(further) : 0;
    if (ns === 0 && contention === 0) {
      atZero.push(id);
      continue;
    }
    const interval = notSeparate.has(j) ? undefined : spread[at];
    const absorbed = [...absorbedBy].filter(([, by]) => by === j).map(([other]) => exercised[other]!);
    const kept = new Set<CostId>(exercised.filter((other) => !absorbed.includes(other)));
    const includes = [...(INCLUDES[id] ?? []), ...absorbed, ...absorbed.flatMap((other) => INCLUDES[other] ?? [])];
    figures[id] = {
      ns,
      ...(contention > 0 ? { nsPerFurtherIssuer: contention } : {}),
      provenance: {
        kind: "derived",
        how: `non-negative least squares over ${observations.length} measured times`,
        source: options.source,
      },
      includes: [...new Set(includes)].filter((other) => !kept.has(other)),
      ...(interval === undefined ? {} : { interval }),
    };
  }
  return {
    figures,
    rows: zip(observations, zip(measured, modelled)).map(([{ label }, [measuredNs, modelledNs]]) => ({
      label,
      measuredNs,
      modelledNs,
      errorPercent: 100 * (modelledNs / measuredNs - 1),
    })),
    unexercised: wanted.filter((id) => !exercised.includes(id)),
    atZero,
    notSeparate: exercised.filter((_, j) => notSeparate.has(j)),
    warnings: warningsOf(observations, exercised, a, pairs, columns, design, options),
    intervals,
  };
}

/** A profile from a fit. @param name letters, digits, dot, dash, underscore */
export function profileFrom(fit: Fit, name: string, title: string, mmu: string): CostProfile {
  return { kind: "s2split-cost-profile", schemaVersion: 1, name, title, mmu, costs: fit.figures };
}
