import { formatJson } from "../../files/json.js";
import { lookUp } from "../../lists.js";
import type { ResultFile } from "../../results/types.js";
import { VERDICT_CODES, verdictIn } from "../../results/verdict.js";
import type { Mmus } from "../benchTable.js";
import { metricsOf, nameWithUnit } from "./metrics.js";

/**
 * Longest name of a benchmark and of a measure that Bencher takes (bencher.dev, reference "Bencher
 * Metric Format").
 */
const LONGEST_BENCHMARK = 1024;
const LONGEST_MEASURE = 64;

interface Metric {
  value: number;
  lower_value?: number;
  upper_value?: number;
}

/**
 * The measure that says what may be said of a run: a threshold on it makes a strategy that turns
 * wrong an alert.
 */
const VERDICT = "verdict-rank";

/**
 * Bencher Metric Format: an object of benchmarks (case and strategy), each an object of measures.
 * Totals only; a measure's name has its unit (`split-inspected-entries`, `wall-split-median-ns`),
 * since a new measure has none of its own. It takes figures only, so the verdict is one: its place
 * in {@link VERDICT_CODES}, from 0 (right) to 4 (wrong).
 */
export function toBencher(result: ResultFile, mmus: Mmus): string {
  const scenarios = new Map(result.scenarios.map((scenario) => [scenario.id, scenario]));
  const benchmarks = new Map<string, Record<string, Metric>>();
  for (const run of result.runs) {
    const { mmu } = lookUp(scenarios, run.scenario);
    const measures = new Map<string, Metric>();
    for (const metric of metricsOf(run, mmus.get(mmu)?.counters ?? [])) {
      if (!metric.total || typeof metric.value !== "number") continue;
      const values: Metric = { value: metric.value };
      if (metric.interval !== undefined) [values.lower_value, values.upper_value] = metric.interval;
      measures.set(unique(slug(nameWithUnit(metric)), LONGEST_MEASURE, measures), values);
    }
    const verdict = verdictIn(run);
    if (verdict !== undefined) measures.set(VERDICT, { value: VERDICT_CODES.indexOf(verdict.code) });
    const name = unique(`${run.scenario}/${run.strategy}`, LONGEST_BENCHMARK, benchmarks);
    benchmarks.set(name, Object.fromEntries(measures));
  }
  return formatJson(Object.fromEntries(benchmarks));
}

function slug(text: string): string {
  return text
    .replaceAll(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

/** The name cut to what is allowed, and counted on where the cut made it equal to another. */
function unique(name: string, longest: number, taken: ReadonlyMap<string, unknown>): string {
  let candidate = name.slice(0, longest);
  for (let n = 2; taken.has(candidate); n++) candidate = `${name.slice(0, longest - 8)}-${n}`;
  return candidate;
}
