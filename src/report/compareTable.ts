import type { CellComparison, CellRef, Comparison, ExactMetric, Note, WallMetric } from "../compare/types.js";
import { clip } from "../errors.js";
import { groupBy } from "../lists.js";
import type { CountValue } from "../mmu/counters.js";
import { MAX_SAMPLES } from "../stats/statistics.js";
import { columnsOf } from "./columns.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";
import { formatCount, formatNs, formatPercent } from "./units.js";
import { resultWord, resultWords } from "./verdictWords.js";
import { wrapLines } from "./wrapLines.js";

/**
 * A comparison as text: per case and strategy every figure that changed, side by side with its
 * change, and one line on what is equal; then all regressions again in a list, since they are what
 * the reader came for.
 *
 * @param all show equal figures too
 */
export function compareText(comparison: Comparison, style: Style, all = false): string {
  const blocks: string[] = [];
  const samples = oneSampleCount(comparison);
  for (const [scenario, cells] of groupBy(comparison.cells, ({ scenario }) => scenario)) {
    const shown = cells
      .map((cell) => ({ cell, rows: rowsOf(cell, style, all, samples === null) }))
      .filter(({ rows }) => rows.length > 0);
    if (shown.length === 0) continue;
    const lines = [style.chalk.bold(clip(scenario, 200))];
    const columns = columnsOf(["  strategy", "metric"], ["base", "new", "change"], [""]);
    const rows = shown.flatMap(({ cell, rows }) =>
      rows.map((row, i) => [`  ${i === 0 ? clip(cell.strategy) : ""}`, ...row]),
    );
    lines.push(grid(columns, rows, style));
    blocks.push(lines.join("\n"));
  }
  blocks.push(...absentBlocks(comparison, style));
  const counted = samples === null ? [] : [`wall times are medians of ${samples}; p is after Holm's correction`];
  const notes = [...counted, ...comparison.notes.map(noteText), ...wallNotes(comparison)];
  if (notes.length > 0) blocks.push(notes.join("\n"));
  const regressions = regressionsOf(comparison);
  if (regressions.length > 0) {
    const title = style.chalk.red.bold(`${plural(regressions.length, "regression")}:`);
    blocks.push([title, ...regressions.map(({ text }) => `  ${text}`)].join("\n"));
  }
  blocks.push(summaryLine(comparison));
  return wrapLines(blocks.join("\n\n"), style);
}

/**
 * "20 samples each" where all wall times are of equally many, so that it need not stand in each
 * row; null where they differ.
 */
function oneSampleCount({ cells }: Comparison): string | null {
  const counts = new Set(cells.flatMap(({ wall }) => wall.map(({ samples }) => samples.join(" and "))));
  if (counts.size !== 1) return null;
  const [[base, next]] = cells.flatMap(({ wall }) => wall.map(({ samples }) => samples)) as [readonly [number, number]];
  return base === next ? `${base} samples each` : `${base} samples in the base and ${next} in the new result`;
}

/** A regression in one line, and the file of the base that it is a regression from. */
export interface RegressionLine {
  readonly path: string;
  readonly text: string;
}

/** Every regression: where, which strategy, what, from what to what. */
export function regressionsOf(comparison: Comparison): RegressionLine[] {
  const lines: RegressionLine[] = [];
  for (const cell of comparison.cells) {
    const { path } = cell;
    const where = `${clip(cell.scenario, 200)}, ${clip(cell.strategy)}: `;
    if (cell.findings.status === "regression") lines.push({ path, text: `${where}result ${findingsText(cell)}` });
    for (const metric of [...cell.exact, ...cell.wall]) {
      if (metric.status === "regression") lines.push({ path, text: where + metricSentence(metric) });
    }
  }
  if (!comparison.options.allowMissing) {
    for (const { path, scenario, strategy } of comparison.missing) {
      lines.push({ path, text: `${clip(scenario, 200)}, ${clip(strategy)}: missing in the new result` });
    }
  }
  return lines;
}

/** "entries inspected, split walk: 1025 -> 1026 entries (+0.10%)". */
export function metricSentence(metric: ExactMetric | WallMetric): string {
  if (metric.kind === "measured") {
    return (
      `wall time, ${clip(metric.part)}: median ${formatNs(metric.baseNs)} -> ${formatNs(metric.nextNs)} ` +
      `(${formatPercent(metric.change)}, 95% interval ${formatPercent(metric.interval[0])} to ` +
      `${formatPercent(metric.interval[1])}, p ${pText(metric.pHolm)})`
    );
  }
  const unit = metric.unit === "" ? "" : ` ${metric.unit}`;
  const change = changeText(metric);
  return (
    `${metric.label}: ${valueText(metric.base)} -> ` +
    `${valueText(metric.next)}${unit}${change === "" ? "" : ` (${change})`}`
  );
}

/** The last line: what was compared and how much of it is equal. */
export function summaryLine({ summary, cells, missing, added }: Comparison): string {
  const { exact, equal, wall, regressions, improvements, changed, tolerated } = summary;
  const parts = [`${plural(cells.length, "run")} compared: ${equal} of ${exact} exact figures equal`];
  if (wall > 0) parts.push(plural(wall, "wall time"));
  if (tolerated > 0) parts.push(`${plural(tolerated, "increase")} within the limit`);
  if (improvements > 0) parts.push(plural(improvements, "improvement"));
  if (changed > 0) parts.push(plural(changed, "other change"));
  if (missing.length > 0) parts.push(`${missing.length} missing`);
  if (added.length > 0) parts.push(`${added.length} new`);
  parts.push(regressions === 0 ? "no regression" : plural(regressions, "regression"));
  return parts.join("; ");
}

/** Cells of one metric after the strategy: metric, base, new, change, status. */
function rowsOf(cell: CellComparison, style: Style, all: boolean, withSamples: boolean): string[][] {
  const rows: string[][] = [];
  if (all || cell.findings.status !== "equal") {
    const { verdicts, status } = cell.findings;
    rows.push(["result", resultWord(verdicts.base), resultWord(verdicts.next), "", mark(status, style)]);
  }
  for (const metric of cell.exact) {
    if (!all && metric.status === "equal") continue;
    const label = metric.unit === "" ? metric.label : `${metric.label} [${metric.unit}]`;
    const status = mark(metric.status, style);
    rows.push([label, valueText(metric.base), valueText(metric.next), changeText(metric), status]);
    for (const { level, base, next } of metric.levels) {
      rows.push([`  level ${level}`, formatCount(base), formatCount(next), percentOf(base, next), ""]);
    }
  }
  for (const metric of cell.wall) {
    if (!all && metric.status === "noise") continue;
    const figures = [formatNs(metric.baseNs), formatNs(metric.nextNs), formatPercent(metric.change)];
    const p = `p ${pText(metric.pHolm)}${withSamples ? `, n ${metric.samples[0]}+${metric.samples[1]}` : ""}`;
    rows.push([
      `wall, ${clip(metric.part)} [measured]`,
      ...figures,
      `${mark(metric.status, style)} ${style.chalk.dim(p)}`.trim(),
    ]);
  }
  return rows;
}

const MARKS: Readonly<Record<ExactMetric["status"] | WallMetric["status"], string>> = {
  equal: "",
  improvement: "improvement",
  changed: "changed",
  tolerated: "within the limit",
  regression: "REGRESSION",
  "not-gated": "",
  noise: "no change seen",
  "too-few": "too few samples",
};

function mark(status: ExactMetric["status"] | WallMetric["status"], { chalk }: Style): string {
  const text = MARKS[status];
  return status === "regression" ? chalk.red(text) : status === "improvement" ? chalk.green(text) : text;
}

function valueText(value: CountValue | undefined): string {
  if (value === undefined) return "absent";
  if (value === null) return "none";
  if (typeof value === "number") return formatCount(value);
  // A digest is told apart by its beginning.
  return typeof value === "object" ? "..." : clip(String(value), 12);
}

function changeText(metric: ExactMetric): string {
  if (metric.change === null || typeof metric.base !== "number" || typeof metric.next !== "number") return "";
  return metric.status === "equal" ? "=" : percentOf(metric.base, metric.next);
}

function percentOf(base: number, next: number): string {
  if (base === next) return "=";
  if (base > 0) return formatPercent((next - base) / base);
  // Of nothing, or of an errno, there is no percentage.
  return `${next > base ? "+" : ""}${formatCount(next - base)}`;
}

function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`;
}

function findingsText(cell: CellComparison): string {
  const { base, next, verdicts } = cell.findings;
  const words = (
    findings: CellComparison["findings"]["base"],
    verdict: CellComparison["findings"]["verdicts"]["base"],
  ) => resultWords({ findings, verdict: verdict ?? undefined });
  return `was ${words(base, verdicts.base)}, now ${words(next, verdicts.next)}`;
}

function absentBlocks({ missing, added, options }: Comparison, style: Style): string[] {
  const blocks: string[] = [];
  const gate = options.allowMissing ? "" : style.chalk.red(" (a regression unless --allow-missing)");
  if (missing.length > 0) blocks.push(`missing in the new result${gate}:\n${refLines(missing)}`);
  if (added.length > 0) blocks.push(`only in the new result:\n${refLines(added)}`);
  return blocks;
}

/** One line a case with its strategies. */
function refLines(refs: readonly CellRef[]): string {
  return [...groupBy(refs, ({ scenario }) => scenario)]
    .map(([scenario, cells]) => `  ${clip(scenario, 200)}: ${cells.map(({ strategy }) => clip(strategy)).join(", ")}`)
    .join("\n");
}

export function noteText(note: Note): string {
  switch (note.code) {
    case "wall-not-compared":
      return (
        `wall times are not compared: ${note.field} is ${note.base} in the base and ` + `${note.next} in the new result`
      );
    case "environment-ignored":
      return (
        `wall times are compared although ${note.field} is ${note.base} in the base and ${note.next} in the new ` +
        "result"
      );
    case "wall-only-one-side":
      return (
        `${plural(note.cells, "run")} ${note.cells === 1 ? "has" : "have"} wall times on one side only: not ` +
        "compared"
      );
    case "next-partial":
      return `the new result is partial, its run was interrupted: ${note.paths.join(", ")}`;
  }
}

function countText(count: number): string {
  return Number.isFinite(count) ? formatCount(count) : "infinitely many";
}

/** How many samples are needed, where there are too few to see a change of the threshold. */
function wallNotes({ cells, options }: Comparison): string[] {
  const few = cells.flatMap((cell) => cell.wall.filter((metric) => metric.status === "too-few"));
  if (few.length === 0 || options.wallThreshold === null) return [];
  const needed = Math.max(...few.map((metric) => metric.samplesNeeded ?? 0));
  const have = Math.min(...few.flatMap((metric) => metric.samples));
  const seen = `to see a change of ${formatPercent(options.wallThreshold)} four times in five`;
  const which = `too few samples in ${plural(few.length, "wall time")} (the fewest are ${have})`;
  if (needed > MAX_SAMPLES) {
    const beyond = `more than the ${formatCount(MAX_SAMPLES)} that bench takes: samples cannot decide it here`;
    return [
      `${which}: ${seen}, each side would need up to ${countText(needed)}, ${beyond}; a larger --wall-threshold, ` +
        "or a quieter machine",
    ];
  }
  return [`${which}: ${seen}, each side needs up to ${formatCount(needed)}: bench --runs ${needed}`];
}

export function plural(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
