import type { NoiseReport } from "../compare/noise.js";
import type { CellComparison, Comparison } from "../compare/types.js";
import { clip } from "../errors.js";
import { groupBy, nonEmpty } from "../lists.js";
import { columnsOf } from "./columns.js";
import { plural } from "./compareTable.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatNs, formatPercent } from "./units.js";
import { wrapLines } from "./wrapLines.js";

/**
 * An A/A check as text: the change of every wall time though nothing changed, and what follows for
 * a gate.
 */
export function noiseText(report: NoiseReport, comparisons: readonly Comparison[], style: Style): string {
  const cells = comparisons.flatMap((one) => one.cells);
  const tables = [...groupBy(cells, ({ scenario }) => scenario)].map(
    ([scenario, own]) => `${style.chalk.bold(clip(scenario))}\n${changesTable(own, style)}`,
  );
  const [{ options }] = nonEmpty(comparisons);
  const lines = [
    tables.join("\n\n"),
    "",
    `Counts are equal in ${plural(2 * comparisons.length, "run")}. Of ${plural(report.comparisons, "wall time")} ` +
      "of the same code, " +
      `${report.falseAlarms} would be called changed at alpha ${options.alpha} (after Holm's correction); the ` +
      "largest change of a median is " +
      `${formatPercent(report.largestChange)}.`,
    `Suggested: --wall-threshold ${(100 * report.suggestedThreshold).toFixed(0)}% (beyond the 95% interval of ` +
      "every change seen here).",
  ];
  if (report.falseAlarms > 0) {
    lines.push(
      "Whole runs differ on this machine by more than their samples show: without a threshold a gate would cry wolf.",
    );
  }
  return wrapLines(lines.join("\n"), style);
}

function changesTable(cells: readonly CellComparison[], style: Style): string {
  const columns = columnsOf(["strategy, part"], ["first", "second", "change"], ["95% interval"]);
  const rows = cells.flatMap(({ strategy, wall }) =>
    wall.map((metric) => [
      `${clip(strategy)}, ${metric.part}`,
      formatNs(metric.baseNs),
      formatNs(metric.nextNs),
      formatPercent(metric.change),
      `${formatPercent(metric.interval[0])} to ${formatPercent(metric.interval[1])}`,
    ]),
  );
  return grid(columns, rows, style);
}
