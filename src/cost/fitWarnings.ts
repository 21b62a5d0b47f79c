import { type ColumnPair, cosineWith, inflation } from "./collinearity.js";
import type { CandidateRun, FitOptions, FitWarning, Observation } from "./fit.js";
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
