import { clip, printable } from "../errors.js";
import type { ResultFile, RunResult } from "./types.js";

/**
 * What a schema cannot say: ids are unique and refer to each other, a verdict follows from
 * findings, figures of a series from its samples, a shard is one of its count.
 *
 * @returns what is wrong, or undefined
 */
export function inconsistency(result: ResultFile): string | undefined {
  const names = [...result.scenarios.flatMap(({ id, name }) => [id, name]), ...result.runs.map((run) => run.strategy)];
  const hidden = names.find((name) => printable(name) !== name);
  if (hidden !== undefined) return `the name "${clip(hidden)}" has control or invisible characters`;
  const scenarios = new Set<string>();
  for (const { id } of result.scenarios) {
    if (scenarios.has(id)) return `scenario "${clip(id)}" occurs twice`;
    scenarios.add(id);
  }
  const runs = new Set<string>();
  for (const run of result.runs) {
    const { scenario, strategy } = run;
    if (!scenarios.has(scenario)) return `a run names scenario "${clip(scenario)}", which the file does not have`;
    const key = JSON.stringify([scenario, strategy]);
    if (runs.has(key)) return `the run of ${clip(strategy)} on "${clip(scenario)}" occurs twice`;
    runs.add(key);
    const problem = contradiction(run);
    if (problem !== undefined) return `the run of ${clip(strategy)} on "${clip(scenario)}" ${problem}`;
  }
  const { shard } = result;
  if (shard === null) return undefined;
  if (shard.index > shard.count) return `shard ${shard.index} of ${shard.count}`;
  // An interrupted part has fewer scenarios than places.
  if (shard.cases.length !== result.scenarios.length && !result.partial) {
    return `shard.cases has ${shard.cases.length} places for ${result.scenarios.length} scenarios`;
  }
  return undefined;
}

/** What in a run cannot both be. */
function contradiction({ verdict, findings, wall }: RunResult): string | undefined {
  if (verdict !== undefined && (verdict.code === "wrong") !== findings.length > 0) {
    return `is called ${verdict.code} with ${findings.length} finding${findings.length === 1 ? "" : "s"}`;
  }
  for (const [part, series] of Object.entries(wall ?? {})) {
    const { samplesNs, minNs, medianNs, maxNs, ci95Ns } = series;
    const sorted = samplesNs.toSorted((a, b) => a - b);
    if (sorted[0] !== minNs || sorted.at(-1) !== maxNs)
      return `has wall times (${clip(part)}) beside their lowest and highest`;
    const [from, to] = ci95Ns;
    if (!(minNs <= from && from <= medianNs && medianNs <= to && to <= maxNs))
      return `has a median (${clip(part)}) beside its interval, or beside its samples`;
  }
  return undefined;
}
