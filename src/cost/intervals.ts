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
 * 95% percentile intervals by refitting: with medians of samples drawn again, or, where runs have too few samples, with the
 * fitted times moved by their own residuals of random sign (the wild bootstrap), enlarged for the degrees of freedom.
 */
export function bootstrap(
  observations: readonly Observation[],
  design: readonly (readonly number[])[],
  raw: readonly (readonly number[])[],
  columns: readonly number[],
  modelled: readonly number[],
  kind: "samples" | "residuals",
  options: FitOptions,
): (readonly [number, number])[] {
  const random = seededRandom(options.seed ?? 1);
  const resamples = options.resamples ?? 1000;
  const measured = observations.map((o) => median(o.samplesNs));
  const freedom = Math.sqrt(observations.length / Math.max(1, observations.length - columns.length));
  const relative = modelled.map((ns, i) => (1 - ns / measured[i]!) * freedom);
  const found: number[][] = columns.map(() => []);
  for (let r = 0; r < resamples; r++) {
    let a = design;
    let b: number[];
    if (kind === "samples") {
      const again = observations.map((o) =>
        median(o.samplesNs.map(() => o.samplesNs[pick(random, o.samplesNs.length)]!)),
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
    const sorted = sortedFinite(values);
    return [quantileOfSorted(sorted, 0.025), quantileOfSorted(sorted, 0.975)] as const;
  });
}

function pick(random: () => number, n: number): number {
  return Math.floor(random() * n);
}
