import type { Mmu } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { ResultFile, RunResult, ScenarioResult } from "../results/types.js";
import { verdictIn } from "../results/verdict.js";
import { isCredited, namesOf } from "./benchClosing.js";
import { fits, type GridColumn, grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatChange } from "./units.js";

/** Of each MMU with several cases a matrix, strategy by case, of the change of what its baseline inspects, and who inspects the least. */
export function sweepTables(result: ResultFile, mmus: ReadonlyMap<string, Mmu>, style: Style): string[] {
  return [...new Set(result.scenarios.map(({ mmu }) => mmu))].flatMap((id) => {
    const scenarios = result.scenarios.filter(({ mmu }) => mmu === id);
    if (scenarios.length < 2) return [];
    const sweep = sweepOf(scenarios, result.runs, mmus.get(id)!);
    return sweep === null ? [] : [matrixText(sweep, style), closing(sweep)];
  });
}

interface Sweep {
  readonly mmu: Mmu;
  readonly path: string;
  /** "entries inspected, split walk". */
  readonly what: string;
  /** Cases by what tells them apart. */
  readonly cases: readonly { readonly name: string; readonly runs: ReadonlyMap<string, RunResult> }[];
  /** Without the baseline. */
  readonly strategies: readonly string[];
}

function sweepOf(scenarios: readonly ScenarioResult[], runs: readonly RunResult[], mmu: Mmu): Sweep | null {
  const column =
    mmu.columns.find(({ heading }) => heading === mmu.totals?.comparedHeading) ??
    mmu.columns.find(({ change }) => change === true);
  const names = caseNames(scenarios);
  const cases = scenarios.map(({ id }, i) => ({
    name: names[i]!,
    runs: new Map(runs.filter(({ scenario }) => scenario === id).map((run) => [run.strategy, run])),
  }));
  const strategies = [...new Set(cases.flatMap((one) => [...one.runs.keys()]))].filter((id) => id !== mmu.baseline);
  if (column === undefined || strategies.length === 0) return null;
  const what = mmu.counters.find(({ path }) => path === column.path)?.label ?? column.heading;
  return { mmu, path: column.path, what, cases, strategies };
}

/** What tells the cases apart: guest, workload, variables, those of them that differ. */
function caseNames(scenarios: readonly ScenarioResult[]): string[] {
  const variables = [...new Set(scenarios.flatMap((one) => Object.keys(one.variables)))];
  const parts = scenarios.map((one) => [
    one.name,
    one.workload,
    ...variables.map((name) => (one.variables[name] === undefined ? "" : `${name} ${one.variables[name]}`)),
  ]);
  const differ = parts[0]!.map((_, i) => new Set(parts.map((row) => row[i])).size > 1);
  const names = parts.map((row) => row.filter((part, i) => differ[i] && part !== "").join(" "));
  return new Set(names).size === names.length && !names.includes("") ? names : scenarios.map(({ id }) => id);
}

function matrixText(sweep: Sweep, style: Style): string {
  const { cases, strategies, mmu, what } = sweep;
  const labels = strategies.map((id) => `${id}${isKnownWrong(sweep, id) ? " †" : ""}`);
  const cells = strategies.map((id) => cases.map((one) => cell(sweep, one.runs, id, style)));
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
  const title = style.chalk.bold(`${cases.length} cases: ${what}, change against ${mmu.baseline}`);
  const shown = cells.flat().join("");
  const notes = [
    ...(shown.includes("✗") ? ["✗ the result is wrong in this case"] : []),
    ...(labels.some((label) => label.endsWith("†")) ? ["† wrong elsewhere: on other layouts, if not here"] : []),
    ...(shown.includes("idle") ? ["idle: nothing was to be done"] : []),
    ...(cells.flat().includes("") ? ["blank: does not apply"] : []),
  ];
  return [title, "", table, ...(notes.length === 0 ? [] : ["", `${notes.join("; ")}.`])].join("\n");
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
  const columns: GridColumn[] = [
    { heading: corner, figure: false },
    ...headings.map((heading) => ({ heading, figure: true })),
  ];
  const rows = cells.map((row, i) => [labels[i]!, ...row]);
  return inBlocks || fits(columns, rows, style) ? grid(columns, rows, style) : null;
}

function cell({ mmu, path }: Sweep, runs: ReadonlyMap<string, RunResult>, id: string, { chalk }: Style): string {
  const run = runs.get(id);
  const value = run && totalAt(run.counts, path);
  const before = totalAt(runs.get(mmu.baseline)?.counts ?? {}, path);
  if (run === undefined || value === undefined || before === undefined) return "";
  const change = formatChange(before, value);
  switch (verdictIn(run)?.code) {
    case "wrong":
      return chalk.red(`${change} ✗`);
    case "idle":
      return chalk.dim(`${change} idle`);
    case "right-here":
      return chalk.yellow(change);
    default:
      return value < before ? chalk.green(change) : value > before ? chalk.red(change) : change;
  }
}

function isKnownWrong({ cases }: Sweep, id: string): boolean {
  return cases.some(({ runs }) => runs.get(id)?.verdict?.code === "right-here");
}

/** Who has the least most often, of those with no known fault; all that tie. */
function closing({ cases, path, what, strategies, mmu }: Sweep): string {
  const wins = new Map<string, number>();
  for (const { runs } of cases) {
    const before = totalAt(runs.get(mmu.baseline)?.counts ?? {}, path);
    const credited = [...runs.values()].filter((run) => run.strategy !== mmu.baseline && isCredited(run));
    const least = Math.min(...credited.map((run) => totalAt(run.counts, path) ?? Number.POSITIVE_INFINITY));
    if (before === undefined || least >= before) continue;
    for (const { strategy, counts } of credited) {
      if (totalAt(counts, path) === least) wins.set(strategy, (wins.get(strategy) ?? 0) + 1);
    }
  }
  const most = Math.max(0, ...wins.values());
  if (most === 0) return `No right strategy lowers ${what} in any of these cases.`;
  const best = strategies.filter((id) => wins.get(id) === most);
  const runs = best.map((id) => cases.flatMap((one) => one.runs.get(id) ?? [])[0]!);
  const where = most === cases.length ? `all ${most}` : `${most} of ${cases.length}`;
  return `${what}: ${namesOf(runs)} ${best.length === 1 ? "has" : "have"} the fewest in ${where} cases.`;
}
