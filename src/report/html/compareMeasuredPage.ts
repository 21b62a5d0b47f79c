import type { MeasurementComparison } from "../../compare/measurements.js";
import type { CompareOptions } from "../../compare/types.js";
import { metricSentence } from "../compareTable.js";
import { loadPlot } from "./charts/draw.js";
import type { Page, Section } from "./page.js";
import { seen, type WallCell, wallFigures, wallTable } from "./wallChanges.js";

/** The page of two measurements of the real selftest: of two kernels, as a rule. */
export async function compareMeasuredPage(
  comparison: MeasurementComparison,
  paths: readonly [string, string],
): Promise<Page> {
  const { phases, kernels, machineDiffers, missing, added, options } = comparison;
  const all = phases.map((phase): WallCell => {
    const scenario = phase.guestMode === null ? phase.case : `${phase.case}, ${phase.guestMode}`;
    return { cell: { scenario, strategy: "" }, metric: phase.metric };
  });
  const slower = all.filter(({ metric }) => metric.status === "regression");
  const kernel = (at: 0 | 1) => (kernels[at] === null ? "" : `, kernel ${kernels[at]}`);
  return {
    title: "Two measurements compared",
    lead: "What the real test measured, phase by phase, on two kernels or machines.",
    facts: [
      { name: "Base", value: `${paths[0]}${kernel(0)}` },
      { name: "New", value: `${paths[1]}${kernel(1)}` },
    ],
    groups: [
      {
        title: "Phases",
        alarms: slower.map(({ cell, metric }) => `${cell.scenario}: ${metricSentence(metric)}`),
        alarmWord: "Slower",
        sections: [{ ...(await measuredSection(all, options)), warnings: machineDiffers }],
      },
    ],
    notes: [
      "Times are measured by the test itself, on real machines.",
      ...missing.map((key) => `Missing in new: ${key}.`),
      ...added.map((key) => `Only in new: ${key}.`),
    ],
  };
}

async function measuredSection(all: readonly WallCell[], { wallThreshold }: CompareOptions): Promise<Section> {
  return {
    title: "Times, new against base",
    see: seen(wallThreshold),
    unit: "per cent of the base's median",
    kind: "measured",
    figures: wallFigures(await loadPlot(), all, wallThreshold),
    table: wallTable(all),
  };
}
