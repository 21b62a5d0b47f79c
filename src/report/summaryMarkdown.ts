import type { Comparison } from "../compare/types.js";
import { metricSentence, regressionsOf, summaryLine } from "./compareTable.js";
import { escapeMarkdown, markdownTable } from "./markdownText.js";
import { formatPercent } from "./units.js";

/** GitHub takes 1 MiB of summary a step; this many rows of the longest names stay far below. */
const MAX_ROWS = 500;

/**
 * A comparison as Markdown for GITHUB_STEP_SUMMARY: the verdict, all regressions, then what else
 * changed.
 */
export function summaryMarkdown(comparison: Comparison): string {
  const { summary } = comparison;
  const title = summary.regressions === 0 ? "s2split: no regression" : `s2split: ${summary.regressions} regressed`;
  const blocks = [`## ${title}`, escapeMarkdown(summaryLine(comparison))];
  const regressions = regressionsOf(comparison);
  if (regressions.length > 0) blocks.push(cut(regressions.map(({ text }) => `- ${escapeMarkdown(text)}`)).join("\n"));
  const rows = changedRows(comparison);
  if (rows.length > 0) {
    const table = markdownTable(["case", "strategy", "what", "change"], rows.slice(0, MAX_ROWS), {
      figures: 3,
      last: 4,
    });
    const more = rows.length > MAX_ROWS ? `\n\n...and ${rows.length - MAX_ROWS} more` : "";
    blocks.push(`<details><summary>All changes</summary>\n\n${table}${more}\n\n</details>`);
  }
  return `${blocks.join("\n\n")}\n`;
}

function changedRows({ cells }: Comparison): string[][] {
  return cells.flatMap((cell) =>
    [...cell.exact, ...cell.wall]
      .filter(({ status }) => status !== "equal" && status !== "noise" && status !== "not-gated")
      .map((metric) => [
        escapeMarkdown(cell.scenario),
        escapeMarkdown(cell.strategy),
        escapeMarkdown(metricSentence(metric)),
        metric.change === null || !Number.isFinite(metric.change) ? "" : formatPercent(metric.change),
      ]),
  );
}

function cut(lines: readonly string[]): string[] {
  if (lines.length <= MAX_ROWS) return [...lines];
  return [...lines.slice(0, MAX_ROWS), `- ...and ${lines.length - MAX_ROWS} more`];
}
