import { type ColumnPair, cosineWith, inflation, nearPairs } from "./collinearity.js";
import { nnls } from "./nnls.js";
import { COST_IDS, type CostFigure, type CostId, type CostProfile, costInfo } from "./profile.js";
import type { TermCounts } from "./terms.js";

/** One measured time and what the simulation counts for it. */
export interface Observation {
  /** "anonymous_thp, chunk 2M, -g: enable". */
  readonly label: string;
  readonly terms: TermCounts;
  /** Nanoseconds, measured; at least one, all above 0. */
  readonly samplesNs: readonly number[];
  /** CPUs that issue broadcast TLBIs at the same time. Default 1. */
  readonly issuers?: number;
}

/** What could be run next, with what it would count. */
export interface CandidateRun {
  readonly label: string;
  readonly terms: TermCounts;
}

export interface FitOptions {
  /** Costs to fit. Default: {@link FITTED_COSTS}. */
  readonly costs?: readonly CostId[];
  /** Seed of the bootstrap. Default 1. */
  readonly seed?: number;
  /** Refits for the intervals. Default 1000. */
  readonly resamples?: number;
  readonly candidates?: readonly CandidateRun[];
  /** What the figures' provenance says of the runs. */
  readonly source: string;
}

export interface Fit {
  readonly figures: Readonly<Partial<Record<CostId, CostFigure>>>;
  readonly rows: readonly FitRow[];
  /** Costs that no run exercises: they are absent from the profile. */
  readonly unexercised: readonly CostId[];
  /** Costs that came out as 0: they may be too small to see beside the others. */
  readonly atZero: readonly CostId[];
  readonly warnings: readonly FitWarning[];
  /** `samples`: medians resampled within runs; `residuals`: from the residuals, runs have too few samples; null: no interval. */
  readonly intervals: "samples" | "residuals" | null;
}

export interface FitRow {
  readonly label: string;
  readonly measuredNs: number;
  readonly modelledNs: number;
  /** Modelled against measured, in percent of measured. */
  readonly errorPercent: number;
}

export type FitWarning =
  | {
      readonly code: "same-counts" | "near-collinear";
      readonly a: CostId;
      readonly b: CostId;
      readonly cosine: number;
      /** The run that would tell them apart best, or null where no known run does. */
      readonly run: string | null;
    }
  | { readonly code: "dependent"; readonly cost: CostId; readonly inflation: number }
  | { readonly code: "few-runs"; readonly runs: number; readonly costs: number }
  | { readonly code: "few-samples"; readonly label: string; readonly samples: number };

/** What each fitted cost contains by construction: events that every run has in a fixed proportion, or nearly so. */
export const INCLUDES: Readonly<Partial<Record<CostId, readonly CostId[]>>> = {
  writeProtectVisit: ["writeProtectStore"],
  nestedEntry: ["nestedStore", "tableAlloc", "tableZero"],
  tlbiBroadcast: ["splitStore"],
  range: ["inspect", "walk"],
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

const FEWEST_SAMPLES = 3;

/** The cost that depends on how many CPUs pay it at the same time. */
const CONTENDED: CostId = "tlbiBroadcast";

function counted(id: CostId, terms: TermCounts): number {
  return costInfo(id).terms.reduce((sum, term) => sum + terms[term], 0);
}

/**
 * Fits costs to measured times by non-negative least squares. Each run weighs as its inverse time, so that errors are relative: a
 * run of 2 ms counts as much as one of 2 s.
 */
export function fitCosts(observations: readonly Observation[], options: FitOptions): Fit {
  const wanted = COST_IDS.filter((id) => (options.costs ?? FITTED_COSTS).includes(id));
  const exercised = wanted.filter((id) => observations.some((o) => counted(id, o.terms) > 0));
  const measured = observations.map((o) => middle(o.samplesNs));
  // What contends is one more unknown, where the runs have more than one issuer.
  const contended = (o: Observation) => counted(CONTENDED, o.terms) * ((o.issuers ?? 1) - 1);
  const withFurther = exercised.includes(CONTENDED) && observations.some((o) => contended(o) > 0);
  const raw = observations.map((o) => [
    ...exercised.map((id) => counted(id, o.terms)),
    ...(withFurther ? [contended(o)] : []),
  ]);
  const further = withFurther ? exercised.length : -1;
  const a = raw.map((row, i) => row.map((value) => value / measured[i]!));

  const pairs = nearPairs(a);
  // Of costs that always occur in the same proportion only the first is fitted; it stands for the sum.
  const absorbedBy = new Map<number, number>();
  for (const pair of pairs) {
    if (pair.b === further || !pair.exact) continue;
    if (!absorbedBy.has(pair.a) && !absorbedBy.has(pair.b)) absorbedBy.set(pair.b, pair.a);
  }
  const columns = (raw[0] ?? []).map((_, j) => j).filter((j) => !absorbedBy.has(j));
  const design = a.map((row) => columns.map((j) => row[j]!));
  const solution = nnls(
    design,
    measured.map(() => 1),
  );
  const value = (j: number) => solution.x[columns.indexOf(j)] ?? 0;
  const modelled = raw.map((row) => columns.reduce((sum, j) => sum + row[j]! * value(j), 0));

  const intervals = intervalKind(observations, solution.free.length);
  const spread =
    intervals === null ? null : bootstrap(observations, design, raw, columns, modelled, intervals, options);

  const figures: Partial<Record<CostId, CostFigure>> = {};
  const atZero: CostId[] = [];
  for (const [at, j] of columns.entries()) {
    if (j === further) continue;
    const id = exercised[j]!;
    const ns = value(j);
    const contention = id === CONTENDED && further >= 0 ? value(further) : 0;
    if (ns === 0 && contention === 0) {
      atZero.push(id);
      continue;
    }
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
      ...(spread === null ? {} : { interval: spread[at]! }),
    };
  }
  return {
    figures,
    rows: observations.map((o, i) => ({
      label: o.label,
      measuredNs: measured[i]!,
      modelledNs: modelled[i]!,
      errorPercent: 100 * (modelled[i]! / measured[i]! - 1),
    })),
    unexercised: wanted.filter((id) => !exercised.includes(id)),
    atZero,
    warnings: warningsOf(observations, exercised, a, pairs, columns, design, options),
    intervals,
  };
}

/** A profile from a fit. @param name letters, digits, dot, dash, underscore */
export function profileFrom(fit: Fit, name: string, title: string, mmu: string): CostProfile {
  return { kind: "s2split-cost-profile", schemaVersion: 1, name, title, mmu, costs: fit.figures };
}

function intervalKind(observations: readonly Observation[], free: number): Fit["intervals"] {
  if (observations.length > 0 && observations.every((o) => o.samplesNs.length >= FEWEST_SAMPLES)) return "samples";
  return observations.length > free ? "residuals" : null;
}

/**
 * 95% percentile intervals by refitting: with medians of samples drawn again, or, where runs have too few samples, with the
 * fitted times moved by their own residuals of random sign (the wild bootstrap), enlarged for the degrees of freedom.
 */
function bootstrap(
  observations: readonly Observation[],
  design: readonly (readonly number[])[],
  raw: readonly (readonly number[])[],
  columns: readonly number[],
  modelled: readonly number[],
  kind: "samples" | "residuals",
  options: FitOptions,
): (readonly [number, number])[] {
  const random = generator(options.seed ?? 1);
  const resamples = options.resamples ?? 1000;
  const measured = observations.map((o) => middle(o.samplesNs));
  const freedom = Math.sqrt(observations.length / Math.max(1, observations.length - columns.length));
  const relative = modelled.map((ns, i) => (1 - ns / measured[i]!) * freedom);
  const found: number[][] = columns.map(() => []);
  for (let r = 0; r < resamples; r++) {
    let a = design;
    let b: number[];
    if (kind === "samples") {
      const again = observations.map((o) =>
        middle(o.samplesNs.map(() => o.samplesNs[pick(random, o.samplesNs.length)]!)),
      );
      a = raw.map((row, i) => columns.map((j) => row[j]! / again[i]!));
      b = again.map(() => 1);
    } else {
      b = modelled.map((ns, i) => ns / measured[i]! + (random() < 0.5 ? -1 : 1) * relative[i]!);
    }
    nnls(a, b).x.forEach((value, at) => {
      found[at]!.push(value);
    });
  }
  return found.map((values) => {
    values.sort((x, y) => x - y);
    const at = (q: number) => values[Math.min(values.length - 1, Math.floor(q * values.length))]!;
    return [at(0.025), at(0.975)] as const;
  });
}

function warningsOf(
  observations: readonly Observation[],
  exercised: readonly CostId[],
  a: readonly (readonly number[])[],
  pairs: readonly ColumnPair[],
  columns: readonly number[],
  design: readonly (readonly number[])[],
  options: FitOptions,
): FitWarning[] {
  const warnings: FitWarning[] = [];
  if (observations.length < columns.length) {
    warnings.push({ code: "few-runs", runs: observations.length, costs: columns.length });
  }
  const named = new Set<number>();
  for (const pair of pairs) {
    if (pair.b >= exercised.length) continue;
    const { a: first, b: second, cosine, exact } = pair;
    const run = bestRun(a, exercised, pair, options.candidates ?? []);
    warnings.push({
      code: exact ? "same-counts" : "near-collinear",
      a: exercised[first]!,
      b: exercised[second]!,
      cosine,
      run,
    });
    named.add(first).add(second);
  }
  for (const [at, j] of columns.entries()) {
    const factor = inflation(design, at);
    if (j < exercised.length && factor > 1000 && !named.has(j))
      warnings.push({ code: "dependent", cost: exercised[j]!, inflation: factor });
  }
  for (const o of observations) {
    if (o.samplesNs.length < FEWEST_SAMPLES) {
      warnings.push({ code: "few-samples", label: o.label, samples: o.samplesNs.length });
    }
  }
  return warnings;
}

/** The candidate after which the pair's columns differ most; null where none makes them differ enough to notice. */
function bestRun(
  a: readonly (readonly number[])[],
  exercised: readonly CostId[],
  pair: ColumnPair,
  candidates: readonly CandidateRun[],
): string | null {
  // A row of counts is put on the scale of the rows of the fit, whose columns have been divided by times, by the mean column.
  const scale = exercised.map((_, j) => a.reduce((sum, row) => sum + row[j]!, 0) / Math.max(1, a.length));
  const typical = exercised.map((id, j) => {
    const mean = candidates.reduce((sum, c) => sum + counted(id, c.terms), 0) / Math.max(1, candidates.length);
    return mean > 0 ? scale[j]! / mean : 0;
  });
  let best: string | null = null;
  let lowest = pair.cosine - 1e-3;
  for (const candidate of candidates) {
    const row = exercised.map((id, j) => counted(id, candidate.terms) * typical[j]!);
    const cosine = cosineWith(a, pair, row);
    if (cosine < lowest) {
      lowest = cosine;
      best = candidate.label;
    }
  }
  return best;
}

/** The median. */
function middle(samples: readonly number[]): number {
  const sorted = [...samples].sort((x, y) => x - y);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function pick(random: () => number, n: number): number {
  return Math.min(n - 1, Math.floor(random() * n));
}

/** Uniform numbers in [0, 1): the minimal standard generator (Park and Miller, 1988). */
function generator(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
