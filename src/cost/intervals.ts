import { zip } from "../lists.js";
import { type Matrix, transpose } from "../stats/linear.js";
import { nnls } from "../stats/nnls.js";
import { seededRandom } from "../stats/random.js";
import { median, quantileOfSorted, sortedFinite } from "../stats/statistics.js";
import type { FitOptions, Observation } from "./fitTypes.js";

/** A median of fewer samples says too little of its spread. */
export const FEWEST_SAMPLES = 3;

/** Where intervals can come from: see {@link bootstrap}. */
export function intervalKind(observations: readonly Observation[], free: number): "samples" | "residuals" | null {
  if (observations.length > 0 && observations.every((o) => o.samplesNs.length >= FEWEST_SAMPLES)) return "samples";
  return observations.length > free ? "residuals" : null;
}

/**
 * 95% percentile intervals by refitting: with medians of samples drawn again, or, where runs have
 * too few samples, with the fitted times moved by their own residuals of random sign (the wild
 * bootstrap), enlarged for the degrees of freedom.
 */
export function bootstrap(
  observations: readonly Observation[],
  design: Matrix,
  counts: Matrix,
  modelled: readonly number[],
  kind: "samples" | "residuals",
  options: FitOptions,
): (readonly [number, number])[] {
  const random = seededRandom(options.seed ?? 1);
  const resamples = options.resamples ?? 1000;
  const measured = observations.map((o) => median(o.samplesNs));
  const freedom = Math.sqrt(observations.length / Math.max(1, observations.length - (design[0]?.length ?? 0)));
  const shares = zip(modelled, measured).map(([ns, whole]) => ns / whole);
  const found: (readonly number[])[] = [];
  for (let r = 0; r < resamples; r++) {
    let a = design;
    let b: number[];
    if (kind === "samples") {
      const again = observations.map((o) =>
        median(o.samplesNs.map(() => o.samplesNs[pick(random, o.samplesNs.length)]!)),
      );
      a = perTime(counts, again);
      b = again.map(() => 1);
    } else {
      b = shares.map((share) => share + (random() < 0.5 ? -1 : 1) * ((1 - share) * freedom));
    }
    found.push(nnls(a, b).x);
  }
  return transpose(found).map((values) => {
    const sorted = sortedFinite(values);
    return [quantileOfSorted(sorted, 0.025), quantileOfSorted(sorted, 0.975)] as const;
  });
}

/** Rows over the time of each: errors are then relative. */
export function perTime(rows: Matrix, times: readonly number[]): number[][] {
  return zip(rows, times).map(([row, ns]) => row.map((value) => value / ns));
}

function pick(random: () => number, n: number): number {
  return Math.floor(random() * n);
}
