import type { MeasurementComparison } from "../compare/measurements.js";
import type { WallMetric } from "../compare/types.js";
import { groupBy } from "../lists.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatNs, formatPercent } from "./units.js";
import { wrapLines } from "./wrapLines.js";

const VERDICT: Readonly<Record<WallMetric["status"], string>> = {
  "not-gated": "",
  noise: "no change that the tests confirm",
  "too-few": "too few runs to tell",
  improvement: "faster",
  changed: "changed",
  regression: "SLOWER",
};

const COLUMNS = columnsOf(["phase"], ["base", "new", "change", "95% interval", "p", "runs"], [""]);

/**
 * Two measurements side by side, a table for each case and guest mode. Times are the selftest's
 * own, on real machines.
 */
export function measureCompareText(comparison: MeasurementComparison, style: Style): string {
  const { chalk } = style;
  const { kernels, machineDiffers, missing, added, options } = comparison;
  const out: string[] = [];
  if (kernels.some((kernel) => kernel !== null))
    out.push(`kernels: ${kernels.map((kernel) => kernel ?? "not known").join(" -> ")}`, "");
  for (const group of groupBy(comparison.phases, (one) => `${one.case}\n${one.guestMode}`).values()) {
    out.push(chalk.bold(group[0].case), group[0].guestMode ?? "guest mode not known");
    const rows = group.map(({ metric }) => [
      metric.part,
      formatNs(metric.baseNs),
      formatNs(metric.nextNs),
      formatPercent(metric.change),
      `${formatPercent(metric.interval[0])} .. ${formatPercent(metric.interval[1])}`,
      metric.pHolm.toPrecision(2),
      metric.samples.join("/"),
      coloured(metric.status, chalk),
    ]);
    out.push(grid(COLUMNS, rows, style));
    out.push("");
  }
  out.push(
    ...missing.map((key) => chalk.yellow(`missing in new: ${key}`)),
    ...added.map((key) => `only in new: ${key}`),
  );
  if (machineDiffers.length > 0) {
    out.push(
      chalk.yellow(
        "not the same machine " +
          `(${machineDiffers.join("; ")})${options.anyEnvironment ? "" : ": no verdict; --any-environment gives one"}`,
      ),
    );
  }
  out.push(
    "Medians, measured by the test itself. p: Mann-Whitney, after Holm's correction over all phases; interval: " +
      "bootstrap, of the change.",
  );
  if (options.wallThreshold === null) out.push("No verdict without --wall-threshold.");
  return wrapLines(out.join("\n"), style);
}

function coloured(status: WallMetric["status"], chalk: Style["chalk"]): string {
  const words = VERDICT[status];
  if (status === "regression") return chalk.red(words);
  return status === "improvement" ? chalk.green(words) : words;
}
