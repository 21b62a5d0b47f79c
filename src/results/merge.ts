import { badInput, clip } from "../errors.js";
import { groupBy } from "../lists.js";
import type { NamedResult } from "./read.js";
import type { ResultFile, RunResult, ScenarioResult, Shard } from "./types.js";

interface NamedShard {
  readonly path: string;
  readonly result: ResultFile;
  readonly shard: Shard;
}

/**
 * Puts the parts of a sharded sweep together: the result that one run of the whole plan would have
 * given, but for times and environment. `createdAt` is the latest of the parts; `environment` is
 * theirs where all ran in the same, else null, so that wall times of several machines are not taken
 * for those of one.
 *
 * @throws UserError that names the file or the part: no shard, interrupted, of another plan or
 *   tool, given twice, missing
 */
export function mergeShards(files: readonly NamedResult[]): ResultFile {
  const parts = files.map(asShard);
  const first = parts[0];
  if (first === undefined) throw badInput("merge", "no files", "every part of a sweep");
  for (const part of parts) refuseForeign(first, part);
  refuseDoubled(parts);
  refuseMissing(first, parts);

  const placed: { position: number; scenario: ScenarioResult; runs: readonly RunResult[] }[] = [];
  for (const { path, result, shard } of parts) {
    const runs = groupBy(result.runs, ({ scenario }) => scenario);
    for (const [i, scenario] of result.scenarios.entries()) {
      placed.push({ position: shard.cases[i]!, scenario, runs: runs.get(scenario.id) ?? [] });
    }
    if (new Set(shard.cases).size !== shard.cases.length) throw badInput(path, "shard.cases names one place twice");
  }
  placed.sort((a, b) => a.position - b.position);
  refuseGaps(
    placed.map(({ position }) => position),
    first,
  );
  return {
    ...first.result,
    createdAt: latest(parts.map(({ result }) => result.createdAt)),
    environment: common(parts.map(({ result }) => result.environment)),
    shard: null,
    scenarios: placed.map(({ scenario }) => scenario),
    runs: placed.flatMap(({ runs }) => runs),
  };
}

function asShard({ path, result }: NamedResult): NamedShard {
  if (result.shard === null) throw badInput(path, "is no part of a sweep", "a result of bench --shard I/N");
  if (result.partial) throw badInput(path, `partial: shard ${nameOf(result.shard)} was interrupted`, "a complete part");
  return { path, result, shard: result.shard };
}

function nameOf({ index, count }: Shard): string {
  return `${index}/${count}`;
}

/** Everything but times, environment and the cases themselves must be the first file's. */
function refuseForeign(first: NamedShard, part: NamedShard): void {
  const fields: [string, (named: NamedShard) => unknown][] = [
    ["shard.count", ({ shard }) => shard.count],
    ["tool.version", ({ result }) => result.tool.version],
    ["tool.modelVersion", ({ result }) => result.tool.modelVersion],
    ["options", ({ result }) => result.options],
    ["shard.plan", ({ shard }) => shard.plan],
  ];
  for (const [field, of] of fields) {
    const [mine, theirs] = [JSON.stringify(of(part)), JSON.stringify(of(first))];
    if (mine !== theirs) {
      throw badInput(
        part.path,
        `is foreign: ${field} is ${clip(mine, 80)}, and ${clip(theirs, 80)} in ${first.path}`,
        "parts of one sweep",
      );
    }
  }
}

function refuseDoubled(parts: readonly NamedShard[]): void {
  const seen = new Map<number, string>();
  for (const { path, shard } of parts) {
    const before = seen.get(shard.index);
    if (before !== undefined) {
      throw badInput(path, `is shard ${nameOf(shard)}, which ${before} is too`, "each part once");
    }
    seen.set(shard.index, path);
  }
}

function refuseMissing(first: NamedShard, parts: readonly NamedShard[]): void {
  const present = new Set(parts.map(({ shard }) => shard.index));
  const { count } = first.shard;
  const missing: string[] = [];
  for (let index = 1; index <= count; index++) if (!present.has(index)) missing.push(`${index}/${count}`);
  if (missing.length === 0) return;
  const max = 20;
  const names = missing.slice(0, max).join(", ") + (missing.length > max ? ` and ${missing.length - max} more` : "");
  throw badInput("merge", `missing ${missing.length === 1 ? "shard" : "shards"} ${names}`, `all ${count} parts`);
}

/**
 * Parts that agree on the plan but not on who has which case were written by hand, or by another
 * version.
 */
function refuseGaps(positions: readonly number[], first: NamedShard): void {
  positions.forEach((position, i) => {
    if (position !== i) {
      const problem = position > i ? `has no case ${i} in any part` : `has case ${position} in two parts`;
      throw badInput(`plan ${clip(first.shard.plan)}`, problem, "parts made by one bench --shard");
    }
  });
}

function latest(times: readonly (string | null)[]): string | null {
  return times.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null);
}

function common<T>(values: readonly T[]): T | null {
  const first = JSON.stringify(values[0]);
  return values.every((value) => JSON.stringify(value) === first) ? (values[0] ?? null) : null;
}
