import type { Mmu, SharedSpec } from "../mmu/contract.js";
import type { ResultFile } from "../results/types.js";
import { legend } from "./benchLegend.js";
import type { Mmus } from "./benchTable.js";
import { type GridColumn, grid } from "./grid.js";
import type { Style } from "./style.js";
import { sumAt } from "./sums.js";
import { sweepTables } from "./sweepTable.js";
import { formatCount } from "./units.js";
import { caseNotes, verdictCell } from "./verdictMarks.js";
import { wrapLines } from "./wrapLines.js";

const COLUMNS: GridColumn[] = [
  { heading: "MMU", figure: false },
  { heading: "strategy", figure: false },
  { heading: "walks from the root", figure: true },
  { heading: "entries inspected or looped", figure: true },
  { heading: "tables", figure: true },
  { heading: "flushes", figure: true },
  { heading: "lock drops", figure: true },
  { heading: "result", figure: false },
];

/**
 * Mmus side by side where the question is the same: one table for each guest that more than one of them simulated, with the columns that
 * they share. Empty where no guest is shared.
 */
export function besideTables(result: ResultFile, mmus: Mmus, style: Style): string {
  const asked = result.scenarios.filter(({ mmu, workload }) => mmus.get(mmu)?.shared?.workload === workload);
  const names = [...new Set(asked.map(({ name }) => name))];
  const parts: string[] = [];
  for (const name of names) {
    const cases = asked.filter((scenario) => scenario.name === name);
    if (new Set(cases.map(({ mmu }) => mmu)).size < 2) continue;
    const rowsAndNotes = cases.map((scenario) => {
      const mmu = mmus.get(scenario.mmu)!;
      const runs = result.runs.filter((run) => run.scenario === scenario.id);
      return {
        rows: runs.map((run) => rowOf(mmu, mmu.shared!, run, style)),
        notes: caseNotes(runs, mmu, style),
      };
    });
    const table = grid(
      COLUMNS,
      rowsAndNotes.flatMap(({ rows }) => rows),
      style,
    );
    const title = `${style.chalk.bold(name)}: eager splitting, side by side`;
    parts.push([title, "", table, ...rowsAndNotes.flatMap(({ notes }) => notes)].join("\n"));
  }
  if (parts.length === 0) return "";
  const notes = [...mmus.values()].flatMap((mmu) => mmu.shared?.note ?? []);
  return wrapLines(
    [...parts, ...notes, legend(result, style), ...sweepTables(result, mmus, style)].join("\n\n"),
    style,
  );
}

function rowOf(mmu: Mmu, shared: SharedSpec, run: ResultFile["runs"][number], style: Style): string[] {
  const figures = [
    shared.fromRoot?.(run.counts),
    ...[shared.inspected, shared.tables, shared.flushes, shared.lockDrops].map((paths) => sumAt(run, paths)),
  ].map((figure) => (figure === undefined ? "-" : formatCount(figure)));
  return [mmu.id, run.strategy, ...figures, verdictCell(run, style)];
}
