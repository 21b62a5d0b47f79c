import type { Markup } from "../markup.js";
import { SYMBOLS } from "../shapes.js";
import { type ChartText, drawChart, type Plot } from "./draw.js";
import { scaleOf } from "./scale.js";
import { grid } from "./strategies.js";

/** A line of points; its colour and symbol are those of its place. */
export interface Line {
  readonly name: string;
  /** 0 to 8: class `s0` to `s8`. */
  readonly place: number;
  readonly points: readonly LinePoint[];
}

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  /** Drawn as the symbol's outline: a wrong result, or a figure that a model was fitted to. */
  readonly hollow?: boolean;
  /** What was published of the spread, or an interval. */
  readonly range?: readonly [number, number];
}

export interface LinesOptions {
  readonly x: {
    readonly label: string;
    readonly log: boolean;
    readonly ticks: readonly number[];
    readonly format: (x: number) => string;
  };
  /** The same for all panels of a picture, so that they can be compared. */
  readonly yDomain: readonly [number, number];
  readonly yLabel: string;
  /** How a value of the upright axis reads; default a count. */
  readonly yFormat?: (value: number) => string;
  readonly scale: "log" | "linear";
  readonly height?: number;
}

/** Lines with a symbol at each point. On a log scale zero lies on the bottom edge. */
export function linesChart(plot: Plot, text: ChartText, lines: readonly Line[], options: LinesOptions): Markup {
  const xs = lines.flatMap(({ points }) => points.map((point) => point.x));
  const { ticks, format } = options.x;
  const x = scaleOf({
    kind: options.x.log ? "log" : "linear",
    domain: [Math.min(...xs), Math.max(...xs)],
    ticks,
    format,
  });
  const { yFormat } = options;
  const y = scaleOf({
    kind: options.scale,
    domain: options.yDomain,
    ...(yFormat === undefined ? {} : { format: yFormat }),
  });
  const at = { x: (point: LinePoint) => x.at(point.x), y: (point: LinePoint) => y.at(point.y) };
  return drawChart(plot, text, {
    marginLeft: yFormat === undefined ? 46 : 60,
    marginRight: 20,
    marginTop: options.yLabel === "" ? 10 : 22,
    marginBottom: 38,
    height: options.height ?? 230,
    x: { ...x.axis, inset: 10, label: options.x.label, labelAnchor: "center", labelArrow: "none" },
    y: { ...y.axis, label: options.yLabel || null, labelArrow: "none" },
    marks: [
      grid(plot, "y", y),
      ...lines.flatMap(({ place, points }) => {
        const className = `s${place}`;
        const colour = `var(--s${place})`;
        const ranged = points.flatMap(({ x, range }) =>
          range === undefined ? [] : [{ x, low: range[0], high: range[1] }],
        );
        return [
          plot.line(points, { ...at, stroke: colour, strokeWidth: 1.8, className }),
          ...(ranged.length === 0
            ? []
            : [
                plot.ruleX(ranged, {
                  x: "x",
                  y1: "low",
                  y2: "high",
                  stroke: colour,
                  className,
                }),
              ]),
          plot.dot(points, {
            ...at,
            r: 4,
            symbol: SYMBOLS[place % SYMBOLS.length]!,
            fill: (point) => (point.hollow === true ? "var(--ground)" : colour),
            stroke: colour,
            className,
            title: "title",
          }),
        ];
      }),
    ],
  });
}
