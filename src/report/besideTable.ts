import type { Mmu, SharedSpec } from "../mmu/contract.js";
import type { ResultFile } from "../results/types.js";
import { legend, type Mmus, sumAt, verdictCell } from "./benchTable.js";
import { type GridColumn, grid } from "./grid.js";
import type { Style } from "./style.js";

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
    const rows = cases.flatMap((scenario) => {
      const mmu = mmus.get(scenario.mmu)!;
      return result.runs
        .filter((run) => run.scenario === scenario.id)
        .map((run) => rowOf(mmu, mmu.shared!, run, style));
    });
    parts.push(`${style.chalk.bold(name)}: eager splitting, side by side\n\n${grid(COLUMNS, rows, style)}`);
  }
  if (parts.length === 0) return "";
  const notes = [...mmus.values()].flatMap((mmu) => mmu.shared?.note ?? []);
  return [...parts, ...notes, legend(result, style)].join("\n\n");
}

function rowOf(mmu: Mmu, shared: SharedSpec, run: ResultFile["runs"][number], style: Style): string[] {
  const begun = String(shared.fromRoot?.(run.counts) ?? "-");
  const figures = [shared.inspected, shared.tables, shared.flushes, shared.lockDrops].map((paths) =>
    String(sumAt(run, paths) ?? "-"),
  );
  return [mmu.id, run.strategy, begun, ...figures, verdictCell(run, mmu, style)];
}
