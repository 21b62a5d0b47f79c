import { groupBy, lookUp } from "../lists.js";
import type { Mmu, SharedSpec } from "../mmu/contract.js";
import type { ResultFile, ScenarioResult } from "../results/types.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { sumAt } from "./sums.js";
import { formatCount } from "./units.js";
import { caseNotes, verdictCell } from "./verdictMarks.js";

const COLUMNS = columnsOf(
  ["MMU", "strategy"],
  ["walks from the root", "entries inspected or looped", "tables", "flushes", "lock drops"],
  ["result"],
);

/** What MMUs answer side by side. */
export interface Beside {
  /** A table for each guest, and what a reader of them must know. */
  readonly parts: readonly string[];
  /** The cases that these tables have; the others' are still to be shown. */
  readonly cases: ReadonlySet<ScenarioResult>;
}

/**
 * MMUs side by side where the question is the same: one table for each guest that more than one of
 * them simulated, with the columns that they share.
 */
export function besideTables(result: ResultFile, mmus: ReadonlyMap<string, Mmu>, style: Style): Beside {
  const asked = result.scenarios.filter(({ mmu, workload }) => mmus.get(mmu)?.shared?.workload === workload);
  const shared = [...groupBy(asked, ({ name }) => name).values()].filter(
    (cases) => new Set(cases.map(({ mmu }) => mmu)).size > 1,
  );
  const parts = shared.map((cases) => {
    const rowsAndNotes = cases.map((scenario) => {
      const mmu = lookUp(mmus, scenario.mmu);
      const runs = result.runs.filter((run) => run.scenario === scenario.id);
      const label = labelOf(scenario, cases);
      return {
        rows: runs.map((run) => rowOf(label, mmu.shared!, run, style)),
        notes: caseNotes(runs, mmu, style).map((line) => (line === "" ? line : `${label}: ${line}`)),
      };
    });
    const rows = rowsAndNotes.flatMap((one) => one.rows);
    const title = `${style.chalk.bold(cases[0].name)}: eager splitting, side by side`;
    return [title, "", grid(COLUMNS, rows, style), ...rowsAndNotes.flatMap(({ notes }) => notes)].join("\n");
  });
  const notes = parts.length === 0 ? [] : [...mmus.values()].flatMap((mmu) => mmu.shared?.note ?? []);
  return { parts: [...parts, ...notes], cases: new Set(shared.flat()) };
}

/** The MMU and, where it has several cases of the guest, what tells this one apart. */
function labelOf(scenario: ScenarioResult, cases: readonly ScenarioResult[]): string {
  if (cases.filter(({ mmu }) => mmu === scenario.mmu).length === 1) return scenario.mmu;
  const variables = Object.entries(scenario.variables).map(([name, value]) => `${name} ${value}`);
  return [scenario.mmu, ...variables].join(" ");
}

function rowOf(label: string, shared: SharedSpec, run: ResultFile["runs"][number], style: Style): string[] {
  const figures = [
    shared.fromRoot?.(run.counts),
    ...[shared.inspected, shared.tables, shared.flushes, shared.lockDrops].map((paths) => sumAt(run, paths)),
  ].map((figure) => (figure === undefined ? "-" : formatCount(figure)));
  return [label, run.strategy, ...figures, verdictCell(run, style)];
}
