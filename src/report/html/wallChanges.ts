import type { CellComparison, WallMetric } from "../../compare/types.js";
import { columnsOf } from "../columns.js";
import { formatNs, formatPercent } from "../units.js";
import type { Plot } from "./charts/draw.js";
import { type IntervalRow, intervalsChart } from "./charts/intervals.js";
import type { Cell, Figure, FigureTable } from "./page.js";

/** Rows of one drawing; more cannot be told apart, and are in the table. */
export const MAX_ROWS = 60;

/** A wall time of a comparison, with what it is of. */
export interface WallCell {
  /** `strategy` is empty where there are none: measurements of real machines. */
  readonly cell: Pick<CellComparison, "scenario" | "strategy">;
  readonly metric: WallMetric;
}

/** What to see in changes of wall times. */
export function seen(threshold: number | null): string {
  const limit =
    threshold === null
      ? "no threshold is set"
      : `the dashed lines are the threshold, ${formatPercent(threshold).replace("+", "")}`;
  return (
    "Each dot is the change of a median with its 95% interval; an interval that meets zero tells of no change; " +
    `${limit}.`
  );
}

/** A drawing a case: names of strategies are short. */
export function wallFigures(plot: Plot, all: readonly WallCell[], threshold: number | null): readonly Figure[] {
  const largest = [...all].sort((a, b) => Math.abs(b.metric.change) - Math.abs(a.metric.change)).slice(0, MAX_ROWS);
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
  const name = cell.strategy === "" ? metric.part : `${cell.strategy}, ${metric.part}`;
  const title =
    `${name}: ${formatPercent(metric.change)} (95% interval ${formatPercent(low)} ` + `to ${formatPercent(high)})`;
  return { name, value: metric.change, low, high, title, alarm: metric.status === "regression" };
}

export function wallTable(all: readonly WallCell[]): FigureTable {
  const ns = (value: number): Cell => ({ value, text: formatNs(value) });
  const share = (value: number): Cell => ({ value, text: formatPercent(value) });
  return {
    columns: columnsOf(
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
