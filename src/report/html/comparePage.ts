import type { Comparison, ExactMetric } from "../../compare/types.js";
import type { CountValue } from "../../mmu/counters.js";
import { columnsOf } from "../columns.js";
import { noteText, regressionsOf, summaryLine } from "../compareTable.js";
import { verdict } from "../findings.js";
import { formatPercent } from "../units.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { grouped } from "./numbers.js";
import type { Cell, Group, Page, Section } from "./page.js";
import { MAX_ROWS, seen, wallFigures, wallTable } from "./wallChanges.js";

/** Regressions that are told one by one. */
const MAX_ALARMS = 12;

/**
 * The page of a comparison: what got worse, every counter that changed, wall times with their
 * intervals and the threshold.
 */
export async function comparePage(comparison: Comparison): Promise<Page> {
  const regressions = regressionsOf(comparison);
  const sections = [countersSection(comparison), resultsSection(comparison)];
  if (comparison.summary.wall > 0) sections.push(wallSection(await loadPlot(), comparison));
  const groups: Group[] = [
    {
      title: regressions.length === 0 ? "No regression" : "Regressions",
      lead: summaryLine(comparison),
      alarms: [
        ...regressions.slice(0, MAX_ALARMS).map(({ text }) => text),
        ...(regressions.length > MAX_ALARMS
          ? [`and ${regressions.length - MAX_ALARMS} more, in the tables below`]
          : []),
      ],
      alarmWord: "Worse",
      sections: sections.filter(({ table }) => table !== undefined && table.rows.length > 0),
    },
  ];
  return {
    title: "Two results compared",
    lead: "What changed from the first result to the second, figure by figure, and whether a walker got worse.",
    facts: [
      { name: "Base", value: comparison.base.paths.join(", ") },
      { name: "New", value: comparison.next.paths.join(", ") },
    ],
    groups,
    notes: [
      "Counts are exact: any change is one of the program. Wall times are measured, of the simulation on its host.",
      ...comparison.notes.map(noteText),
    ],
  };
}

function countersSection({ cells, options }: Comparison): Section {
  const rows = cells.flatMap((cell) =>
    cell.exact
      .filter(({ status }) => status !== "equal")
      .map((metric): Cell[] => [
        cell.scenario,
        cell.strategy,
        metric.label,
        valueCell(metric.base),
        valueCell(metric.next),
        changeCell(metric),
        metric.status,
      ]),
  );
  return {
    title: "Counters that changed",
    see:
      "Counters that are equal are left out; an increase beyond " +
      `${formatPercent(options.maxIncrease).replace("+", "")} is a regression.`,
    unit: "as each counter's name says",
    kind: "exact",
    open: true,
    table: { columns: columnsOf(["case", "strategy", "counter"], ["base", "new", "change"], ["status"]), rows },
  };
}

function resultsSection({ cells, missing, added }: Comparison): Section {
  const changed = cells.filter(({ findings }) => findings.status !== "equal");
  return {
    title: "Results and cases that changed",
    see: "Where a result was right and is wrong, or the other way round, and cases that only one side has.",
    unit: "right or wrong",
    kind: "exact",
    open: true,
    table: {
      columns: columnsOf(["case", "strategy", "base", "new", "status"], [], []),
      rows: [
        ...changed.map(({ scenario, strategy, findings }): Cell[] => [
          scenario,
          strategy,
          verdict(findings.base),
          verdict(findings.next),
          findings.status,
        ]),
        ...missing.map(({ scenario, strategy }): Cell[] => [scenario, strategy, "there", "missing", "missing"]),
        ...added.map(({ scenario, strategy }): Cell[] => [scenario, strategy, "not there", "there", "new"]),
      ],
    },
  };
}

function wallSection(plot: Plot, { cells, options }: Comparison): Section {
  const all = cells.flatMap((cell) => cell.wall.map((metric) => ({ cell, metric })));
  const { wallThreshold } = options;
  return {
    title: "Wall time, new against base",
    see: seen(wallThreshold),
    unit: "per cent of the base's median",
    kind: "measured",
    figures: wallFigures(plot, all, wallThreshold),
    warnings: all.length > MAX_ROWS ? [`The ${MAX_ROWS} largest changes of ${all.length} are drawn.`] : [],
    table: wallTable(all),
  };
}

function valueCell(value: CountValue | undefined): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === "object") return JSON.stringify(value);
  return typeof value === "number" ? { value, text: grouped(value) } : value;
}

function changeCell({ change }: ExactMetric): Cell {
  if (change === null) return "";
  return Number.isFinite(change) ? { value: change, text: formatPercent(change) } : "from none";
}
