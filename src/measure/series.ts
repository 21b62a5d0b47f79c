import { PHASES, type PhaseName } from "../selftest/phases.js";
import { FEWEST_FOR_INTERVAL, quantile, summarize, type TimeSeries } from "../stats/statistics.js";
import type { MeasurementFile } from "./schema.js";

/** All times of one phase in one case: measured, in nanoseconds, by the selftest itself. */
export interface PhaseSeries extends TimeSeries {
  readonly case: string;
  /** As printed; null where the output has none. */
  readonly guestMode: string | null;
  readonly phase: PhaseName;
  /** From 1; null for phases outside the iterations. */
  readonly iteration: number | null;
  /**
   * Indices into `samplesNs` of samples beyond Tukey's fences; empty below
   * {@link FEWEST_FOR_OUTLIERS} samples.
   */
  readonly outliers: readonly number[];
  /**
   * False where there are too few samples for `ci95Ns` to be a 95% interval; it is then the range.
   */
  readonly hasInterval: boolean;
}

/** The fewest samples whose quartiles say anything of outliers. */
export const FEWEST_FOR_OUTLIERS = 5;

/**
 * The series of a measurement, in the order of its cases, its guest modes and the test's phases.
 * Warm-up runs and runs that are not complete are left out: a run that failed half-way is no
 * measurement of its first half.
 */
export function seriesOf(file: Pick<MeasurementFile, "cases" | "runs">): PhaseSeries[] {
  const series: PhaseSeries[] = [];
  for (const { id } of file.cases) {
    const runs = file.runs.filter((run) => run.case === id && run.status === "complete" && !run.warmup);
    for (const mode of new Set(runs.map((run) => run.guestMode?.text ?? null))) {
      const samples = new Map<string, { phase: PhaseName; iteration: number | null; samplesNs: number[] }>();
      for (const run of runs.filter(({ guestMode }) => (guestMode?.text ?? null) === mode)) {
        for (const { phase, iteration, timeNs } of run.phases) {
          const key = `${phase} ${iteration}`;
          const one = samples.get(key) ?? { phase, iteration, samplesNs: [] };
          one.samplesNs.push(timeNs);
          samples.set(key, one);
        }
      }
      const sorted = [...samples.values()].sort((a, b) => rank(a) - rank(b));
      for (const { phase, iteration, samplesNs } of sorted) {
        series.push({
          case: id,
          guestMode: mode,
          phase,
          iteration,
          ...summarize(samplesNs),
          outliers: outliersOf(samplesNs),
          hasInterval: samplesNs.length >= FEWEST_FOR_INTERVAL,
        });
      }
    }
  }
  return series;
}

/**
 * Samples further than 1.5 interquartile ranges from the quartiles (Tukey, Exploratory Data
 * Analysis, 1977).
 */
export function outliersOf(samplesNs: readonly number[]): number[] {
  if (samplesNs.length < FEWEST_FOR_OUTLIERS) return [];
  const low = quantile(samplesNs, 0.25);
  const high = quantile(samplesNs, 0.75);
  const reach = 1.5 * (high - low);
  return samplesNs.flatMap((sample, i) => (sample < low - reach || sample > high + reach ? [i] : []));
}

/** The test's own order: disable after the last iteration, dirty, get and clear within each. */
function rank({ phase, iteration }: { readonly phase: PhaseName; readonly iteration: number | null }): number {
  if (phase === "disable") return Number.MAX_SAFE_INTEGER;
  return (iteration ?? 0) * PHASES.length + PHASES.indexOf(phase);
}
