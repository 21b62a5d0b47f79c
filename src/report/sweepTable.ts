import { groupBy, lookUp, nonEmpty, zip } from "../lists.js";
import type { Mmu } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { ResultFile, RunResult, ScenarioResult } from "../results/types.js";
import { verdictIn } from "../results/verdict.js";
import { isCredited, namesOf } from "./benchClosing.js";
import { areClose, wallText } from "./caseGrids.js";
import { columnsOf } from "./columns.js";
import { fits, grid } from "./grid.js";
import type { Style } from "./style.js";
import { sumAt } from "./sums.js";
import { formatChange } from "./units.js";

/**
 * Of each MMU with several cases a matrix, strategy by case, of the change of what its baseline
 * inspects, and who inspects the least.
 *
 * @param short MMUs whose cases have short tables: they get a matrix of the whole ioctl, and one of
 *   its wall time, too
 */
export function sweepTables(
  result: ResultFile,
  mmus: ReadonlyMap<string, Mmu>,
  style: Style,
  short: readonly Mmu[] = [],
): string[] {
  return [...groupBy(result.scenarios, ({ mmu }) => mmu)].flatMap(([id, scenarios]) => {
    const mmu = lookUp(mmus, id);
    if (scenarios.length < 2) return [];
    const sweep = sweepOf(scenarios, result.runs, mmu);
    const figure = mainFigure(mmu);
    if (figure === null || sweep.strategies.length === 0) return [];
    const more = short.includes(mmu) ? [wholeFigure(mmu), wallFigure(sweep)].filter((one) => one !== null) : [];
    const matrices = [...more, figure].map((one) => matrixOf(sweep, one, style));
    return [...matrices.map(({ text }) => text), ...notesOn(sweep, matrices), closing(sweep, figure)];
  });
}

interface Sweep {
  readonly mmu: Mmu;
  /** Cases by what tells them apart. */
  readonly cases: readonly { readonly name: string; readonly runs: ReadonlyMap<string, RunResult> }[];
  /** Without the baseline. */
  readonly strategies: readonly string[];
}

/** What a matrix shows the change of. */
interface Figure {
  /** "entries inspected, split walk". */
  readonly what: string;
  /** More of it, for the title. */
  readonly more?: string;
  of(run: RunResult): number | undefined;
  /** The baseline's own, in a row of its own. */
  own?(run: RunResult): string;
  /** Whether a run cannot be told from the baseline. */
  isUnclear?(run: RunResult, base: RunResult): boolean;
}

function sweepOf(scenarios: readonly ScenarioResult[], runs: readonly RunResult[], mmu: Mmu): Sweep {
  const cases = zip(scenarios, caseNames(scenarios)).map(([{ id }, name]) => ({
    name,
    runs: new Map(runs.filter(({ scenario }) => scenario === id).map((run) => [run.strategy, run])),
  }));
  const strategies = [...new Set(cases.flatMap((one) => [...one.runs.keys()]))].filter((id) => id !== mmu.baseline);
  return { mmu, cases, strategies };
}

function mainFigure(mmu: Mmu): Figure | null {
  const column =
    mmu.columns.find(({ heading }) => heading === mmu.totals?.comparedHeading) ??
    mmu.columns.find(({ change }) => change === true);
  if (column === undefined) return null;
  const what = mmu.counters.find(({ path }) => path === column.path)?.label ?? column.heading;
  return { what, of: ({ counts }) => totalAt(counts, column.path) };
}

function wholeFigure({ totals }: Mmu): Figure | null {
  const column = totals?.columns.find(({ heading }) => heading === totals.comparedHeading);
  if (totals === undefined || column === undefined) return null;
  return { what: column.heading, more: `, of the ${totals.title}`, of: (run) => sumAt(run, column.paths) };
}

/**
 * Wall time of the whole ioctl or, where an MMU times no whole, of its first part; null where
 * nothing was timed.
 */
function wallFigure({ mmu, cases }: Sweep): Figure | null {
  const timed = cases.flatMap(({ runs }) => Object.keys(runs.get(mmu.baseline)?.wall ?? {}));
  const part = timed.find((one) => one === mmu.totals?.wallPart) ?? timed[0];
  if (part === undefined) return null;
  const seriesOf = (run: RunResult) => run.wall?.[part];
  return {
    what: `wall time of this simulation (measured), ${part}`,
    of: (run) => seriesOf(run)?.medianNs,
    own: (run) => wallText(seriesOf(run)),
    isUnclear: (run, base) => areClose(seriesOf(run), seriesOf(base)),
  };
}

/** What tells the cases apart: guest, workload, variables, those of them that differ. */
function caseNames(scenarios: readonly ScenarioResult[]): string[] {
  const variables = [...new Set(scenarios.flatMap((one) => Object.keys(one.variables)))];
  const parts = scenarios.map((one) => [
    one.name,
    one.workload,
    ...variables.map((name) => (one.variables[name] === undefined ? "" : `${name} ${one.variables[name]}`)),
  ]);
  const differ = nonEmpty(parts)[0].map((_, i) => new Set(parts.map((row) => row[i])).size > 1);
  const names = parts.map((row) => row.filter((part, i) => differ[i] && part !== "").join(" "));
  return new Set(names).size === names.length && !names.includes("") ? names : scenarios.map(({ id }) => id);
}

interface Matrix {
  readonly text: string;
  readonly cells: readonly string[];
}

function matrixOf(sweep: Sweep, figure: Figure, style: Style): Matrix {
  const { cases, strategies, mmu } = sweep;
  const own = figure.own === undefined ? [] : [mmu.baseline];
  const labels = [...own, ...strategies.map((id) => `${id}${isKnownWrong(sweep, id) ? " †" : ""}`)];
  const cells = [
    ...own.map((id) => cases.map(({ runs }) => ownText(figure, runs.get(id)))),
    ...strategies.map((id) => cases.map((one) => cell(sweep, figure, one.runs, id, style))),
  ];
  const table =
    matrix(
      "strategy",
      labels,
      cases.map(({ name }) => name),
      cells,
      style,
    ) ??
    matrix(
      "case",
      cases.map(({ name }) => name),
      labels,
      cases.map((_, i) => cells.map((row) => row[i]!)),
      style,
      true,
    )!;
  const title = style.chalk.bold(
    `${cases.length} cases: ${figure.what}, change against ${mmu.baseline}${figure.more ?? ""}`,
  );
  return { text: `${title}\n\n${table}`, cells: cells.flat() };
}

function ownText(figure: Figure, baseline: RunResult | undefined): string {
  return baseline === undefined ? "" : (figure.own?.(baseline) ?? "");
}

/** What the marks in matrices mean. */
function notesOn(sweep: Sweep, matrices: readonly Matrix[]): string[] {
  const cells = matrices.flatMap((one) => one.cells);
  const shown = cells.join("");
  const notes = [
    ...(shown.includes("✗") ? ["✗ the result is wrong in this case"] : []),
    ...(sweep.strategies.some((id) => isKnownWrong(sweep, id))
      ? ["† wrong elsewhere: on other layouts, if not here"]
      : []),
    ...(shown.includes("idle") ? ["idle: nothing was to be done"] : []),
    ...(cells.includes("") ? ["blank: does not apply"] : []),
  ];
  return notes.length === 0 ? [] : [`${notes.join("; ")}.`];
}

/** Null where it has no room in one block, unless it is to be drawn in several. */
function matrix(
  corner: string,
  labels: readonly string[],
  headings: readonly string[],
  cells: readonly (readonly string[])[],
  style: Style,
  inBlocks = false,
): string | null {
  const columns = columnsOf([corner], headings);
  const rows = zip(labels, cells).map(([label, row]) => [label, ...row]);
  return inBlocks || fits(columns, rows, style) ? grid(columns, rows, style) : null;
}

function cell(
  { mmu }: Sweep,
  figure: Figure,
  runs: ReadonlyMap<string, RunResult>,
  id: string,
  { chalk }: Style,
): string {
  const run = runs.get(id);
  const base = runs.get(mmu.baseline);
  const value = run && figure.of(run);
  const before = base && figure.of(base);
  if (run === undefined || base === undefined || value === undefined || before === undefined) return "";
  const change = figure.isUnclear?.(run, base) === true ? "~" : formatChange(before, value);
  switch (verdictIn(run)?.code) {
    case "wrong":
      return chalk.red(`${change} ✗`);
    case "idle":
      return chalk.dim(`${change} idle`);
    case "right-here":
      return chalk.yellow(change);
    default:
      if (change === "~") return change;
      return value < before ? chalk.green(change) : value > before ? chalk.red(change) : change;
  }
}

function isKnownWrong({ cases }: Sweep, id: string): boolean {
  return cases.some(({ runs }) => runs.get(id)?.verdict?.code === "right-here");
}

/** Who has the least most often, of those with no known fault; all that tie. */
function closing({ cases, strategies, mmu }: Sweep, { what, of }: Figure): string {
  const wins = new Map<string, number>();
  for (const { runs } of cases) {
    const base = runs.get(mmu.baseline);
    const before = base && of(base);
    const credited = [...runs.values()].filter((run) => run.strategy !== mmu.baseline && isCredited(run));
    const lowest = Math.min(...credited.map((run) => of(run) ?? Number.POSITIVE_INFINITY));
    if (before === undefined || lowest >= before) continue;
    for (const run of credited) {
      if (of(run) === lowest) wins.set(run.strategy, (wins.get(run.strategy) ?? 0) + 1);
    }
  }
  const max = Math.max(0, ...wins.values());
  if (max === 0) return `No right strategy lowers ${what} in any of these cases.`;
  const best = strategies.filter((id) => wins.get(id) === max);
  const runs = best.map((id) => cases.flatMap((one) => one.runs.get(id) ?? [])[0]!);
  const where = max === cases.length ? `all ${max}` : `${max} of ${cases.length}`;
  return `${what}: ${namesOf(runs)} ${best.length === 1 ? "has" : "have"} the fewest in ${where} cases.`;
}
