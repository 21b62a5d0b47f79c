import { clip } from "../errors.js";
import type { Mmu, TotalsSpec } from "../mmu/contract.js";
import { countAt, totalAt } from "../mmu/counters.js";
import type { ResultFile, RunResult, ScenarioResult, WallSeries } from "../results/types.js";
import { isSound, verdictIn } from "../results/verdict.js";
import { isWide, WIDE_SHARE } from "../stats/statistics.js";
import { shortFinding } from "./findings.js";
import { type GridColumn, grid } from "./grid.js";
import { assumedOf, describeScenario } from "./scenarioText.js";
import type { Style } from "./style.js";
import { fewer, formatChange, formatNs } from "./units.js";
import { resultWords } from "./verdictWords.js";

/** What the tables need to know of MMUs; the renderer loads nothing. */
export type Mmus = ReadonlyMap<string, Mmu>;

/** All cases of a result: per case the table of the split walks, the whole ioctl below it, and what it means. */
export function benchTables(result: ResultFile, mmus: Mmus, style: Style): string {
  const parts = result.scenarios.map((scenario) =>
    benchTable(scenario, runsOf(result, scenario), mmus.get(scenario.mmu)!, style),
  );
  if (parts.length > 0) parts.push(legend(result, style));
  return parts.join("\n\n");
}

function runsOf(result: ResultFile, scenario: ScenarioResult): readonly RunResult[] {
  return result.runs.filter((run) => run.scenario === scenario.id);
}

/** One case. */
export function benchTable(scenario: ScenarioResult, runs: readonly RunResult[], mmu: Mmu, style: Style): string {
  const { chalk } = style;
  const base = runs.find((run) => run.strategy === mmu.baseline)!;
  const title = `${chalk.bold(scenario.name)}: ${describeScenario(scenario, mmu)}`;
  const main = grid(...mainGrid(runs, base, mmu, style), style);
  const assumed = assumedOf(scenario).map((one) => chalk.yellow(`Assumed: ${one}`));
  const lines = [title, ...assumed, "", main];
  // Equal for all cases of one strategy, but few strategies have it.
  for (const run of runs) {
    if (run.verdict?.code === "unsearched")
      lines.push(
        "",
        `${run.strategy}: bench searches no other layouts for faults; ${clip(run.verdict.search, 500)} does.`,
      );
  }
  const details = mmu.details?.(runs);
  if (details !== undefined) {
    const columns = details.headings.map((heading) => ({ heading, figure: true }));
    lines.push("", chalk.bold(`${details.title}:`), grid(columns, details.rows, style));
  }
  if (mmu.totals !== undefined) {
    lines.push("", chalk.bold(`${mmu.totals.title}:`), grid(...totalsGrid(runs, base, mmu, style), style));
    const closing = closingLine(runs, base, mmu);
    if (closing !== undefined) lines.push("", closing);
  }
  return lines.join("\n");
}

type GridArguments = [GridColumn[], string[][]];

function mainGrid(runs: readonly RunResult[], base: RunResult, mmu: Mmu, style: Style): GridArguments {
  // An MMU has columns for all its workloads; those that this one does not count are left out.
  const counted = mmu.columns
    .filter(({ path }) => runs.some(({ counts }) => totalAt(counts, path) !== undefined))
    .map(({ path, ...column }) => ({ ...column, paths: [path] }));
  // What is timed as a whole only stands in the table of the whole.
  const part = Object.keys(base.wall ?? {}).find((id) => id !== mmu.totals?.wallPart);
  const [columns, rows] = strategyGrid(runs, base, counted, part, style);
  const verdicts = runs.map((run) => verdictCell(run, mmu, style));
  return [[...columns, { heading: "result", figure: false }], rows.map((row, i) => [...row, verdicts[i]!])];
}

function totalsGrid(runs: readonly RunResult[], base: RunResult, mmu: Mmu, style: Style): GridArguments {
  const { columns, wallPart } = mmu.totals!;
  return strategyGrid(runs, base, columns, base.wall?.[wallPart] === undefined ? undefined : wallPart, style);
}

/** A row a strategy: figures, each with its change against `base` where its column asks for that, then wall time. */
function strategyGrid(
  runs: readonly RunResult[],
  base: RunResult,
  figures: TotalsSpec["columns"],
  wallPart: string | undefined,
  style: Style,
): GridArguments {
  const columns: GridColumn[] = [{ heading: "strategy", figure: false }];
  for (const { heading, change } of figures) {
    columns.push({ heading, figure: true });
    if (change === true) columns.push({ heading: "", figure: true });
  }
  if (wallPart !== undefined) {
    columns.push({ heading: `wall, ${wallPart}`, figure: true }, { heading: "", figure: true });
  }
  const rows = runs.map((run) => {
    const row = [run.strategy];
    for (const { paths, change } of figures) row.push(...figureCells(paths, run, base, change === true, style));
    if (wallPart !== undefined) {
      row.push(...wallCells(run.wall?.[wallPart], base.wall?.[wallPart], isRight(run), style));
    }
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
  const cells = [value === undefined ? "-" : String(value)];
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

/** The verdict on a run, coloured: "right", "right here, wrong on other layouts", or what is wrong. */
export function verdictCell(run: RunResult, mmu: Mmu, { chalk }: Style): string {
  switch (verdictIn(run)?.code) {
    case "wrong": {
      const wrong = run.findings.map((finding) => shortFinding(finding, mmu.findingWords));
      return chalk.red(`WRONG: ${wrong.join("; ")}`);
    }
    case "right":
      return chalk.green(resultWords(run, mmu.findingWords));
    case "idle":
      return chalk.dim(resultWords(run, mmu.findingWords));
    default:
      return chalk.yellow(resultWords(run, mmu.findingWords));
  }
}

/** The gain of the walk alone beside the gain of the whole, for the best strategy that is right here and has no known fault. */
function closingLine(runs: readonly RunResult[], base: RunResult, mmu: Mmu): string | undefined {
  const totals = mmu.totals!;
  const main = mmu.columns.find((column) => column.heading === totals.comparedHeading)!;
  const whole = totals.columns.find((column) => column.heading === totals.comparedHeading)!;
  const sound = runs.filter((run) => run !== base && isSound(run));
  const before = totalAt(base.counts, main.path);
  const wholeBefore = sumAt(base, whole.paths);
  if (sound.length === 0 || !before || !wholeBefore) return undefined;
  const best = sound.reduce((a, b) => (totalAt(b.counts, main.path)! < totalAt(a.counts, main.path)! ? b : a));
  const after = totalAt(best.counts, main.path)!;
  const wholeAfter = sumAt(best, whole.paths)!;
  if (after >= before) return undefined;
  const gain = 1 - after / before;
  const wholeGain = 1 - wholeAfter / wholeBefore;
  const sentence =
    `${best.strategy} inspects ${fewer(before, after)} entries than ${base.strategy} in the split walk, and ` +
    `${fewer(wholeBefore, wholeAfter)} in the whole ioctl`;
  // Five points: below, the walk that all have in common is no news.
  return totals.commonPart !== undefined && gain - wholeGain > 0.05
    ? `${sentence}: ${totals.commonPart} is the same under every strategy.`
    : `${sentence}.`;
}

function isRight(run: RunResult): boolean {
  return run.findings.length === 0;
}

/** The sum of counters of a run; undefined where one is not counted. */
export function sumAt(run: RunResult, paths: readonly string[]): number | undefined {
  let sum = 0;
  for (const path of paths) {
    const value = totalAt(run.counts, path);
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

/** What kind of figures the tables hold. */
export function legend(result: ResultFile, style: Style): string {
  const lines = [
    "Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.",
  ];
  if (result.runs.some(({ counts }) => countAt(counts, "final/digest") === null)) {
    lines.push(
      "Digests of the finished trees are left out for guests beyond 16 GiB; what is right is checked region by region.",
    );
  }
  if (result.runs.some((run) => run.wall !== null)) {
    const host = result.environment;
    lines.push(
      `Wall times are measured: of this simulation on this host (${host?.cpuModel}, ${host?.cpuCount} CPUs, node ${host?.node}), median ± half the`,
      "95% interval; not times of any kernel. ~ means that the intervals overlap.",
    );
    if (result.runs.some(({ wall }) => Object.values(wall ?? {}).some(isWide))) {
      const share = `${100 * WIDE_SHARE}%`;
      lines.push(
        `! the interval is wider than ${share} of its median: something else had the host; a quiet one, or more --runs.`,
      );
    }
  } else if (result.options.wall) {
    lines.push("Wall time was not measured: the guest is too large for copies of its whole tree.");
  }
  return style.chalk.dim(lines.join("\n"));
}
