import { clip, printable } from "../errors.js";
import type { ResultFile } from "./types.js";

/**
 * What a schema cannot say: ids are unique and refer to each other, a shard is one of its count.
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
  for (const { scenario, strategy } of result.runs) {
    if (!scenarios.has(scenario)) return `a run names scenario "${clip(scenario)}", which the file does not have`;
    const key = JSON.stringify([scenario, strategy]);
    if (runs.has(key)) return `the run of ${clip(strategy)} on "${clip(scenario)}" occurs twice`;
    runs.add(key);
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
