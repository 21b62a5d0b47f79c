import { clip } from "../errors.js";
import type { ResultFile } from "./types.js";

/** Deeper than any result: scenarios nest about eight levels. */
const DEEPEST = 64;

/**
 * Checks a parsed JSON value before any recursive code sees it: nesting, and names that reach into prototypes.
 *
 * @returns what is wrong, or undefined
 */
export function hostile(value: unknown): string | undefined {
  let level: object[] = isObject(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEEPEST) return `nested more than ${DEEPEST} deep`;
    const next: object[] = [];
    for (const object of level) {
      if (Object.hasOwn(object, "__proto__")) return 'holds the name "__proto__"';
      for (const child of Object.values(object)) if (isObject(child)) next.push(child);
    }
    level = next;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * What a schema cannot say: ids are unique and refer to each other, a shard is one of its count.
 *
 * @returns what is wrong, or undefined
 */
export function inconsistency(result: ResultFile): string | undefined {
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
