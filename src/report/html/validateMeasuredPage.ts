import type { MeasuredValidation } from "../../cost/validateMeasured.js";
import { columnsOf } from "../columns.js";
import { formatNs } from "../units.js";
import { ns, percentCell } from "./cells.js";
import { loadPlot } from "./charts/draw.js";
import { intervalsChart } from "./charts/intervals.js";
import type { Cell, Page, Section } from "./page.js";

/** The page of the model beside measured runs. */
export async function validateMeasuredPage({ rows, profile }: MeasuredValidation): Promise<Page> {
  const plot = await loadPlot();
  const text = {
    title: "Measured and modelled, phase by phase",
    description: rows
      .map(
        ({ label, measuredNs, modelledNs }) =>
          `${label}: measured ${formatNs(measuredNs)}, modelled ${formatNs(modelledNs)}`,
      )
      .join("; "),
  };
  const relative = rows.map(({ label, measuredNs, ci95Ns, modelledNs }) => ({
    name: label,
    value: 100,
    low: (100 * ci95Ns[0]) / measuredNs,
    high: (100 * ci95Ns[1]) / measuredNs,
    title: `${label}: measured ${formatNs(measuredNs)}`,
    other: {
      value: (100 * modelledNs) / measuredNs,
      title: `${label}: modelled ${formatNs(modelledNs)}`,
      hollow: false,
    },
  }));
  const section: Section = {
    title: "Measured and modelled",
    see:
      "Where a square lies within the line of its dot, the modelled time is within the 95% interval of what was " +
      "measured.",
    unit: "per cent of the measured median",
    kind: "measured",
    key: [
      { label: "measured, 95% interval", mark: "p0", shape: 0 },
      { label: "modelled", mark: "p1", shape: 1 },
    ],
    figures: [
      {
        title: "Modelled, of measured",
        svg: intervalsChart(plot, text, relative, { format: (value) => `${Math.round(value)}%`, rules: [] }),
      },
    ],
    table: {
      columns: columnsOf(["phase"], ["samples", "measured", "95% from", "95% to", "modelled", "error"], []),
      rows: rows.map((row): Cell[] => [
        row.label,
        row.samples,
        ns(row.measuredNs),
        ns(row.ci95Ns[0]),
        ns(row.ci95Ns[1]),
        ns(row.modelledNs),
        percentCell(row.errorPercent),
      ]),
    },
  };
  return {
    title: "The model beside measured runs",
    lead: "How near modelled times come to what was measured, phase by phase.",
    facts: [{ name: "Profile", value: profile }],
    groups: [{ title: "Phases", lead: "", alarms: [], sections: [section] }],
    notes: [
      "Measured times are of the machine that ran the test. Modelled ones are exact counts times a profile of costs.",
    ],
  };
}
