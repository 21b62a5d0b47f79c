import { printable } from "../../errors.js";
import { lookUp } from "../../lists.js";
import type { ResultFile } from "../../results/types.js";
import { verdictIn } from "../../results/verdict.js";
import type { Mmus } from "../benchTable.js";
import { resultSentence } from "../verdictWords.js";
import { metricsOf, nameWithUnit } from "./metrics.js";

/**
 * Comma-separated values by RFC 4180: one line a run, one column a figure with its unit in the
 * name; an empty cell where a run has no such figure. Lines end with CR LF. Text that a spreadsheet
 * would take for a formula begins with an apostrophe (OWASP, "CSV Injection").
 */
export function toCsv(result: ResultFile, mmus: Mmus): string {
  const scenarios = new Map(result.scenarios.map((scenario) => [scenario.id, scenario]));
  const rows: Map<string, string | number | null>[] = [];
  const columns = new Set(["scenario", "mmu", "name", "workload"]);
  for (const variable of result.scenarios.flatMap((scenario) => Object.keys(scenario.variables))) {
    columns.add(`variable/${variable}`);
  }
  for (const column of ["strategy", "source", "verdict", "result"]) columns.add(column);
  for (const run of result.runs) {
    const scenario = lookUp(scenarios, run.scenario);
    const row = new Map<string, string | number | null>([
      ["scenario", scenario.id],
      ["mmu", scenario.mmu],
      ["name", scenario.name],
      ["workload", scenario.workload],
      ["strategy", run.strategy],
      ["source", run.source],
      ["verdict", verdictIn(run)?.code ?? null],
      ["result", resultSentence(run, mmus.get(scenario.mmu)?.findingWords)],
    ]);
    for (const [variable, value] of Object.entries(scenario.variables)) row.set(`variable/${variable}`, value);
    for (const metric of metricsOf(run, mmus.get(scenario.mmu)?.counters ?? [])) {
      row.set(nameWithUnit(metric), metric.value);
    }
    for (const column of row.keys()) columns.add(column);
    rows.push(row);
  }
  const names = [...columns];
  const lines = [names.map(cell), ...rows.map((row) => names.map((name) => cell(row.get(name) ?? null)))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const clean = printable(value);
  const safe = /^\s*[=+\-@]/.test(clean) ? `'${clean}` : clean;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
