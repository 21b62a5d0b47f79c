import type { MeasurementComparison, PhaseComparison } from "../compare/measurements.js";
import type { WallMetric } from "../compare/types.js";
import { formatNs } from "./measureReport.js";
import type { Style } from "./style.js";

const VERDICT: Readonly<Record<WallMetric["status"], string>> = {
  "not-gated": "",
  noise: "no change that the tests confirm",
  "too-few": "too few runs to tell",
  improvement: "faster",
  changed: "changed",
  regression: "SLOWER",
};

/** Two measurements side by side, a table for each case and guest mode. Times are the selftest's own, on real machines. */
export function measureCompareText(comparison: MeasurementComparison, { chalk }: Style): string {
  const { kernels, machineDiffers, missing, added, options } = comparison;
  const out: string[] = [];
  if (kernels.some((kernel) => kernel !== null))
    out.push(`kernels: ${kernels.map((kernel) => kernel ?? "not known").join(" -> ")}`, "");
  for (const group of groups(comparison.phases)) {
    out.push(chalk.bold(group[0]!.case), group[0]!.guestMode ?? "guest mode not known");
    const rows = group.map(({ metric }) => [
      metric.part,
      formatNs(metric.baseNs),
      formatNs(metric.nextNs),
      percent(metric.change),
      `${percent(metric.interval[0])} .. ${percent(metric.interval[1])}`,
      metric.pHolm.toPrecision(2),
      metric.samples.join("/"),
      VERDICT[metric.status],
    ]);
    const table = [["phase", "base", "new", "change", "95% interval", "p", "runs", ""], ...rows];
    const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
    for (const [n, row] of table.entries()) {
      const cells = row.map((cell, i) => (i === 0 || i === 7 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
      const line = `  ${cells.join("  ")}`.trimEnd();
      const status = n === 0 ? undefined : group[n - 1]!.metric.status;
      out.push(
        n === 0
          ? chalk.dim(line)
          : status === "regression"
            ? chalk.red(line)
            : status === "improvement"
              ? chalk.green(line)
              : line,
      );
    }
    out.push("");
  }
  out.push(
    ...missing.map((key) => chalk.yellow(`missing in new: ${key}`)),
    ...added.map((key) => `only in new: ${key}`),
  );
  if (machineDiffers.length > 0) {
    out.push(
      chalk.yellow(
        `not the same machine (${machineDiffers.join("; ")})${options.anyEnvironment ? "" : ": no verdict; --any-environment gives one"}`,
      ),
    );
  }
  out.push(
    "Medians, measured by the test itself. p: Mann-Whitney, after Holm's correction over all phases; interval: bootstrap, of the change.",
  );
  if (options.wallThreshold === null) out.push("No verdict without --wall-threshold.");
  return out.join("\n");
}

function groups(phases: readonly PhaseComparison[]): PhaseComparison[][] {
  const found = new Map<string, PhaseComparison[]>();
  for (const one of phases) {
    const key = `${one.case}\n${one.guestMode}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()];
}

function percent(fraction: number): string {
  return `${fraction > 0 ? "+" : ""}${(100 * fraction).toFixed(1)}%`;
}
