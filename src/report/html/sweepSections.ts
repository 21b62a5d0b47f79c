import type { Mmu } from "../../mmu/contract.js";
import { totalAt } from "../../mmu/counters.js";
import type { ResultFile, RunResult } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";
import { columnsOf } from "../columns.js";
import type { Plot } from "./charts/draw.js";
import { type Line, linesChart } from "./charts/lines.js";
import { grouped } from "./numbers.js";
import type { Cell, Figure, FigureTable, Group, KeyEntry, Section } from "./page.js";
import { type Axis, type Family, sweepOf } from "./sweepAxes.js";

/** What a sweep draws over its axis: exact figures of a run. */
interface Metric {
  readonly title: string;
  readonly see: string;
  readonly unit: string;
  readonly of: (run: RunResult) => number | undefined;
}

/** Panels of one picture; a page must stay small, and the table has them all. */
const MAX_PANELS = 12;
/** Panels of one picture that have a linear scale beside the log scale. */
const MAX_LINEAR = 8;

/**
 * Pictures of what changes along a sweep: over chunk sizes, else over coverage; none where a result
 * is no sweep.
 */
export function sweepGroups(plot: Plot, result: ResultFile, mmus: Mmus): Group[] {
  return [...mmus.values()].flatMap((mmu): Group[] => {
    const cases = result.scenarios.filter((scenario) => scenario.mmu === mmu.id);
    const sweep = sweepOf(cases);
    if (sweep === undefined) return [];
    const { axis, families } = sweep;
    const runs = new Map(result.runs.map((run) => [`${run.scenario}\n${run.strategy}`, run]));
    const sections = metricsOf(mmu).flatMap((metric) => sectionOf(plot, metric, axis, families, runs) ?? []);
    if (sections.length === 0) return [];
    const lead =
      `${mmu.title}: what changes with the ${axis.name}, a panel for each backing and mode; strategies that give ` +
      "one line are named together.";
    return [{ title: `Sweep over ${axis.label}`, lead, alarms: [], sections }];
  });
}

/**
 * Inspected, lock hold, top-ups and invalidations where the MMU counts them, by the paths that MMUs
 * share; else its headline figures.
 */
function metricsOf(mmu: Mmu): Metric[] {
  const sum = (run: RunResult, paths: readonly string[]) => {
    const parts = paths.flatMap((path) => totalAt(run.counts, path) ?? []);
    return parts.length === 0 ? undefined : parts.reduce((a, b) => a + b, 0);
  };
  const { shared } = mmu;
  if (shared === undefined) {
    return mmu.columns.map(({ path, heading }) => ({
      title: heading,
      see: `How ${heading} change.`,
      unit: mmu.counters.find((counter) => counter.path === path)?.unit ?? "",
      of: (run) => totalAt(run.counts, path),
    }));
  }
  const topups = mmu.counters.find(({ path }) => /(?:^|\/)topup/.test(path));
  return [
    {
      title: "Entries inspected",
      see: "The lower a line, the less its walks go over; where lines meet, the choice of strategy does not matter.",
      unit: "entries",
      of: (run) => sum(run, shared.inspected),
    },
    {
      title: "Entries inspected per lock hold",
      see:
        "How long vCPUs that fault may wait, in entries: all that are inspected, over the times that the lock is " +
        "dropped.",
      unit: "entries per drop of mmu_lock, mean",
      of: (run) => {
        const drops = sum(run, shared.lockDrops);
        const inspected = sum(run, shared.inspected);
        return drops === undefined || drops === 0 || inspected === undefined ? undefined : inspected / drops;
      },
    },
    ...(topups === undefined
      ? []
      : [
          {
            title: "Cache top-ups",
            see: "Each is a drop of the lock and a chance for others to go on; larger chunks need fewer.",
            unit: topups.unit,
            of: (run: RunResult) => totalAt(run.counts, topups.path),
          },
        ]),
    {
      title: "Invalidations",
      see: "What the split broadcasts to every CPU; a strategy that is right can change it only by chunk.",
      unit: "TLBIs or flushes",
      of: (run) => sum(run, shared.flushes),
    },
  ];
}

function sectionOf(
  plot: Plot,
  metric: Metric,
  axis: Axis,
  families: readonly Family[],
  runs: ReadonlyMap<string, RunResult>,
): Section | undefined {
  const names = [...new Set([...runs.values()].map(({ strategy }) => strategy))];
  const series = names
    .map((name) => ({ name, panels: families.map((family) => pointsOf(metric, axis, family, name, runs)) }))
    .filter(({ panels }) => panels.some((points) => points.length > 0));
  const values = series.flatMap(({ panels }) => panels.flat().map(({ y }) => y));
  if (values.length === 0 || values.every((value) => value === 0)) return undefined;
  const joined = joinEqual(series);
  const logDomain = [
    10 ** Math.floor(Math.log10(Math.min(...values.filter((value) => value > 0)))),
    Math.max(...values),
  ] as const;
  const low = values.includes(0) ? logDomain[0] / 3 : logDomain[0];
  const figures = families.slice(0, MAX_PANELS).map((family, panel): Figure => {
    const lines = joined.map(
      ({ label, panels }, place): Line => ({ name: label, place: place % 9, points: panels[panel]! }),
    );
    const shown = lines.filter(({ points }) => points.length > 0);
    const ticks = [...new Set(family.cases.map(({ x }) => x))];
    const text = {
      title: `${metric.title} over ${axis.label}, ${family.title}`,
      description: shown
        .map(
          ({ name, points }) =>
            `${name}: ${points.map(({ x, y }) => `${axis.format(x)} ${grouped(round(y))}`).join(", ")}`,
        )
        .join("; "),
    };
    const x = { label: axis.label, log: axis.log, ticks, format: axis.format };
    const common = { x, yLabel: metric.unit };
    const max = logDomain[1] === low ? low * 10 : logDomain[1] * 1.15;
    return {
      title: family.title,
      svg: linesChart(plot, text, shown, { ...common, scale: "log", yDomain: [low, max] }),
      ...(families.length > MAX_LINEAR
        ? {}
        : { linear: linesChart(plot, text, shown, { ...common, scale: "linear", yDomain: [0, Math.max(...values)] }) }),
    };
  });
  return {
    title: metric.title,
    see: metric.see,
    unit: metric.unit,
    kind: "exact",
    key: joined.map(({ label }, place): KeyEntry => ({ label, mark: `s${place % 9}`, shape: place, hides: true })),
    figures,
    warnings: [
      ...(series.some(({ panels }) => panels.flat().some(({ hollow }) => hollow))
        ? ["Hollow marks are of wrong results: entries that were passed over are no gain."]
        : []),
      ...(families.length > MAX_PANELS
        ? [`${MAX_PANELS} of ${families.length} panels are drawn; the table has them all.`]
        : []),
    ],
    table: sweepTable(series, families, axis, metric),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  readonly hollow: boolean;
}

function pointsOf(
  metric: Metric,
  axis: Axis,
  family: Family,
  strategy: string,
  runs: ReadonlyMap<string, RunResult>,
): Point[] {
  return family.cases.flatMap(({ x, scenario }): Point[] => {
    const run = runs.get(`${scenario.id}\n${strategy}`);
    const y = run === undefined ? undefined : metric.of(run);
    if (run === undefined || y === undefined) return [];
    const wrong = run.findings.length > 0;
    const title =
      `${strategy}, ${axis.label} ${axis.format(x)}: ${grouped(round(y))} ` +
      `${metric.unit}${wrong ? " (the result is wrong)" : ""}`;
    return [{ x, y, title, hollow: wrong }];
  });
}

/**
 * Strategies whose lines are the same in every panel are one line: nine that lie on each other
 * cannot be read.
 */
function joinEqual(series: readonly { readonly name: string; readonly panels: readonly (readonly Point[])[] }[]) {
  const joined: { label: string; key: string; panels: readonly (readonly Point[])[] }[] = [];
  for (const { name, panels } of series) {
    const key = JSON.stringify(panels.map((points) => points.map(({ x, y, hollow }) => [x, y, hollow])));
    const same = joined.find((one) => one.key === key);
    if (same === undefined) joined.push({ label: name, key, panels });
    else same.label += `, ${name}`;
  }
  return joined;
}

function sweepTable(
  series: readonly { readonly name: string; readonly panels: readonly (readonly Point[])[] }[],
  families: readonly Family[],
  axis: Axis,
  metric: Metric,
): FigureTable {
  const rows = families.flatMap((family, panel) =>
    family.cases.map(({ x }): Cell[] => [
      family.title,
      { value: x, text: axis.format(x) },
      ...series.map(({ panels }): Cell => {
        const point = panels[panel]!.find((one) => one.x === x);
        return point === undefined ? null : { value: point.y, text: grouped(round(point.y)) };
      }),
    ]),
  );
  const columns = columnsOf([`case, ${metric.unit}`], [axis.label, ...series.map(({ name }) => name)]);
  return { columns, rows };
}

function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
