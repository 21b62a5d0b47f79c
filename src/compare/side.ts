import { badInput, clip } from "../errors.js";
import { lookUp, type NonEmpty, nonEmpty } from "../lists.js";
import type { NamedResult } from "../results/read.js";
import type { Environment, RunResult, ScenarioResult } from "../results/types.js";
import { firstDifference, show } from "./difference.js";

/** One run with all that belongs to it, wherever its file was. */
export interface SideRun {
  readonly path: string;
  readonly scenario: ScenarioResult;
  readonly run: RunResult;
  readonly environment: Environment | null;
}

/** One side of a comparison: all its files as one. */
export interface Side {
  readonly paths: NonEmpty<string>;
  readonly modelVersion: number;
  readonly partialPaths: readonly string[];
  readonly scenarios: ReadonlyMap<string, { readonly path: string; readonly scenario: ScenarioResult }>;
  /** By {@link runKey}, in the order of the files. */
  readonly runs: ReadonlyMap<string, SideRun>;
}

export function runKey(scenario: string, strategy: string): string {
  return JSON.stringify([scenario, strategy]);
}

/**
 * Joins the files of one side.
 *
 * @throws UserError where files contradict each other: model versions, one id with two scenarios, a
 *   run in two files
 */
export function joinSide(files: readonly NamedResult[]): Side {
  const scenarios = new Map<string, { path: string; scenario: ScenarioResult }>();
  const runs = new Map<string, SideRun>();
  const [first, ...others] = nonEmpty(files);
  for (const { path, result } of files) {
    requireSameModel(first, { path, result });
    for (const scenario of result.scenarios) {
      const known = scenarios.get(scenario.id);
      if (known === undefined) scenarios.set(scenario.id, { path, scenario });
      else requireSameScenario(known, { path, scenario });
    }
    for (const run of result.runs) {
      const key = runKey(run.scenario, run.strategy);
      const known = runs.get(key);
      if (known !== undefined) {
        throw badInput(
          path,
          `has ${clip(run.strategy)} on "${clip(run.scenario)}", which ${known.path} has too`,
          "each run once",
        );
      }
      runs.set(key, { path, scenario: lookUp(scenarios, run.scenario).scenario, run, environment: result.environment });
    }
  }
  return {
    paths: [first.path, ...others.map((file) => file.path)],
    modelVersion: first.result.tool.modelVersion,
    partialPaths: files.filter((file) => file.result.partial).map((file) => file.path),
    scenarios,
    runs,
  };
}

function requireSameModel(a: NamedResult, b: NamedResult): void {
  const [one, other] = [a.result.tool.modelVersion, b.result.tool.modelVersion];
  if (one === other) return;
  throw badInput(b.path, `tool.modelVersion is ${other}, and ${one} in ${a.path}`, "results of one model version");
}

/**
 * Refuses two scenarios under one id that are not the same, naming the field. Names, descriptions
 * and what was assumed are prose and may differ.
 *
 * @throws UserError
 */
export function requireSameScenario(
  a: { readonly path: string; readonly scenario: ScenarioResult },
  b: { readonly path: string; readonly scenario: ScenarioResult },
): void {
  const difference = firstDifference(substance(a.scenario), substance(b.scenario));
  if (difference === undefined) return;
  throw badInput(
    b.path,
    `scenario "${clip(a.scenario.id)}" is another than in ${a.path}: ${clip(difference.path, 100)} is ` +
      `${show(difference.b)}, and ${show(difference.a)} there`,
    "results of the same scenario",
  );
}

function substance(result: ScenarioResult): unknown {
  const { scenario, mmu, workload, variables, initial } = result;
  const isRecord = typeof scenario === "object" && scenario !== null && !Array.isArray(scenario);
  if (!isRecord) return { mmu, workload, variables, scenario, initial };
  const { name: _, description: __, assumed: ___, ...rest } = scenario as Record<string, unknown>;
  return { mmu, workload, variables, scenario: rest, initial };
}
