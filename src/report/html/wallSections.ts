import type { RunResult, WallSeries } from "../../results/types.js";
import { quantile } from "../../stats/statistics.js";
import { columnsOf } from "../columns.js";
import { formatChange, formatNs } from "../units.js";
import type { Plot } from "./charts/draw.js";
import { type WallRow, wallChart } from "./charts/wall.js";
import type { Cell, FigureTable, Section } from "./page.js";

/**
 * An interval wider than this share of its median, or quartiles that are: the series says little.
 */
const WIDE = 0.2;

/** Titles of the parts that MMUs time; a part without one is called by its id. */
const PARTS: Readonly<Record<string, string>> = {
  split: "Wall time of the split walks alone",
  ioctl: "Wall time of the whole ioctl: write-protect and split",
};

/** Wall times of a case, a picture a part; none where they were not measured. */
export function wallSections(plot: Plot | null, name: string, runs: readonly RunResult[], baseline: string): Section[] {
  const parts = [...new Set(runs.flatMap(({ wall }) => Object.keys(wall ?? {})))];
  return parts.map((part) => {
    const rows = runs.flatMap((run): WallRow[] => {
      const series = run.wall?.[part];
      return series === undefined ? [] : [{ ...series, name: run.strategy, wrong: run.findings.length > 0 }];
    });
    const title = PARTS[part] ?? `Wall time of ${part}`;
    return {
      title,
      see:
        "Every sample is a tick, the bar is the 95% interval of the median and the dot is the median: rows whose " +
        "bars overlap are not told apart.",
      unit: "nanoseconds of this simulation, not of a kernel",
      kind: "measured",
      key: [
        { label: "a sample", mark: "s0", shape: "line" },
        { label: "95% interval of the median", mark: "p1", shape: "box" },
        { label: "median", mark: "p0", shape: 0 },
      ],
      figures: plot === null ? [] : [figure(plot, title, name, rows)],
      warnings: spreadWarnings(rows),
      table: wallTable(runs, part, baseline),
    };
  });
}

function figure(plot: Plot, title: string, name: string, rows: readonly WallRow[]) {
  const medians = rows.map((row) => `${row.name} ${formatNs(row.medianNs)}`).join("; ");
  const text = { title: `${title} on ${name}, by strategy`, description: `Medians: ${medians}.` };
  return {
    title: `All samples on ${name}`,
    svg: wallChart(plot, { ...text, title: `${text.title}, log scale` }, rows, "log"),
    linear: wallChart(plot, { ...text, title: `${text.title}, linear scale` }, rows, "linear"),
  };
}

/** What a reader must know of series that spread widely. */
export function spreadWarnings(rows: readonly Pick<WallRow, "name" | "samplesNs" | "medianNs" | "ci95Ns">[]): string[] {
  const wide = rows.filter(({ samplesNs, medianNs, ci95Ns }) => {
    const quartiles = quantile(samplesNs, 0.75) - quantile(samplesNs, 0.25);
    return Math.max(ci95Ns[1] - ci95Ns[0], quartiles) > WIDE * medianNs;
  });
  if (wide.length === 0) return [];
  const names = wide.map(({ name }) => name).join(", ");
  return [
    `The samples of ${names} spread widely: half of them, or the interval of the median, take more than ` +
      `${WIDE * 100}% of it. Measure on a quiet host, or with more --runs, before you compare.`,
  ];
}

function wallTable(runs: readonly RunResult[], part: string, baseline: string): FigureTable {
  const base = runs.find(({ strategy }) => strategy === baseline)?.wall?.[part];
  const rows = runs.flatMap((run): Cell[][] => {
    const series = run.wall?.[part];
    return series === undefined ? [] : [[run.strategy, ...seriesCells(series, base)]];
  });
  const figures = ["median", "95% from", "95% to", "min", "max", "mean", "standard deviation", "samples", "change"];
  return {
    columns: columnsOf(["strategy"], figures),
    rows,
  };
}

function seriesCells(series: WallSeries, base: WallSeries | undefined): Cell[] {
  const ns = (value: number): Cell => ({ value, text: formatNs(value) });
  const { medianNs, ci95Ns, minNs, maxNs, meanNs, stdevNs, samplesNs } = series;
  const change: Cell =
    base === undefined || base === series || base.medianNs === 0
      ? ""
      : { value: medianNs / base.medianNs - 1, text: formatChange(base.medianNs, medianNs) };
  return [
    ns(medianNs),
    ns(ci95Ns[0]),
    ns(ci95Ns[1]),
    ns(minNs),
    ns(maxNs),
    ns(meanNs),
    ns(stdevNs),
    samplesNs.length,
    change,
  ];
}
