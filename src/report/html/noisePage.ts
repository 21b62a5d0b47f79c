import type { NoiseReport } from "../../compare/noise.js";
import type { Comparison } from "../../compare/types.js";
import { plural } from "../compareTable.js";
import { formatPercent } from "../units.js";
import { loadPlot } from "./charts/draw.js";
import type { Page } from "./page.js";
import { wallFigures, wallTable } from "./wallChanges.js";

/**
 * The page of a benchmark that was held against itself: how far wall times change though nothing
 * did.
 */
export async function noisePage(report: NoiseReport, comparisons: readonly Comparison[]): Promise<Page> {
  const plot = await loadPlot();
  const groups = comparisons.map(({ cells }, i) => {
    const all = cells.flatMap((cell) => cell.wall.map((metric) => ({ cell, metric })));
    return {
      title: `Pair ${i + 1} of ${comparisons.length}`,
      lead: "The same benchmark, twice.",
      sections: [
        {
          title: "Wall time, second run against first",
          see:
            "Nothing changed, so each dot should lie at zero; the dashed lines are the threshold that is " +
            "suggested, which no interval reaches.",
          unit: "per cent of the first run's median",
          kind: "measured" as const,
          figures: wallFigures(plot, all, report.suggestedThreshold),
          table: wallTable(all),
        },
      ],
    };
  });
  const { falseAlarms, comparisons: compared, largestChange } = report;
  return {
    title: "A benchmark against itself",
    lead:
      `Of ${plural(compared, "wall time")} of the same code, ${falseAlarms} would be called changed; the largest ` +
      "change of a median is " +
      `${formatPercent(largestChange)}.`,
    facts: [{ name: "Suggested", value: `--wall-threshold ${(100 * report.suggestedThreshold).toFixed(0)}%` }],
    groups,
    notes: ["Wall times are measured, of the simulation on its host. Counts were equal in both runs."],
  };
}
