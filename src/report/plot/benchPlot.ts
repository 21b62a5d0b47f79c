import { lookUp } from "../../lists.js";
import { totalAt } from "../../mmu/counters.js";
import type { ResultFile } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";
import { partsOf } from "../html/caseSections.js";
import { levelsOf, MapBudget, mappedOf, mapRows } from "../mapRows.js";
import { barsText } from "./bars.js";
import type { Canvas } from "./canvas.js";
import { memoryMapText } from "./memoryMap.js";

/**
 * Each case as bars of what its strategies inspect, and its address map where the MMU draws one.
 */
export function benchPlot(result: ResultFile, mmus: Mmus, canvas: Canvas): string {
  const budget = new MapBudget();
  return result.scenarios
    .map((scenario) => {
      const mmu = lookUp(mmus, scenario.mmu);
      const runs = result.runs.filter((run) => run.scenario === scenario.id);
      const parts = partsOf(mmu).filter(({ path }) => runs.some(({ counts }) => totalAt(counts, path) !== undefined));
      const rows = runs.map(({ strategy, counts, findings }) => ({
        name: strategy,
        values: parts.map(({ path }) => totalAt(counts, path) ?? 0),
        ...(findings.length > 0 ? { mark: "WRONG" } : {}),
      }));
      const bars = barsText(
        rows,
        parts.map(({ label }) => label),
        String,
        canvas,
      );
      const bound = mmu.parse(scenario.scenario, scenario.id);
      const maps = mapRows(bound, mappedOf(runs, mmu), 4 * canvas.columns, budget);
      const map = maps.length === 0 ? [] : [memoryMapText(maps, levelsOf(bound), canvas)];
      return [canvas.style.chalk.bold(scenario.id), bars, ...map].join("\n\n");
    })
    .join("\n\n\n");
}
