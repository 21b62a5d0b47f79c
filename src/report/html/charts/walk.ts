import type { Markup } from "../markup.js";
import { tickText } from "../numbers.js";
import { CHART_WIDTH, type ChartText, drawChart, type Plot } from "./draw.js";
import { linearTicks, scaleOf } from "./scale.js";
import { grid } from "./strategies.js";

/** A step of a walk, as places in guest memory. */
export interface WalkPoint {
  readonly step: number;
  /** Where the walk's address stands, in bytes. */
  readonly address: number;
  /**
   * The byte of the entry's span that is nearest to the address: the address itself, where the
   * entry covers it.
   */
  readonly entry: number;
  readonly outside: boolean;
  readonly title: string;
}

const HEIGHT = 240;

/**
 * The walk's address as a line and the entries that it reads as dots, over its steps: where the two
 * part, the walk has lost its way.
 */
export function walkChart(plot: Plot, text: ChartText, points: readonly WalkPoint[]): Markup {
  const places = points.flatMap(({ address, entry }) => [address, entry]);
  const [min, max] = [Math.min(...places), Math.max(...places)];
  const format = (value: number) => `0x${Math.round(value).toString(16)}`;
  const ticks = max === min ? [min] : [min, (min + max) / 2, max];
  const y = scaleOf({ kind: "linear", domain: [min, max === min ? max + 1 : max], ticks, format });
  const steps = [1, Math.max(2, points.length)] as const;
  const x = scaleOf({ kind: "linear", domain: steps, ticks: linearTicks(...steps), format: tickText });
  const shown = thinned(points, min, max);
  return drawChart(plot, text, {
    height: HEIGHT,
    marginLeft: 14 + 7.9 * Math.max(...ticks.map((tick) => format(tick).length)),
    marginRight: 16,
    marginTop: 22,
    marginBottom: 38,
    x: { ...x.axis, label: "step", labelAnchor: "center", labelArrow: "none" },
    y: { ...y.axis, label: "guest physical address", labelArrow: "none" },
    marks: [
      grid(plot, "y", y),
      plot.line(shown, {
        x: "step",
        y: "address",
        stroke: "var(--p1)",
        strokeWidth: 2,
        curve: "step-after",
        className: "p1",
      }),
      plot.dot(
        shown.filter(({ outside }) => !outside),
        { x: "step", y: "entry", r: 2.5, fill: "var(--p0)", className: "p0", title: "title" },
      ),
      plot.dot(
        shown.filter(({ outside }) => outside),
        { x: "step", y: "entry", r: 4, symbol: "times", stroke: "var(--alarm)", strokeWidth: 2, title: "title" },
      ),
    ],
  });
}

/** One step a place of the drawing: ten thousand steps are more than it has pixels. */
function thinned(points: readonly WalkPoint[], min: number, max: number): WalkPoint[] {
  const seen = new Set<string>();
  const row = (place: number) => Math.round(((place - min) / (max - min || 1)) * HEIGHT);
  return points.filter(({ step, address, entry, outside }) => {
    const place = `${Math.round((step / points.length) * 2 * CHART_WIDTH)} ${row(address)} ${row(entry)} ${outside}`;
    if (seen.has(place)) return false;
    seen.add(place);
    return true;
  });
}
