import { zip } from "../lists.js";
import type { Mmu, TotalsSpec } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { RunResult, WallSeries } from "../results/types.js";
import { isWide } from "../stats/statistics.js";
import type { TableColumn } from "./columns.js";
import { fitsUnbroken, folded } from "./grid.js";
import type { Style } from "./style.js";
import { sumAt } from "./sums.js";
import { formatChange, formatCount, formatNs } from "./units.js";
import { verdictCell } from "./verdictMarks.js";

/** The run of an MMU's baseline, which every case has. */
export function baseOf(runs: readonly RunResult[], { baseline }: Mmu): RunResult {
  const base = runs.find(({ strategy }) => strategy === baseline);
  if (base === undefined) throw new RangeError(`a case has no run of ${baseline}`);
  return base;
}

export type GridArguments = [TableColumn[], string[][]];

export interface CaseGrids {
  readonly main: GridArguments;
  readonly totals: GridArguments | null;
  /** Wall times, where they have no room beside the counts. */
  readonly wall: GridArguments | null;
}

/**
 * The tables of a case: counts with wall times beside them, or where these have no room each by
 * itself.
 */
export function gridsOf(runs: readonly RunResult[], base: RunResult, mmu: Mmu, style: Style): CaseGrids {
  const wallPart = mmu.totals?.wallPart;
  const parts = Object.keys(base.wall ?? {});
  const gridsWith = (wall: readonly string[]) => ({
    // What is timed as a whole only stands in the table of the whole.
    main: mainGrid(runs, base, mmu, wall.filter((part) => part !== wallPart).slice(0, 1), style),
    totals:
      mmu.totals === undefined
        ? null
        : strategyGrid(
            runs,
            base,
            mmu.totals.columns,
            wall.filter((part) => part === wallPart),
            style,
          ),
  });
  const beside = gridsWith(parts);
  const fit = [beside.main, ...(beside.totals === null ? [] : [beside.totals])].every(([columns, rows]) => {
    const rest = folded(columns, rows);
    return fitsUnbroken(rest.columns, rest.rows, style);
  });
  if (parts.length === 0 || fit) return { ...beside, wall: null };
  return { ...gridsWith([]), wall: strategyGrid(runs, base, [], parts, style) };
}

export function mainGrid(
  runs: readonly RunResult[],
  base: RunResult,
  mmu: Mmu,
  wall: readonly string[],
  style: Style,
): GridArguments {
  // An MMU has columns for all its workloads; those that this one does not count are left out.
  const counted = mmu.columns
    .filter(({ path }) => runs.some(({ counts }) => totalAt(counts, path) !== undefined))
    .map(({ path, ...column }) => ({ ...column, paths: [path] }));
  const [columns, rows] = strategyGrid(runs, base, counted, wall, style);
  return [
    [...columns, { heading: "result", figure: false }],
    zip(rows, runs).map(([row, run]) => [...row, verdictCell(run, style)]),
  ];
}

/**
 * A row a strategy: figures, each with its change against `base` where its column asks for that,
 * then wall time.
 */
function strategyGrid(
  runs: readonly RunResult[],
  base: RunResult,
  figures: TotalsSpec["columns"],
  wall: readonly string[],
  style: Style,
): GridArguments {
  const columns: TableColumn[] = [{ heading: "strategy", figure: false }];
  for (const { heading, change } of figures) {
    columns.push({ heading, figure: true });
    if (change === true) columns.push({ heading: "", figure: true });
  }
  for (const part of wall) columns.push({ heading: `wall, ${part}`, figure: true }, { heading: "", figure: true });
  const rows = runs.map((run) => {
    const row = [run.strategy];
    for (const { paths, change } of figures) row.push(...figureCells(paths, run, base, change === true, style));
    for (const part of wall) row.push(...wallCells(run.wall?.[part], base.wall?.[part], isRight(run), style));
    return row;
  });
  return [columns, rows];
}

function figureCells(
  paths: readonly string[],
  run: RunResult,
  base: RunResult,
  change: boolean,
  style: Style,
): string[] {
  const value = sumAt(run, paths);
  const before = sumAt(base, paths);
  const cells = [value === undefined ? "-" : formatCount(value)];
  if (!change) return cells;
  if (run === base || value === undefined || before === undefined) return [...cells, ""];
  return [...cells, changeCell(before, value, isRight(run), style)];
}

/**
 * A change is coloured good or bad only where the result is right: entries that a wrong walk has
 * not seen are no gain.
 */
function changeCell(before: number, value: number, right: boolean, style: Style): string {
  const text = formatChange(before, value);
  if (!right) return style.chalk.dim(text);
  return value < before ? style.chalk.green(text) : value > before ? style.chalk.red(text) : text;
}

function wallCells(
  series: WallSeries | undefined,
  base: WallSeries | undefined,
  right: boolean,
  style: Style,
): string[] {
  const cell = wallText(series);
  if (series === undefined || base === undefined || base === series) return [cell, ""];
  return [cell, areClose(series, base) ? "~" : changeCell(base.medianNs, series.medianNs, right, style)];
}

/**
 * A median with half its 95% interval: "1.45 ms ±2.1%"; "!" behind it where the interval is wide,
 * "-" without a series.
 */
export function wallText(series: WallSeries | undefined): string {
  if (series === undefined) return "-";
  const [low, high] = series.ci95Ns;
  const spread = series.medianNs === 0 ? 0 : (50 * (high - low)) / series.medianNs;
  return `${formatNs(series.medianNs)} ±${spread.toFixed(spread < 10 ? 1 : 0)}%${isWide(series) ? " !" : ""}`;
}

/**
 * Whether intervals overlap, and so do not tell the two apart: said so rather than given as a
 * figure.
 */
export function areClose(a: WallSeries | undefined, b: WallSeries | undefined): boolean {
  return a !== undefined && b !== undefined && a.ci95Ns[1] >= b.ci95Ns[0] && a.ci95Ns[0] <= b.ci95Ns[1];
}

function isRight(run: RunResult): boolean {
  return run.findings.length === 0;
}
