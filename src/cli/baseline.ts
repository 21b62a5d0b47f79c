import { environmentHere } from "../bench/environment.js";
import { firstDifference, show } from "../compare/difference.js";
import { runKey } from "../compare/side.js";
import type { CompareOptions, Comparison } from "../compare/types.js";
import { badInput } from "../errors.js";
import { type NamedResult, readResults } from "../results/read.js";
import { MODEL_VERSION, type ResultFile, type RunResult } from "../results/types.js";
import { compareNamed, type GateFlags } from "./gate.js";
import type { Io } from "./io.js";

/** What `bench` is asked to hold its result against. */
export interface BaselineFlags extends GateFlags {
  readonly baseline?: string;
  readonly wall: boolean;
}

/**
 * Reads the baseline of `bench --baseline` before the work: what cannot be compared with must fail
 * first. Null without one.
 *
 * @throws UserError for an unreadable or partial file, one of another model version, and for a wall
 *   threshold that has no wall times, or those of another machine, to be held against
 */
export async function readBaseline(flags: BaselineFlags, { stdin, registry }: Io): Promise<NamedResult[] | null> {
  const path = flags.baseline;
  if (path === undefined) {
    if (flags.wallThreshold === undefined) return null;
    throw badInput("--wall-threshold", "nothing to compare with", "--baseline FILE too");
  }
  const files = await readResults([path], { stdin, registry });
  for (const { path: file, result } of files) {
    if (result.partial) {
      throw badInput(file, "partial: its run was interrupted", "a complete result as the baseline");
    }
    if (result.tool.modelVersion !== MODEL_VERSION) {
      throw badInput(file, `tool.modelVersion is ${result.tool.modelVersion}`, `${MODEL_VERSION}, as this s2split has`);
    }
    if (flags.wallThreshold !== undefined) refuseForeignTimes(file, result, flags);
  }
  return files;
}

function refuseForeignTimes(path: string, { environment, runs }: ResultFile, flags: BaselineFlags): void {
  if (!flags.wall) throw badInput("--wall-threshold", "no wall times with --no-wall", "one of the two");
  if (runs.every((run) => run.wall === null)) {
    throw badInput(path, "has no wall times to hold against --wall-threshold", "a result of bench without --no-wall");
  }
  if (flags.anyEnvironment === true) return;
  const difference = firstDifference(environment, environmentHere(), "environment");
  if (difference !== undefined) {
    throw badInput(
      path,
      `${difference.path} is ${show(difference.a)}, and ${show(difference.b)} here`,
      "wall times of this environment (--any-environment compares them all the same)",
    );
  }
}

/**
 * Compares a fresh result with the baseline. Of the baseline only the cases that were benched
 * count, and only the strategies that were asked for: who benches a part does not remove the rest.
 * A strategy that is gone from a benched case is a regression.
 *
 * @param chosen the strategies asked for; undefined: all
 */
export async function holdAgainst(
  baseline: readonly NamedResult[],
  result: ResultFile,
  chosen: ReadonlySet<string> | undefined,
  options: CompareOptions,
  io: Pick<Io, "registry">,
): Promise<Comparison> {
  const benched = new Set(result.scenarios.map(({ id }) => id));
  const ran = new Set(result.runs.map((run) => runKey(run.scenario, run.strategy)));
  const wanted = (run: RunResult): boolean =>
    ran.has(runKey(run.scenario, run.strategy)) ||
    (benched.has(run.scenario) && (chosen === undefined || chosen.has(run.strategy)));
  const concerned = baseline.map(({ path, result: base }) => ({
    path,
    result: {
      ...base,
      scenarios: base.scenarios.filter(({ id }) => benched.has(id)),
      runs: base.runs.filter((run) => wanted(run)),
    },
  }));
  const some = concerned.some(({ result: base }) => base.runs.length > 0);
  // With nothing in common the whole baseline says best which field keeps the two apart.
  const next = [{ path: "this run", result }];
  return compareNamed(some ? concerned : baseline, next, options, io);
}
