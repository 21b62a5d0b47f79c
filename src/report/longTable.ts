import { lookUp } from "../lists.js";
import type { Mmu } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { ResultFile, RunResult, ScenarioResult } from "../results/types.js";
import type { Mmus } from "./benchTable.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatCount } from "./units.js";
import { wrapLines } from "./wrapLines.js";

/**
 * Every counter of every case, a row each with a column a strategy: what the headline tables leave
 * out, barriers and TLB instructions among it. Levels are summed; what no strategy has is left out.
 */
export function longTables(result: ResultFile, mmus: Mmus, style: Style): string {
  const tables = result.scenarios
    .map((scenario) => {
      const runs = result.runs.filter((run) => run.scenario === scenario.id);
      return longTable(scenario, runs, lookUp(mmus, scenario.mmu), style);
    })
    .join("\n\n");
  return wrapLines(tables, style);
}

function longTable(scenario: ScenarioResult, runs: readonly RunResult[], mmu: Mmu, style: Style): string {
  const rows = mmu.counters.flatMap(({ path, label, unit }) => {
    const values = runs.map(({ counts }) => totalAt(counts, path));
    if (!values.some((value) => value !== undefined && value !== 0)) return [];
    return [[label, unit, ...values.map((value) => (value === undefined ? "-" : formatCount(value)))]];
  });
  const columns = columnsOf(
    ["counter", "unit"],
    runs.map(({ strategy }) => strategy),
  );
  return `${style.chalk.bold(`${scenario.id}: every count that is not 0, exact`)}\n\n${grid(columns, rows, style)}`;
}
