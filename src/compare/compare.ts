import { badInput, clip } from "../errors.js";
import { nonEmpty, zip } from "../lists.js";
import type { CounterDeclaration } from "../mmu/counters.js";
import type { NamedResult } from "../results/read.js";
import type { Environment } from "../results/types.js";
import { firstDifference, show } from "./difference.js";
import { compareCounts, compareResult } from "./exact.js";
import { joinSide, requireSameScenario, type Side, type SideRun } from "./side.js";
import type { CellComparison, CellRef, CompareOptions, Comparison, ExactMetric, Note, WallMetric } from "./types.js";
import { compareWalls, type WallPair } from "./wall.js";

/** Declarations of each MMU's counters, by the MMU's id. */
export type CountersByMachine = ReadonlyMap<string, readonly CounterDeclaration[]>;

/**
 * Compares two results, or two sets of them. Pure: the verdict depends on nothing but the
 * arguments.
 *
 * @param base what is compared with; at least one file, none of them partial
 * @param next what is judged; at least one file
 * @throws UserError where the two cannot be compared, naming the field: a partial base, another
 *   model version, another scenario under the same id, nothing in common, or wall times of another
 *   environment where a wall threshold is set
 */
export function compareResults(
  base: readonly NamedResult[],
  next: readonly NamedResult[],
  counters: CountersByMachine,
  options: CompareOptions,
): Comparison {
  const before = joinSide(base);
  const after = joinSide(next);
  refuseIncomparable(before, after);

  const pairs: [SideRun, SideRun][] = [];
  const missing: CellRef[] = [];
  for (const [key, run] of before.runs) {
    const counterpart = after.runs.get(key);
    if (counterpart === undefined) missing.push(refOf(run));
    else pairs.push([run, counterpart]);
  }
  const added = [...after.runs].filter(([key]) => !before.runs.has(key)).map(([, run]) => refOf(run));
  if (pairs.length === 0) throw nothingInCommon(before, after);

  const notes: Note[] = [];
  if (after.partialPaths.length > 0) notes.push({ code: "next-partial", paths: after.partialPaths });
  const walls = wallsOf(pairs, options, notes);
  const cells = zip(pairs, walls).map(([[b, n], wall]): CellComparison => {
    const findings = compareResult(b.run, n.run);
    const exact = compareCounts(b.run.counts, n.run.counts, counters.get(b.scenario.mmu) ?? [], options.maxIncrease);
    const praise = n.run.findings.length === 0;
    return {
      ...refOf(b),
      workload: b.scenario.workload,
      exact: praise ? exact : exact.map(unpraised),
      wall: praise ? wall : wall.map(unpraised),
      findings,
    };
  });
  const summary = summarizeCells(cells, missing, options);
  return {
    options,
    base: { paths: before.paths },
    next: { paths: after.paths },
    cells,
    missing,
    added,
    notes,
    summary,
  };
}

/** What the process ends with: 0 where nothing regressed, 1 where something did. */
export function exitCodeOf(comparison: Comparison): 0 | 1 {
  return comparison.summary.regressions > 0 ? 1 : 0;
}

/**
 * A wrong result is not praised for the entries that it did not see: fewer of them is a change, no
 * improvement.
 */
function unpraised<M extends ExactMetric | WallMetric>(metric: M): M {
  return metric.status === "improvement" ? { ...metric, status: "changed" } : metric;
}

function refOf({ path, scenario, run }: SideRun): CellRef {
  return { path, scenario: scenario.id, mmu: scenario.mmu, strategy: run.strategy };
}

function refuseIncomparable(before: Side, after: Side): void {
  const partial = before.partialPaths[0];
  if (partial !== undefined) {
    throw badInput(partial, "partial: its run was interrupted", "a complete result as the baseline");
  }
  if (before.modelVersion !== after.modelVersion) {
    throw badInput(
      after.paths[0],
      `tool.modelVersion is ${after.modelVersion}, and ${before.modelVersion} in ${before.paths[0]}`,
      "results of one model version",
    );
  }
  for (const [id, scenario] of before.scenarios) {
    const other = after.scenarios.get(id);
    if (other !== undefined) requireSameScenario(scenario, other);
  }
}

/**
 * Says which field keeps two results apart: of two scenarios of one name the first that differs,
 * else the ids.
 */
function nothingInCommon(before: Side, after: Side): Error {
  const input = `${before.paths[0]} and ${after.paths[0]}`;
  for (const { scenario: a } of before.scenarios.values()) {
    for (const { scenario: b } of after.scenarios.values()) {
      if (a.name !== b.name) continue;
      const { id: _, description: __, initial: ___, ...one } = a;
      const { id: _b, description: __b, initial: ___b, ...other } = b;
      const difference = firstDifference(one, other);
      if (difference === undefined) continue;
      const field = `${clip(difference.path, 100)} is ${show(difference.a)} and ${show(difference.b)}`;
      return badInput(input, `no scenario in common: of "${clip(a.name)}" ${field}`, "results of the same scenarios");
    }
  }
  const [a, b] = [[...before.runs.values()][0], [...after.runs.values()][0]];
  if (a === undefined || b === undefined) {
    return badInput((a === undefined ? before : after).paths[0], "has no runs", "a result with at least one run");
  }
  if (a.scenario.id === b.scenario.id) {
    return badInput(input, `no strategy in common: ${clip(a.run.strategy)} and ${clip(b.run.strategy)}`);
  }
  return badInput(
    input,
    `no scenario in common: "${clip(a.scenario.id)}" and "${clip(b.scenario.id)}"`,
    "results of the same scenarios",
  );
}

/**
 * Wall metrics of each pair of runs; none where either side has no times or the environments
 * differ.
 */
function wallsOf(pairs: readonly [SideRun, SideRun][], options: CompareOptions, notes: Note[]): WallMetric[][] {
  const walls: WallMetric[][] = pairs.map(() => []);
  const timed = zip(pairs, walls).flatMap(([[b, n], wall]) =>
    b.run.wall !== null && n.run.wall !== null ? [{ b, n, before: b.run.wall, after: n.run.wall, wall }] : [],
  );
  const oneSided = pairs.filter(([b, n]) => (b.run.wall === null) !== (n.run.wall === null)).length;
  if (oneSided > 0) notes.push({ code: "wall-only-one-side", cells: oneSided });

  for (const { b, n } of timed) {
    const difference = environmentDifference(b.environment, n.environment);
    if (difference === undefined) continue;
    if (options.anyEnvironment) {
      notes.push({ code: "environment-ignored", ...difference });
      break;
    }
    if (options.wallThreshold !== null) {
      throw badInput(
        n.path,
        `${difference.field} is ${difference.next}, and ${difference.base} in ${b.path}`,
        "wall times of one environment (--any-environment compares them all the same)",
      );
    }
    notes.push({ code: "wall-not-compared", ...difference });
    return walls;
  }

  const family: (WallPair & { readonly wall: WallMetric[] })[] = [];
  for (const { before, after, wall } of timed) {
    for (const [part, series] of Object.entries(before)) {
      const other = Object.hasOwn(after, part) ? after[part] : undefined;
      if (other !== undefined) family.push({ wall, part, base: series.samplesNs, next: other.samplesNs });
    }
  }
  if (options.wallThreshold !== null && family.length === 0) {
    const [[b, n]] = nonEmpty(pairs);
    const without = n.run.wall === null ? n.path : b.path;
    throw badInput(without, "has no wall times to hold against a wall threshold", "results of bench without --no-wall");
  }
  for (const [{ wall }, metric] of zip(family, compareWalls(family, options))) wall.push(metric);
  return walls;
}

function environmentDifference(
  a: Environment | null,
  b: Environment | null,
): { field: string; base: string; next: string } | undefined {
  // Times whose machine is unknown are no better than times of another machine.
  if (a === null || b === null)
    return { field: "environment", base: a === null ? "unknown" : "known", next: b === null ? "unknown" : "known" };
  const difference = firstDifference(a, b, "environment");
  return difference && { field: difference.path, base: show(difference.a), next: show(difference.b) };
}

function summarizeCells(
  cells: readonly CellComparison[],
  missing: readonly CellRef[],
  options: CompareOptions,
): Comparison["summary"] {
  const summary = {
    regressions: options.allowMissing ? 0 : missing.length,
    improvements: 0,
    changed: 0,
    tolerated: 0,
    exact: 0,
    equal: 0,
    wall: 0,
  };
  for (const cell of cells) {
    summary.exact += cell.exact.length + 1;
    summary.wall += cell.wall.length;
    for (const { status } of [...cell.exact, ...cell.wall, cell.findings]) {
      if (status === "regression") summary.regressions++;
      else if (status === "improvement") summary.improvements++;
      else if (status === "changed") summary.changed++;
      else if (status === "tolerated") summary.tolerated++;
      else if (status === "equal") summary.equal++;
    }
  }
  return summary;
}
