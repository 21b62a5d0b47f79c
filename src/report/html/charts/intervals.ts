import type { Markup } from "../markup.js";
import { CHART_WIDTH, type ChartText, drawChart, labelRoom, type Plot, shortName } from "./draw.js";
import { scaleOf } from "./scale.js";
import { grid, rowAxis } from "./strategies.js";

/**
 * A figure with the interval that it is known to lie in, and the same from elsewhere where there is
 * one to hold it against.
 */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly title: string;
  /** A second figure, without an interval: a model's. */
  readonly other?: { readonly value: number; readonly title: string; readonly hollow: boolean };
  readonly alarm?: boolean;
}

export interface IntervalsOptions {
  readonly format: (value: number) => string;
  /** Lines across all rows: zero, thresholds, limits. */
  readonly rules: readonly { readonly at: number; readonly alarm: boolean; readonly title: string }[];
}

const ROW = 24;

/** A dot with its interval, a row a figure; a square for the second figure. */
export function intervalsChart(
  plot: Plot,
  text: ChartText,
  rows: readonly IntervalRow[],
  { format, rules }: IntervalsOptions,
): Markup {
  const ends = [
    ...rows.flatMap(({ low, high, value, other }) => [low, high, value, other?.value ?? value]),
    ...rules.map(({ at }) => at),
  ];
  const [min, max] = [Math.min(...ends), Math.max(...ends)];
  const room = (max - min || Math.abs(max) || 1) * 0.05;
  const domain = [min - room, max + room] as const;
  const marginLeft = labelRoom(rows.map(({ name }) => shortName(name, 28)));
  const x = scaleOf({ kind: "linear", domain, format, room: CHART_WIDTH - marginLeft });
  const colour = ({ alarm }: IntervalRow) => (alarm === true ? "var(--alarm)" : "var(--p0)");
  return drawChart(plot, text, {
    marginLeft,
    marginRight: 24,
    marginTop: 4,
    marginBottom: 26,
    height: rows.length * ROW + 34,
    x: { ...x.axis, label: null },
    y: { ...rowAxis(rows, 28), type: "point", padding: 0.6 },
    marks: [
      grid(plot, "x", x),
      plot.ruleX(rules, {
        x: "at",
        stroke: ({ alarm }) => (alarm ? "var(--alarm)" : "var(--ink)"),
        strokeDasharray: "5 3",
        title: "title",
      }),
      plot.ruleY(rows, {
        y: (_: IntervalRow, row: number) => row,
        x1: "low",
        x2: "high",
        stroke: colour,
        strokeWidth: 2.5,
        className: "p0",
        title: "title",
      }),
      plot.dot(rows, {
        x: "value",
        y: (_: IntervalRow, row: number) => row,
        r: 4.5,
        fill: colour,
        className: "p0",
        title: "title",
      }),
      plot.dot(
        rows.flatMap(({ other }, row) => (other === undefined ? [] : [{ ...other, row }])),
        {
          x: "value",
          y: "row",
          symbol: "square",
          r: 4.5,
          fill: ({ hollow }) => (hollow ? "var(--ground)" : "var(--p1)"),
          stroke: "var(--p1)",
          strokeWidth: 1.5,
          className: "p1",
          title: "title",
        },
      ),
    ],
  });
}
