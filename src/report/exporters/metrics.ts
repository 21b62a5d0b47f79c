import type { CounterDeclaration } from "../../mmu/counters.js";
import { countAt, totalAt } from "../../mmu/counters.js";
import type { RunResult } from "../../results/types.js";

/**
 * One figure of a run, as every export has it: where it stands, what unit it has and of what kind
 * it is.
 */
export interface RunMetric {
  /** `split/inspected`, `split/inspected/level-3`, `wall/split/median`. */
  readonly path: string;
  /** For people: "entries inspected, split walk". */
  readonly label: string;
  /** Empty for what has none, such as a digest. */
  readonly unit: string;
  readonly kind: "exact" | "measured";
  /** null: not there in this run (nothing unsplit, a digest that was not computed). */
  readonly value: number | string | null;
  /** 95% interval, of measured medians. */
  readonly interval?: readonly [number, number];
  /** Whether this is a headline figure: a total, not one of its levels. */
  readonly total: boolean;
  /** Whether less is better. */
  readonly smallerIsBetter: boolean;
}

/**
 * All figures of a run: its counters in the order of their declarations, levels after their total,
 * then wall times.
 */
export function metricsOf(run: RunResult, declarations: readonly CounterDeclaration[]): RunMetric[] {
  return [...declarations.flatMap((declaration) => exactMetrics(run, declaration)), ...wallMetrics(run)];
}

function exactMetrics(run: RunResult, declaration: CounterDeclaration): RunMetric[] {
  const { path, label, unit } = declaration;
  const value = countAt(run.counts, path);
  if (value === undefined) return [];
  const smallerIsBetter = declaration.role === "cost" || declaration.worse === "more";
  const common = { unit, kind: "exact", smallerIsBetter } as const;
  if (typeof value !== "object" || value === null) return [{ ...common, path, label, value, total: true }];
  const metrics: RunMetric[] = [{ ...common, path, label, value: totalAt(run.counts, path) ?? null, total: true }];
  for (const [level, count] of Object.entries(value)) {
    if (typeof count !== "number") continue;
    metrics.push({
      ...common,
      path: `${path}/level-${level}`,
      label: `${label}, level ${level}`,
      value: count,
      total: false,
    });
  }
  return metrics;
}

function wallMetrics(run: RunResult): RunMetric[] {
  return Object.entries(run.wall ?? {}).flatMap(([part, series]): RunMetric[] => {
    const common = { unit: "ns", kind: "measured", total: false, smallerIsBetter: true } as const;
    const of = (name: string, value: number): RunMetric => {
      return { ...common, path: `wall/${part}/${name}`, label: `wall time of the simulation, ${part}, ${name}`, value };
    };
    return [
      { ...of("median", series.medianNs), interval: series.ci95Ns, total: true },
      of("ci95-low", series.ci95Ns[0]),
      of("ci95-high", series.ci95Ns[1]),
      of("mean", series.meanNs),
      of("stdev", series.stdevNs),
      of("min", series.minNs),
      of("max", series.maxNs),
      { ...of("samples", series.samplesNs.length), unit: "count", smallerIsBetter: false },
    ];
  });
}

/**
 * The name of a figure with its unit, for columns and keys: `split/inspected_entries`,
 * `wall/split/median_ns`.
 */
export function nameWithUnit({ path, unit }: RunMetric): string {
  return unit === "" ? path : `${path}_${unit.replaceAll(/\s+/g, "-")}`;
}
