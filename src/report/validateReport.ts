import type { UnpricedCount } from "../cost/modelTime.js";
import { SINGLE_FIGURES } from "../cost/published/single.js";
import { OTHER_CHUNK, SERIES_CHUNK } from "../cost/splitRows.js";
import type { Validation } from "../cost/validate.js";
import type { ZapValidation } from "../cost/validateZap.js";
import { columnsOf } from "./columns.js";
import { contentionReport, shadowReport } from "./contentionReport.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatCount, formatNs } from "./units.js";
import { wrapLines } from "./wrapLines.js";

/**
 * The model beside every published measurement: one table a series, and what must be known to read
 * it.
 */
export function validateReport(validation: Validation, style: Style): string {
  const parts = [
    ...validation.split.map((one) => splitSeries(one, style)),
    contentionReport(validation.contention, style),
    shadowReport(validation.shadow, style),
    zapSeries(validation.zap, style),
    singles(style),
    legend(validation, style),
  ];
  return wrapLines(`${parts.join("\n\n")}\n`, style);
}

function splitSeries(one: Validation["split"][number], style: Style): string {
  const { series } = one;
  const what =
    series.scope === "split" ? "the split alone, timed in the kernel" : "the whole ioctl, timed from userspace";
  const head = [
    `${style.chalk.bold(`${series.author}, ${series.date}`)}: ${series.title}`,
    `${series.strategy} against baseline on ${series.machine}, slot of ${series.slotGiB}G, ${what}; modelled ` +
      `with profile ${one.profile}`,
  ];
  const table = grid(
    columnsOf(["mode", "backing"], ["published", "stdev", "modelled", "error"], ["inside 1 stdev", "row"]),
    one.rows.map((row) => [
      row.mode,
      row.backing,
      `${row.publishedPercent.toFixed(2)}%`,
      row.stdevPoints === null ? "none" : `${row.stdevPoints.toFixed(2)}`,
      `${row.modelledPercent.toFixed(2)}%`,
      points(row.errorPoints),
      row.inside === null ? "-" : row.inside ? "yes" : style.chalk.yellow("no"),
      row.role,
    ]),
    style,
  );
  const notes: string[] = [];
  notes.push(
    `Chunk size not stated: ${SERIES_CHUNK} is taken; with ${OTHER_CHUNK} no change would differ by more than ` +
      `${one.otherChunkPoints.toFixed(2)} points.`,
  );
  if (one.scaled) {
    notes.push(
      `Counts of ${series.slotGiB}G are exact: 3 GiB were simulated; the third adds just what the second did, ` +
        "and so does each further one.",
    );
  }
  if (series.rows.some((row) => row.mode === "clear")) {
    notes.push("Clear is the mean of two iterations: the second finds pages, whatever the backing.");
  }
  if (one.assumptions === "scaleOnly") {
    notes.push("The profile's scale is assumed; these percentages do not depend on it.");
  }
  if (one.assumptions === "figures") notes.push(style.chalk.yellow("The modelled figures rest on assumptions."));
  notes.push(...unpricedNote(one.unpriced, one.profile));
  return [...head, table, ...notes.map((note) => `  ${note}`)].join("\n");
}

function zapSeries(zap: ZapValidation, style: Style): string {
  const head = [
    `${style.chalk.bold("Bernhard Kauer, 2024-10-23")}: KVM: x86: Fast forward the iterator when zapping the TDP MMU`,
    "loops of the TDP iterator while the hello guest's root, and then an empty one, are zapped; simulated, not " +
      "modelled",
  ];
  const table = grid(
    columnsOf(
      [],
      [
        "root",
        "zap level",
        "before, published",
        "simulated",
        "after, published",
        "simulated",
        "entries, published",
        "simulated",
      ],
    ),
    zap.passes.map((pass) =>
      [
        pass.root,
        pass.zapLevel,
        pass.publishedBefore,
        pass.simulatedBefore,
        pass.publishedAfter,
        pass.simulatedAfter,
        pass.publishedEntries,
        pass.simulatedEntries,
      ].map(formatCount),
    ),
    style,
  );
  const saved =
    `Time saved: published ${formatNs(zap.publishedSavedNs)}, modelled ${formatNs(zap.modelledSavedNs)} with profile ` +
    `${zap.profile} (fitted: its loop is this figure).`;
  return [
    ...head,
    table,
    `  ${zap.exact ? "Every count is equal." : style.chalk.yellow("Counts differ.")} ${saved}`,
  ].join("\n");
}

/** Published figures that no table of this report has, and why. */
function singles(style: Style): string {
  return [
    style.chalk.bold("Published too, without a table above"),
    ...SINGLE_FIGURES.map((one) => `  ${one.author}, ${one.date} (${one.id}): ${one.model}`),
  ].join("\n");
}

function legend(validation: Validation, style: Style): string {
  const rows = validation.split.flatMap((one) => one.rows);
  const judged = rows.filter((row) => row.role === "judged" && row.inside !== null);
  const inside = judged.filter((row) => row.inside === true).length;
  return [
    style.chalk.bold("How to read it"),
    "Percentages are changes of run time, patched against unpatched; errors are modelled less published, in points.",
    "fitted: the profile's figures were computed from this row, so that agreement proves nothing. judged: they " +
      "were not.",
    `Of ${judged.length} judged rows with a published spread, ${inside} ${inside === 1 ? "is" : "are"} within ` +
      "one standard deviation.",
  ].join("\n");
}

export function unpricedNote(unpriced: readonly UnpricedCount[], profile: string): string[] {
  if (unpriced.length === 0) return [];
  const list = unpriced.map((one) => `${one.label} (${formatCount(one.count)})`).join(", ");
  return [`Counted, but ${profile} has no cost for: ${list}.`];
}

export function points(value: number): string {
  const text = value.toFixed(2);
  return `${value > 0 && Number(text) !== 0 ? "+" : ""}${Number(text) === 0 ? "0.00" : text} points`;
}
