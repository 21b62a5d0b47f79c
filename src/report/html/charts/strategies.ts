import type { Markup } from "../markup.js";
import { grouped, tickText } from "../numbers.js";
import { CHART_WIDTH, type ChartText, drawChart, labelRoom, type Plot, shortName } from "./draw.js";
import { type Scale, scaleOf } from "./scale.js";

/** A strategy's figures: the parts of a whole, in the order of the parts. */
export interface PartsRow {
  readonly name: string;
  readonly values: readonly number[];
  /** The result is wrong: its bar is hollow and says so, for what was not done costs nothing. */
  readonly wrong: boolean;
}

const ROW = 26;
/**
 * Room to the right of the longest bar for its total, and for the word beside the total of a wrong
 * result.
 */
const TOTAL = 62;
const WRONG_TOTAL = 102;

/** What a chart of parts has beside its figures. */
export interface PartsOptions {
  /** How a value reads on the axis and beside its mark; default a count. */
  readonly format?: (value: number) => string;
  /** A limit across all rows. */
  readonly limit?: { readonly at: number; readonly title: string };
  /** Default: a column of a page. */
  readonly width?: number;
}

/** Bars, a row a strategy, of parts that add up to a whole; the whole is written at the end. */
export function partsChart(
  plot: Plot,
  text: ChartText,
  rows: readonly PartsRow[],
  parts: readonly string[],
  { format, width = CHART_WIDTH }: PartsOptions = {},
): Markup {
  const told = format ?? grouped;
  const short = format ?? tickText;
  const bars = rows.flatMap(({ name, values, wrong }, row) =>
    values.map((value, part) => ({
      row,
      start: values.slice(0, part).reduce((a, b) => a + b, 0),
      value,
      part,
      wrong,
      title: `${name}, ${parts[part]}: ${told(value)}${wrong ? " (the result is wrong)" : ""}`,
    })),
  );
  const totals = rows.map(({ values, wrong }, row) => ({
    row,
    total: values.reduce((a, b) => a + b, 0),
    wrong,
  }));
  const marginLeft = labelRoom(rows.map(({ name }) => shortName(name)));
  const max = Math.max(1, ...totals.map(({ total }) => total));
  const marginRight = rows.some(({ wrong }) => wrong) ? WRONG_TOTAL : TOTAL;
  const room = width - marginLeft - marginRight;
  const x = scaleOf({ kind: "linear", domain: [0, max], format: short, room });
  return drawChart(plot, text, {
    width,
    marginLeft,
    marginRight,
    marginTop: 4,
    marginBottom: 26,
    height: rows.length * ROW + 30,
    x: { ...x.axis, label: null },
    y: { ...rowAxis(rows), type: "band", padding: 0.25 },
    marks: [
      grid(plot, "x", x),
      ...parts.map((_, part) =>
        plot.barX(
          bars.filter((bar) => bar.part === part),
          {
            x1: "start",
            x2: ({ start, value }) => start + value,
            y: "row",
            fill: `var(--p${part})`,
            fillOpacity: (bar) => (bar.wrong ? 0.25 : 1),
            stroke: `var(--p${part})`,
            className: `p${part}`,
            title: "title",
            insetTop: 1,
            insetBottom: 1,
          },
        ),
      ),
      plot.text(
        totals.filter(({ wrong }) => !wrong),
        totalText("", short),
      ),
      plot.text(
        totals.filter(({ wrong }) => wrong),
        totalText("wrong", short),
      ),
    ],
  });
}

function totalText(className: string, short: (value: number) => string) {
  return {
    x: "total",
    y: "row",
    text: ({ total, wrong }: { total: number; wrong: boolean }) => (wrong ? `${short(total)} wrong` : short(total)),
    textAnchor: "start",
    dx: 5,
    ...(className === "" ? {} : { className }),
  } as const;
}

/**
 * An axis of names: the rows go by their places, so that two names that are shortened to one stay
 * two.
 */
export function rowAxis(rows: readonly { readonly name: string }[], letters?: number) {
  return {
    domain: rows.map((_, row) => row),
    tickFormat: (row: number) => shortName(rows[row]!.name, letters),
    label: null,
    tickSize: 0,
  };
}

/** Lines across a chart at the ticks of one axis. */
export function grid(plot: Plot, axis: "x" | "y", { ticks }: Scale) {
  const style = { className: "grid", stroke: "var(--line)", strokeOpacity: 1 };
  return axis === "x" ? plot.gridX([...ticks], style) : plot.gridY([...ticks], style);
}

/**
 * Dots on a log axis, a row a strategy and a symbol a part: for figures that span decades. Hollow:
 * zero, at the left edge, or a wrong result.
 */
export function logChart(
  plot: Plot,
  text: ChartText,
  rows: readonly PartsRow[],
  parts: readonly string[],
  { format, limit }: PartsOptions = {},
): Markup {
  const told = format ?? grouped;
  const dots = rows.flatMap(({ name, values, wrong }, row) =>
    values.map((value, part) => ({
      row,
      at: Math.max(value, 0.5),
      part,
      hollow: value === 0 || wrong,
      zero: value === 0,
      title: `${name}, ${parts[part]}: ${told(value)}${wrong ? " (the result is wrong)" : ""}`,
    })),
  );
  const max = Math.max(10, ...dots.map(({ at }) => at));
  const min = dots.some(({ zero }) => zero) ? 0.5 : 10 ** Math.floor(Math.log10(Math.min(...dots.map(({ at }) => at))));
  const domain =
    limit === undefined ? ([min, max] as const) : ([Math.min(min, limit.at / 2), Math.max(max, 2 * limit.at)] as const);
  const marginLeft = labelRoom(rows.map(({ name }) => shortName(name)));
  const room = CHART_WIDTH - marginLeft;
  const x = scaleOf({ kind: "log", domain, room, ...(format === undefined ? {} : { format }) });
  return drawChart(plot, text, {
    marginLeft,
    marginRight: 28,
    marginTop: 4,
    marginBottom: 26,
    height: rows.length * ROW + 30,
    x: { ...x.axis, label: null },
    y: { ...rowAxis(rows), type: "point", padding: 0.6 },
    marks: [
      grid(plot, "x", x),
      plot.ruleY(rows, {
        y: (_: PartsRow, row: number) => row,
        x1: () => x.at(0),
        x2: ({ values }) => x.at(Math.max(...values)),
        stroke: "var(--line)",
      }),
      ...(limit === undefined
        ? []
        : [plot.ruleX([x.at(limit.at)], { stroke: "var(--alarm)", strokeDasharray: "5 3", title: () => limit.title })]),
      ...parts.map((_, part) =>
        plot.dot(
          dots.filter((dot) => dot.part === part),
          {
            x: ({ at }) => x.at(at),
            y: "row",
            r: 5,
            symbol: part === 0 ? "circle" : part === 1 ? "square" : "triangle",
            fill: (dot) => (dot.hollow ? "var(--ground)" : `var(--p${part})`),
            stroke: `var(--p${part})`,
            className: `p${part}`,
            title: "title",
          },
        ),
      ),
    ],
  });
}
