import type { CellComparison, Comparison, ExactMetric, WallMetric } from "../../compare/types.js";
import type { CountValue } from "../../mmu/counters.js";
import { noteText, regressionsOf, summaryLine } from "../compareTable.js";
import { verdict } from "../findings.js";
import { formatNs, formatPercent } from "../units.js";
import { loadPlot, type Plot } from "./charts/draw.js";
import { type IntervalRow, intervalsChart } from "./charts/intervals.js";
import { grouped } from "./numbers.js";
import type { Cell, Group, Page, Section } from "./page.js";

/** Regressions that are told one by one. */
const MOST_ALARMS = 12;

/** Rows of one drawing; more cannot be told apart, and are in the table. */
const MOST_ROWS = 60;

/** The page of a comparison: what got worse, every counter that changed, wall times with their intervals and the threshold. */
export async function comparePage(comparison: Comparison): Promise<Page> {
  const regressions = regressionsOf(comparison);
  const sections = [countersSection(comparison), resultsSection(comparison)];
  if (comparison.summary.wall > 0) sections.push(wallSection(await loadPlot(), comparison));
  const groups: Group[] = [
    {
      title: regressions.length === 0 ? "No regression" : "Regressions",
      lead: summaryLine(comparison),
      alarms: [
        ...regressions.slice(0, MOST_ALARMS).map(({ text }) => text),
        ...(regressions.length > MOST_ALARMS
          ? [`and ${regressions.length - MOST_ALARMS} more, in the tables below`]
          : []),
      ],
      alarmWord: "Worse",
      sections: sections.filter(({ table }) => table.rows.length > 0),
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
    see: `Counters that are equal are left out; an increase beyond ${formatPercent(options.maxIncrease).replace("+", "")} is a regression.`,
    unit: "as each counter's name says",
    kind: "exact",
    key: [],
    figures: [],
    warnings: [],
    open: true,
    table: { columns: columns(["case", "strategy", "counter"], ["base", "new", "change"], ["status"]), rows },
  };
}

function resultsSection({ cells, missing, added }: Comparison): Section {
  const changed = cells.filter(({ findings }) => findings.status !== "equal");
  return {
    title: "Results and cases that changed",
    see: "Where a result was right and is wrong, or the other way round, and cases that only one side has.",
    unit: "right or wrong",
    kind: "exact",
    key: [],
    figures: [],
    warnings: [],
    open: true,
    table: {
      columns: columns(["case", "strategy", "base", "new", "status"], [], []),
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

/** A wall time of a comparison, with what it is of. */
interface WallCell {
  readonly cell: CellComparison;
  readonly metric: WallMetric;
}

function wallSection(plot: Plot, { cells, options }: Comparison): Section {
  const all = cells.flatMap((cell) => cell.wall.map((metric) => ({ cell, metric })));
  const { wallThreshold } = options;
  const limit =
    wallThreshold === null
      ? "no threshold is set"
      : `the dashed lines are the threshold, ${formatPercent(wallThreshold).replace("+", "")}`;
  return {
    title: "Wall time, new against base",
    see: `Each dot is the change of a median with its 95% interval; an interval that meets zero tells of no change; ${limit}.`,
    unit: "per cent of the base's median",
    kind: "measured",
    key: [],
    figures: wallFigures(plot, all, wallThreshold),
    warnings: all.length > MOST_ROWS ? [`The ${MOST_ROWS} largest changes of ${all.length} are drawn.`] : [],
    table: wallTable(all),
  };
}

/** A drawing a case: names of strategies are short. */
export function wallFigures(plot: Plot, all: readonly WallCell[], threshold: number | null): Section["figures"] {
  const largest = [...all].sort((a, b) => Math.abs(b.metric.change) - Math.abs(a.metric.change)).slice(0, MOST_ROWS);
  const shown = all.filter((one) => largest.includes(one));
  const rules = [
    { at: 0, alarm: false, title: "no change" },
    ...(threshold === null
      ? []
      : [-threshold, threshold].map((at) => ({ at, alarm: true, title: `threshold ${formatPercent(at)}` }))),
  ];
  return [...new Set(shown.map(({ cell }) => cell.scenario))].map((scenario) => {
    const rows = shown.filter(({ cell }) => cell.scenario === scenario).map(wallRow);
    const description = rows.map(({ title }) => title).join("; ");
    const text = { title: `Change of wall times on ${scenario}`, description };
    return { title: scenario, svg: intervalsChart(plot, text, rows, { format: formatPercent, rules }) };
  });
}

function wallRow({ cell, metric }: WallCell): IntervalRow {
  const [low, high] = metric.interval;
  const name = `${cell.strategy}, ${metric.part}`;
  const title = `${name}: ${formatPercent(metric.change)} (95% interval ${formatPercent(low)} to ${formatPercent(high)})`;
  return { name, value: metric.change, low, high, title, alarm: metric.status === "regression" };
}

export function wallTable(all: readonly WallCell[]): Section["table"] {
  const ns = (value: number): Cell => ({ value, text: formatNs(value) });
  const share = (value: number): Cell => ({ value, text: formatPercent(value) });
  return {
    columns: columns(
      ["case", "strategy", "part"],
      ["base", "new", "change", "95% from", "95% to", "p (Holm)", "samples, base", "samples, new"],
      ["status"],
    ),
    rows: all.map(({ cell, metric }): Cell[] => [
      cell.scenario,
      cell.strategy,
      metric.part,
      ns(metric.baseNs),
      ns(metric.nextNs),
      share(metric.change),
      share(metric.interval[0]),
      share(metric.interval[1]),
      { value: metric.pHolm, text: metric.pHolm.toPrecision(2) },
      ...metric.samples,
      metric.status,
    ]),
  };
}

function columns(before: readonly string[], figures: readonly string[], after: readonly string[]) {
  return [
    ...before.map((heading) => ({ heading, figure: false })),
    ...figures.map((heading) => ({ heading, figure: true })),
    ...after.map((heading) => ({ heading, figure: false })),
  ];
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
