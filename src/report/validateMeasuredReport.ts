import type { MeasuredValidation } from "../cost/validateMeasured.js";
import { columnsOf } from "./columns.js";
import { ignoredWrites, skippedLines } from "./costReport.js";
import { phaseTables } from "./phaseTables.js";
import type { Style } from "./style.js";
import { formatNs, formatPercent } from "./units.js";
import { unpricedNote } from "./validateReport.js";
import { wrapLines } from "./wrapLines.js";

/** Modelled beside measured, phase by phase, and what was left out. */
export function validateMeasuredReport(validation: MeasuredValidation, style: Style): string {
  const { chalk } = style;
  const rows = validation.rows.map((row) => {
    const [low, high] = row.ci95Ns.map(formatNs) as [string, string];
    const cells = [
      formatNs(row.measuredNs),
      row.samples === 1 ? "one run" : row.hasInterval ? `${low} to ${high}` : `(${low} to ${high})`,
      formatNs(row.modelledNs),
      formatPercent(row.errorPercent / 100),
      row.inside === null ? "-" : row.inside ? "yes" : chalk.yellow("no"),
    ];
    return { label: row.label, cells };
  });
  const tables = phaseTables(
    columnsOf([], ["measured"], ["95% interval"], ["modelled", "error"], ["inside"]),
    rows,
    style,
  );
  const notes = [
    "Measured: median of the runs. (range) with fewer than 6 runs, lowest to highest. Counts are of Linux 7.3 " +
      "with the same options; " +
      "-m: the guest mode by its number there.",
    "Populating and disabling are not modelled. A fitted profile agrees with the runs it was fitted to: judge it " +
      "by others.",
    ...unpricedNote(validation.unpriced, validation.profile),
  ];
  if (validation.restsOnAssumptions) notes.push(chalk.yellow("Modelled times rest on assumed figures of the profile."));
  notes.push(...skippedLines(validation.skipped).map((line) => chalk.yellow(line)));
  notes.push(...ignoredWrites(validation.ignoredWritePercent).map((line) => chalk.yellow(line)));
  const title = chalk.bold(`Measured, and modelled with profile ${validation.profile}`);
  return `${wrapLines([title, "", tables, "", ...notes].join("\n"), style)}\n`;
}
