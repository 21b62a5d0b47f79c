import type { PhaseName } from "../selftest/phases.js";
import type { MeasureNote } from "./schema.js";
import type { LoggedRun } from "./selftestLog.js";

/** Which phases a complete run has, and which this one lacks: codes for `missing-phases`. */
export function missingPhases(run: Pick<LoggedRun, "phases" | "iterations">): string[] {
  const has = (phase: PhaseName, iteration: number | null) =>
    run.phases.some((one) => one.phase === phase && one.iteration === iteration);
  const missing: string[] = (["populate", "enable"] as const).filter((phase) => !has(phase, null));
  const seen = run.phases.reduce((max, { iteration }) => Math.max(max, iteration ?? 0), 0);
  const iterations = Math.max(1, run.iterations ?? seen);
  const manual = run.phases.some(({ phase }) => phase === "clear");
  for (let k = 1; k <= iterations && missing.length < 4; k++) {
    for (const phase of manual ? (["dirty", "get", "clear"] as const) : (["dirty", "get"] as const)) {
      if (!has(phase, k)) missing.push(`${phase} ${k}`);
    }
  }
  if (!has("disable", null)) missing.push("disable");
  return missing;
}

/**
 * Sums that the test prints must be those of its parts: the figures were edited, or lines are lost,
 * where they are not.
 */
export function disagreements(run: Pick<LoggedRun, "phases" | "totals">): MeasureNote[] {
  return run.totals.flatMap(({ phase, totalNs }) => {
    const parts = run.phases.filter((one) => one.phase === phase);
    const sumNs = parts.reduce((sum, { timeNs }) => sum + timeNs, 0);
    return sumNs === totalNs ? [] : [{ code: "total-disagrees", data: { phase, totalNs, sumNs, parts: parts.length } }];
  });
}
