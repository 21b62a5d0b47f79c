import type { Mmu } from "../../mmu/contract.js";
import { totalAt } from "../../mmu/counters.js";
import type { ResultFile, RunResult, ScenarioResult } from "../../results/types.js";
import { verdictIn } from "../../results/verdict.js";
import { isWide, WIDE_SHARE } from "../../stats/statistics.js";
import type { Mmus } from "../benchTable.js";
import { escapeMarkdown, markdownTable } from "../markdownText.js";
import { formatChange, formatNs } from "../units.js";
import { moreWords, resultWords } from "../verdictWords.js";

/**
 * The headline tables as GitHub-flavoured Markdown: per case a table, a line a strategy, changes
 * against the baseline.
 */
export function toMarkdown(result: ResultFile, mmus: Mmus): string {
  const blocks = result.scenarios.map((scenario) => {
    const runs = result.runs.filter((run) => run.scenario === scenario.id);
    return caseBlock(scenario, runs, mmus.get(scenario.mmu));
  });
  const partial = result.partial ? ["**Partial: the run was interrupted.**"] : [];
  return `${["# s2split", ...partial, ...blocks, legend(result)].join("\n\n")}\n`;
}

function caseBlock(scenario: ScenarioResult, runs: readonly RunResult[], mmu: Mmu | undefined): string {
  const base = runs.find((run) => run.strategy === mmu?.baseline);
  const columns = mmu?.columns ?? [];
  const parts = [...new Set(runs.flatMap((run) => Object.keys(run.wall ?? {})))];
  const head = [
    "strategy",
    ...columns.map((column) => column.heading),
    ...parts.map((part) => `wall, ${escapeMarkdown(part)}`),
    "result",
  ];
  const rows = runs.map((run) => [
    escapeMarkdown(run.strategy),
    ...columns.map(({ path, change }) => countCell(run, base, path, change === true)),
    ...parts.map((part) => wallCell(run, part)),
    `${verdictIn(run)?.code === "wrong" ? "**WRONG**: " : ""}${escapeMarkdown(resultWords(run, mmu?.findingWords))}`,
  ]);
  const lines = [`## ${escapeMarkdown(scenario.id)}`];
  if (scenario.description !== null) lines.push(escapeMarkdown(scenario.description));
  lines.push(markdownTable(head, rows, { figures: 1, last: head.length - 1 }));
  const further = runs.flatMap((run) => {
    const verdict = verdictIn(run);
    const more = verdict === undefined ? undefined : moreWords(verdict);
    return more === undefined
      ? []
      : [`- ${escapeMarkdown(run.strategy)}, ${resultWords(run)}: ${escapeMarkdown(more)}`];
  });
  if (further.length > 0) lines.push(further.join("\n"));
  return lines.join("\n\n");
}

function countCell(run: RunResult, base: RunResult | undefined, path: string, change: boolean): string {
  const value = totalAt(run.counts, path);
  if (value === undefined) return "";
  const before = base === undefined ? undefined : totalAt(base.counts, path);
  return change && run !== base && before !== undefined ? `${value} (${formatChange(before, value)})` : String(value);
}

function wallCell(run: RunResult, part: string): string {
  const series = run.wall?.[part];
  if (series === undefined) return "";
  return (
    `${formatNs(series.medianNs)} [${formatNs(series.ci95Ns[0])}, ` +
    `${formatNs(series.ci95Ns[1])}]${isWide(series) ? " !" : ""}`
  );
}

function legend(result: ResultFile): string {
  const lines = ["Counts are exact: the same on every machine; in brackets the change against the baseline."];
  if (result.runs.some((run) => run.wall !== null)) {
    const host = result.environment;
    const where =
      host === null
        ? ""
        : ` (${escapeMarkdown(host.cpuModel)}, ${host.cpuCount} CPUs, node ${escapeMarkdown(host.node)})`;
    lines.push(
      `Wall times are of this simulation on its host${where}, median and 95% interval, not times of any kernel.`,
    );
    if (result.runs.some(({ wall }) => Object.values(wall ?? {}).some(isWide)))
      lines.push(`! marks an interval wider than ${100 * WIDE_SHARE}% of its median: something else had the host.`);
  }
  return lines.join(" ");
}
