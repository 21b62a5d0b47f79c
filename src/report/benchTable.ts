import type { Mmu, TotalsSpec } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { ResultFile, RunResult, ScenarioResult, WallSeries } from "../results/types.js";
import { isWide } from "../stats/statistics.js";
import { closingLine } from "./benchClosing.js";
import { legend } from "./benchLegend.js";
import { fitsUnbroken, folded, type GridColumn, grid } from "./grid.js";
import { assumedOf, describeScenario } from "./scenarioText.js";
import type { Style } from "./style.js";
import { sumAt } from "./sums.js";
import { sweepTables } from "./sweepTable.js";
import { formatChange, formatCount, formatNs } from "./units.js";
import { caseNotes, verdictCell } from "./verdictMarks.js";
import { wrapLines } from "./wrapLines.js";

/** What the tables need to know of MMUs; the renderer loads nothing. */
export type Mmus = ReadonlyMap<string, Mmu>;

/**
 * All cases of a result: per case the table of the split walks, the whole ioctl below it, and what it means; of several cases a matrix
 * at the end.
 */
export function benchTables(result: ResultFile, mmus: Mmus, style: Style): string {
  const parts = result.scenarios.map((scenario) =>
    benchTable(scenario, runsOf(result, scenario), mmus.get(scenario.mmu)!, style),
  );
  if (parts.length > 0) parts.push(legend(result, style), ...sweepTables(result, mmus, style));
  return wrapLines(parts.join("\n\n"), style);
}

function runsOf(result: ResultFile, scenario: ScenarioResult): readonly RunResult[] {
  return result.runs.filter((run) => run.scenario === scenario.id);
}

/** One case. */
function benchTable(scenario: ScenarioResult, runs: readonly RunResult[], mmu: Mmu, style: Style): string {
  const { chalk } = style;
  const base = runs.find((run) => run.strategy === mmu.baseline)!;
  const title = `${chalk.bold(scenario.name)}: ${describeScenario(scenario, mmu)}`;
  const assumed = assumedOf(scenario).map((one) => chalk.yellow(`Assumed: ${one}`));
  const grids = gridsOf(runs, base, mmu, style);
  const lines = [title, ...assumed, "", foldedText(grids.main, style), ...caseNotes(runs, mmu, style)];
  const details = mmu.details?.(runs);
  if (details !== undefined) {
    const columns = details.headings.map((heading) => ({ heading, figure: true }));
    const rows = details.rows.map((row) => row.map((cell) => (/^\d+$/.test(cell) ? formatCount(Number(cell)) : cell)));
    lines.push("", chalk.bold(`${details.title}:`), grid(columns, rows, style));
  }
  if (grids.totals !== null) {
    lines.push("", chalk.bold(`${mmu.totals!.title}:`), foldedText(grids.totals, style));
  }
  if (grids.wall !== null) {
    lines.push("", chalk.bold("wall time of this simulation, measured:"), grid(...grids.wall, style));
  }
  const closing = closingLine(runs, base, mmu);
  if (closing !== undefined) lines.push("", closing);
  return lines.join("\n");
}

/** A table, with what is equal in all of its rows above it. */
function foldedText([columns, rows]: GridArguments, style: Style): string {
  const { same, ...rest } = folded(columns, rows);
  const table = grid(rest.columns, rest.rows, style);
  if (same === "") return table;
  return `The same under ${rows.length === 2 ? "both strategies" : "every strategy"}: ${same}.\n\n${table}`;
}

type GridArguments = [GridColumn[], string[][]];

interface CaseGrids {
  readonly main: GridArguments;
  readonly totals: GridArguments | null;
  /** Wall times, where they have no room beside the counts. */
  readonly wall: GridArguments | null;
}

/** The tables of a case: counts with wall times beside them, or where these have no room each by itself. */
function gridsOf(runs: readonly RunResult[], base: RunResult, mmu: Mmu, style: Style): CaseGrids {
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

function mainGrid(
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
    rows.map((row, i) => [...row, verdictCell(runs[i]!, style)]),
  ];
}

/** A row a strategy: figures, each with its change against `base` where its column asks for that, then wall time. */
function strategyGrid(
  runs: readonly RunResult[],
  base: RunResult,
  figures: TotalsSpec["columns"],
  wall: readonly string[],
  style: Style,
): GridArguments {
  const columns: GridColumn[] = [{ heading: "strategy", figure: false }];
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

/** A change is coloured good or bad only where the result is right: entries that a wrong walk has not seen are no gain. */
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
  if (series === undefined) return ["-", ""];
  const [low, high] = series.ci95Ns;
  const spread = series.medianNs === 0 ? 0 : (50 * (high - low)) / series.medianNs;
  const cell = `${formatNs(series.medianNs)} ±${spread.toFixed(spread < 10 ? 1 : 0)}%${isWide(series) ? " !" : ""}`;
  if (base === undefined || base === series) return [cell, ""];
  // Intervals that overlap do not tell the two apart: said so rather than given as a figure.
  const apart = series.ci95Ns[1] < base.ci95Ns[0] || series.ci95Ns[0] > base.ci95Ns[1];
  return [cell, apart ? changeCell(base.medianNs, series.medianNs, right, style) : "~"];
}

function isRight(run: RunResult): boolean {
  return run.findings.length === 0;
}
