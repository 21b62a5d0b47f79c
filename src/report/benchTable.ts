import { lookUp } from "../lists.js";
import type { Mmu } from "../mmu/contract.js";
import type { ResultFile, RunResult, ScenarioResult } from "../results/types.js";
import { closingLine } from "./benchClosing.js";
import { legend } from "./benchLegend.js";
import { besideTables } from "./besideTable.js";
import { baseOf, type GridArguments, gridsOf } from "./caseGrids.js";
import { folded, grid } from "./grid.js";
import { assumedOf, describeScenario } from "./scenarioText.js";
import { shortCases } from "./shortCases.js";
import type { Style } from "./style.js";
import { sweepTables } from "./sweepTable.js";
import { formatCount } from "./units.js";
import { caseNotes } from "./verdictMarks.js";
import { wrapLines } from "./wrapLines.js";

/** What the tables need to know of MMUs; the renderer loads nothing. */
export type Mmus = ReadonlyMap<string, Mmu>;

/** An MMU's cases beyond this number get short tables. */
const FEW_CASES = 3;

/**
 * All cases of a result. MMUs that answer the same question stand side by side; of all else, per
 * case the table of the split walks, the whole ioctl below it, and what it means; of several cases
 * a matrix at the end. Of more than {@link FEW_CASES} of an MMU the tables are short, and what they
 * leave out is in matrices.
 *
 * @param full no short tables
 */
export function benchTables(result: ResultFile, mmus: Mmus, style: Style, full = false): string {
  const beside = besideTables(result, mmus, style);
  const parts = [...beside.parts];
  const short: Mmu[] = [];
  for (const id of new Set(result.scenarios.map(({ mmu }) => mmu))) {
    const mmu = lookUp(mmus, id);
    const cases = result.scenarios.filter((scenario) => scenario.mmu === id && !beside.cases.has(scenario));
    if (full || cases.length <= FEW_CASES) {
      parts.push(...cases.map((scenario) => benchTable(scenario, runsOf(result, scenario), mmu, style)));
      continue;
    }
    short.push(mmu);
    parts.push(
      ...shortCases(
        cases.map((scenario) => ({ scenario, runs: runsOf(result, scenario) })),
        mmu,
        style,
      ),
    );
  }
  if (parts.length > 0) parts.push(legend(result, style, short.length > 0), ...sweepTables(result, mmus, style, short));
  return wrapLines(parts.join("\n\n"), style);
}

function runsOf(result: ResultFile, scenario: ScenarioResult): readonly RunResult[] {
  return result.runs.filter((run) => run.scenario === scenario.id);
}

/** One case. */
function benchTable(scenario: ScenarioResult, runs: readonly RunResult[], mmu: Mmu, style: Style): string {
  const { chalk } = style;
  const base = baseOf(runs, mmu);
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
  if (mmu.totals !== undefined && grids.totals !== null) {
    lines.push("", chalk.bold(`${mmu.totals.title}:`), foldedText(grids.totals, style));
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
  const said = `The same under ${rows.length === 2 ? "both strategies" : "every strategy"}: ${same}.`;
  return rest.columns.length === 1 ? said : `${said}\n\n${table}`;
}
