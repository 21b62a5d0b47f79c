import { badInput } from "../errors.js";
import { zip } from "../lists.js";
import type { MeasurementFile } from "../measure/schema.js";
import { type PhaseSeries, seriesOf } from "../measure/series.js";
import type { CompareOptions, WallMetric } from "./types.js";
import { compareWalls } from "./wall.js";

/** One phase of one case, measured on both sides. */
export interface PhaseComparison {
  readonly case: string;
  readonly guestMode: string | null;
  readonly metric: WallMetric;
}

/** Two measurements of the real selftest set side by side: of two kernels, as a rule. */
export interface MeasurementComparison {
  readonly options: CompareOptions;
  readonly phases: readonly PhaseComparison[];
  /** Phases of BASE that NEW has no complete run of. */
  readonly missing: readonly string[];
  readonly added: readonly string[];
  /**
   * What differs between the machines beside the kernel, which is expected to: times are not gated
   * then, unless any environment will do.
   */
  readonly machineDiffers: readonly string[];
  readonly kernels: readonly [string | null, string | null];
  readonly regressions: number;
}

/**
 * Compares measurements phase by phase, cases matched by their commands. The tests are those of
 * simulated wall times: threshold, Mann-Whitney with Holm's correction over all phases, bootstrap
 * interval.
 *
 * @throws UserError where BASE was interrupted, or nothing is on both sides
 */
export function compareMeasurements(
  base: MeasurementFile,
  next: MeasurementFile,
  names: readonly [string, string],
  options: CompareOptions,
): MeasurementComparison {
  if (base.partial) throw badInput(names[0], "was interrupted, so it is no baseline", "a whole measurement");
  const machineDiffers = machineDifferences(base, next);
  const gated = machineDiffers.length === 0 || options.anyEnvironment ? options : { ...options, wallThreshold: null };
  const after = new Map(seriesOf(next).map((series) => [keyOf(series), series]));
  const before = seriesOf(base);
  const pairs = before.flatMap((one) => {
    const other = after.get(keyOf(one));
    return other === undefined ? [] : [{ one, other }];
  });
  if (pairs.length === 0)
    throw badInput(names[1], `has no complete run of a case that ${names[0]} has`, "measurements of the same commands");
  const metrics = compareWalls(
    pairs.map(({ one, other }) => ({ part: phaseOf(one), base: one.samplesNs, next: other.samplesNs })),
    gated,
  );
  const known = new Set(before.map(keyOf));
  const missing = before.filter((one) => !after.has(keyOf(one))).map(keyOf);
  const regressions = metrics.filter(({ status }) => status === "regression").length;
  return {
    options,
    phases: zip(pairs, metrics).map(([{ one }, metric]) => ({ case: one.case, guestMode: one.guestMode, metric })),
    missing,
    added: [...after.keys()].filter((key) => !known.has(key)),
    machineDiffers,
    kernels: [base.machine?.kernel ?? null, next.machine?.kernel ?? null],
    regressions: regressions + (options.allowMissing ? 0 : missing.length),
  };
}

function phaseOf({ phase, iteration }: PhaseSeries): string {
  return iteration === null ? phase : `${phase} ${iteration}`;
}

function keyOf(series: PhaseSeries): string {
  return `${series.case}, ${series.guestMode ?? "guest mode not known"}, ${phaseOf(series)}`;
}

function machineDifferences({ machine: a }: MeasurementFile, { machine: b }: MeasurementFile): string[] {
  if (a === null || b === null) return a === b ? [] : ["only one side says which machine it is of"];
  const fields = ["arch", "cpuModel", "cpuCount", "governors", "boost", "smtActive", "thp", "virtualized"] as const;
  return fields
    .filter((field) => String(a[field]) !== String(b[field]))
    .map((field) => `${field}: ${a[field] ?? "not known"}, ${b[field] ?? "not known"}`);
}
