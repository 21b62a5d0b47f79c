import { formatNs } from "../../units.js";
import type { Markup } from "../markup.js";
import { durationTick } from "../numbers.js";
import { type ChartText, drawChart, type Plot } from "./draw.js";
import { linearTicks, scaleOf } from "./scale.js";
import { grid } from "./strategies.js";

/** A place on the axis with the parts that are stacked there. */
export interface StackPoint {
  readonly x: number;
  readonly values: readonly number[];
}

export interface StackOptions {
  readonly parts: readonly string[];
  readonly label: string;
  /** The same for all panels of a picture. */
  readonly max: number;
  /** The place that was asked about. */
  readonly mark: { readonly at: number; readonly title: string };
}

/** Parts stacked over an axis, modelled nanoseconds: who pays what as the place moves. */
export function stackChart(plot: Plot, text: ChartText, points: readonly StackPoint[], options: StackOptions): Markup {
  const { parts, max, mark } = options;
  const xs = points.map(({ x }) => x);
  const x = scaleOf({
    kind: "linear",
    domain: [Math.min(...xs), Math.max(...xs)],
    ticks: [1, 25, 50, 75, 100],
    format: (value) => `${value}%`,
  });
  const y = scaleOf({ kind: "linear", domain: [0, max], ticks: linearTicks(0, max), format: durationTick });
  const layers = parts.map((name, part) =>
    points.map((point) => {
      const from = point.values.slice(0, part).reduce((a, b) => a + b, 0);
      const value = point.values[part]!;
      return { x: point.x, from, to: from + value, title: `${name}, ${point.x}% writes: ${formatNs(value)}` };
    }),
  );
  return drawChart(plot, text, {
    marginLeft: 58,
    marginRight: 22,
    marginTop: 12,
    marginBottom: 38,
    height: 220,
    x: { ...x.axis, label: options.label, labelAnchor: "center", labelArrow: "none" },
    y: { ...y.axis, label: null },
    marks: [
      grid(plot, "y", y),
      ...layers.flatMap((layer, part) => [
        plot.areaY(layer, {
          x: "x",
          y1: "from",
          y2: "to",
          fill: `var(--p${part})`,
          fillOpacity: 0.85,
          className: `p${part}`,
        }),
        plot.line(layer, { x: "x", y: "to", stroke: "var(--ground)", strokeWidth: 1 }),
        plot.dot(layer, {
          x: "x",
          y: "to",
          r: 3,
          fill: `var(--p${part})`,
          stroke: "var(--ground)",
          className: `p${part}`,
          title: "title",
        }),
      ]),
      plot.ruleX([mark.at], { stroke: "var(--ink)", strokeDasharray: "3 3", title: () => mark.title }),
    ],
  });
}
