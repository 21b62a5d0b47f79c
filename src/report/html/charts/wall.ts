import { formatNs } from "../../units.js";
import type { Markup } from "../markup.js";
import { durationTick } from "../numbers.js";
import { CHART_WIDTH, type ChartText, drawChart, labelRoom, type Plot, shortName } from "./draw.js";
import { type Scale, scaleOf } from "./scale.js";
import { grid, rowAxis } from "./strategies.js";

export interface WallRow {
  readonly name: string;
  readonly samplesNs: readonly number[];
  readonly medianNs: number;
  /** 95% interval of the median. */
  readonly ci95Ns: readonly [number, number];
  readonly wrong: boolean;
}

const ROW = 30;

/**
 * All samples as ticks, the 95% interval of the median as a bar, the median as a dot: a row a
 * strategy.
 */
export function wallChart(plot: Plot, text: ChartText, rows: readonly WallRow[], scale: "log" | "linear"): Markup {
  const all = rows.flatMap(({ samplesNs }) => samplesNs);
  const domain: readonly [number, number] = scale === "log" ? logDomain(all) : [0, Math.max(...all)];
  const marginLeft = labelRoom(rows.map(({ name }) => shortName(name)));
  const x = scaleOf({ kind: scale, domain, format: durationTick, room: CHART_WIDTH - marginLeft });
  return drawChart(plot, text, {
    marginLeft,
    marginRight: 26,
    marginTop: 4,
    marginBottom: 26,
    height: rows.length * ROW + 30,
    x: { ...x.axis, label: null },
    y: { ...rowAxis(rows), type: "band", padding: 0.3 },
    marks: [
      grid(plot, "x", x),
      plot.barX(rows, {
        x1: ({ ci95Ns }) => x.at(ci95Ns[0]),
        x2: ({ ci95Ns }) => x.at(ci95Ns[1]),
        y: (_: WallRow, row: number) => row,
        fill: "var(--p1)",
        className: "p1",
        title: ({ name, ci95Ns }) =>
          `${name}: 95% interval of the median, ${formatNs(ci95Ns[0])} to ${formatNs(ci95Ns[1])}`,
      }),
      plot.tickX(drawn(rows, x), {
        x: "at",
        y: "row",
        stroke: "var(--ink)",
        strokeOpacity: 0.5,
        inset: 2,
        title: "title",
      }),
      plot.dot(rows, {
        x: ({ medianNs }) => x.at(medianNs),
        y: (_: WallRow, row: number) => row,
        r: 4,
        fill: "var(--p0)",
        stroke: "var(--ground)",
        className: "p0",
        title: ({ name, medianNs }) => `${name}: median ${formatNs(medianNs)}`,
      }),
    ],
  });
}

function logDomain(samples: readonly number[]): [number, number] {
  const min = Math.max(1, Math.min(...samples));
  const max = Math.max(min * 1.01, ...samples);
  return [min / 1.1, max * 1.1];
}

/** One tick a place: of ten thousand samples those that fall on one half pixel look the same. */
function drawn(rows: readonly WallRow[], { at, axis }: Scale) {
  const [from, to] = axis.domain;
  return rows.flatMap(({ name, samplesNs }, row) => {
    const places = new Map<number, number>();
    for (const ns of samplesNs) places.set(Math.round(((at(ns) - from) / (to - from)) * 2 * CHART_WIDTH), ns);
    return [...places.values()].map((ns) => ({ at: at(ns), row, title: `${name}: a sample, ${formatNs(ns)}` }));
  });
}
