import { column, norm } from "../stats/linear.js";
import { type ColumnPair, cosineWith, inflation } from "./collinearity.js";
import type { CandidateRun, FitOptions, FitWarning, Observation } from "./fitTypes.js";
import { FEWEST_SAMPLES } from "./intervals.js";
import { type CostId, counted } from "./profile.js";

/** What the runs cannot tell, and which further run would. */
export function warningsOf(
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
  const candidates = newRuns(options.candidates ?? [], observations);
  const named = new Set<number>();
  for (const pair of pairs) {
    const [first, second] = [exercised[pair.a], exercised[pair.b]];
    // The column behind the last cost is what contends: no cost of its own.
    if (first === undefined || second === undefined) continue;
    const code = pair.exact ? "same-counts" : "near-collinear";
    const run = bestRun(a, exercised, pair, candidates);
    warnings.push({ code, a: first, b: second, cosine: pair.cosine, run });
    named.add(pair.a).add(pair.b);
  }
  for (const [at, j] of columns.entries()) {
    const cost = exercised[j];
    const factor = inflation(design, at);
    if (cost !== undefined && factor > 1000 && !named.has(j)) {
      const run = mildest(design, at, factor, columns, rowsOf(a, exercised, candidates));
      warnings.push({ code: "dependent", cost, inflation: factor, run });
    }
  }
  for (const o of observations) {
    if (o.samplesNs.length < FEWEST_SAMPLES) {
      warnings.push({ code: "few-samples", label: o.label, samples: o.samplesNs.length });
    }
  }
  return warnings;
}

/** Candidates that are none of the runs already there: neither by name nor by what they count. */
function newRuns(candidates: readonly CandidateRun[], observations: readonly Observation[]): readonly CandidateRun[] {
  const labels = new Set(observations.map((o) => o.label));
  const counts = new Set(observations.map((o) => JSON.stringify(o.terms)));
  return candidates.filter((c) => !labels.has(c.label) && !counts.has(JSON.stringify(c.terms)));
}

/** The candidate that lowers a column's inflation most; null where none halves it. */
function mildest(
  design: readonly (readonly number[])[],
  at: number,
  factor: number,
  columns: readonly number[],
  candidates: readonly { readonly label: string; readonly row: readonly number[] }[],
): { readonly label: string; readonly inflation: number } | null {
  let best: { readonly label: string; readonly inflation: number } | null = null;
  for (const { label, row } of candidates) {
    const own = columns.map((j) => row[j] ?? 0);
    const lowered = inflation([...design, lengthened(design, own)], at);
    if (lowered < (best?.inflation ?? factor / 2)) best = { label, inflation: lowered };
  }
  return best;
}

/** A row made as long as the others are on average. */
function lengthened(rows: readonly (readonly number[])[], row: readonly number[]): readonly number[] {
  const mean = meanOf(rows.map(norm));
  const length = norm(row);
  return length === 0 ? row : row.map((value) => (value * mean) / length);
}

/**
 * What the candidates count, on the scale of the rows of the fit. Those rows have been divided by
 * times, which candidates lack.
 */
function rowsOf(
  a: readonly (readonly number[])[],
  exercised: readonly CostId[],
  candidates: readonly CandidateRun[],
): readonly { readonly label: string; readonly row: readonly number[] }[] {
  const typical = exercised.map((id, j) => {
    const scale = meanOf(column(a, j));
    const mean = meanOf(candidates.map(({ terms }) => counted(id, terms)));
    return [id, mean > 0 ? scale / mean : 0] as const;
  });
  return candidates.map(({ label, terms }) => ({
    label,
    row: typical.map(([id, factor]) => counted(id, terms) * factor),
  }));
}

/** The mean; 0 where there is nothing. */
function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/**
 * The candidate after which the pair's columns differ most; null where none makes them differ
 * enough to notice.
 */
function bestRun(
  a: readonly (readonly number[])[],
  exercised: readonly CostId[],
  pair: ColumnPair,
  candidates: readonly CandidateRun[],
): string | null {
  let best: string | null = null;
  let lowest = pair.cosine - 1e-3;
  for (const { label, row } of rowsOf(a, exercised, candidates)) {
    const cosine = cosineWith(a, pair, row);
    if (cosine < lowest) {
      lowest = cosine;
      best = label;
    }
  }
  return best;
}
