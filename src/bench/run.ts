import type { RunOptions, RunOutcome, Strategy, TimedRun } from "../mmu/contract.js";
import type { ResultFile, RunResult, ScenarioResult, WallSeries } from "../results/types.js";
import { MODEL_VERSION } from "../results/types.js";
import { verdictOf } from "../results/verdict.js";
import { environmentHere } from "./environment.js";
import type { PlannedCase } from "./plan.js";
import { runCells } from "./pool.js";
import type { SampleSpec } from "./wall.js";

/** How a plan is carried out. */
export interface BenchOptions {
  /** How wall time is sampled; null: counts only. */
  readonly wall: SampleSpec | null;
  readonly seed: number;
  readonly toolVersion: string;
  readonly run?: RunOptions;
  /** null in reference results, which are the same on any machine. */
  readonly createdAt: string | null;
  /** Whether to say where it was measured; reference results do not. */
  readonly environment: boolean;
  readonly shard?: ResultFile["shard"];
  /** Worker threads for counts; 1 is this thread. Not used while wall time is measured. */
  readonly jobs?: number;
}

/** Told of the work as it goes on. All are optional, and none may change anything. */
export interface BenchEvents {
  /** Before each case, and again as it is measured; `share` is 0 to 1 within the whole plan. */
  progress?(share: number, what: string): void;
  /**
   * After each case, with the result so far, marked partial. Awaited: a crash loses no finished
   * case.
   */
  caseDone?(done: PlannedCase, resultSoFar: ResultFile): Promise<void>;
  /** Aborted: the work ends after the present run, or at once where that is in a thread. */
  readonly signal?: AbortSignal;
}

/** Thrown where a case's repeats did not count the same: exit 3. */
export class ModelFault extends Error {
  override readonly name = "ModelFault";
}

/**
 * Runs a plan and returns the result. Counts come from one run each; wall time, where asked for,
 * from timed repeats of the same run.
 *
 * @param count how the cells of the plan are counted
 * @returns the result file; `partial` is true where {@link BenchEvents.signal} ended it
 * @throws ModelFault if counters are not identical in every repeat
 */
export async function runPlan(
  plan: readonly PlannedCase[],
  options: BenchOptions,
  events: BenchEvents = {},
  count: typeof runCells = runCells,
): Promise<ResultFile> {
  const scenarios: ScenarioResult[] = [];
  const runs: RunResult[] = [];
  const environment = options.environment ? environmentHere() : null;
  const file = (partial: boolean): ResultFile => ({
    schemaVersion: 1,
    kind: "s2split-result",
    tool: { name: "s2split", version: options.toolVersion, modelVersion: MODEL_VERSION },
    partial,
    createdAt: options.createdAt,
    environment,
    options: {
      wall: options.wall !== null,
      runs: options.wall !== null && "rounds" in options.wall ? options.wall.rounds : null,
      timeMs: options.wall !== null && "timeMs" in options.wall ? options.wall.timeMs : null,
      seed: options.seed,
    },
    shard: options.shard ?? null,
    scenarios: [...scenarios],
    runs: [...runs],
  });
  const cells = plan.flatMap(({ bound, strategies }) =>
    strategies.map((strategy) => ({ bound, strategy, run: options.run })),
  );
  // Threads would take caches and memory bandwidth from what is timed: with wall time this thread
  // does all.
  let counting = { cell: 0, tell: (_share: number): void => undefined };
  const outcomes = count(cells, options.wall === null ? (options.jobs ?? 1) : 1, {
    signal: events.signal,
    onProgress: (cell, share) => {
      if (cell === counting.cell) counting.tell(share);
    },
  });
  const next = async (tell: (share: number) => void): Promise<RunOutcome | "stopped"> => {
    counting = { cell: counting.cell, tell };
    try {
      const outcome = await outcomes.next();
      if (outcome.done === true) throw new Error("fewer outcomes than cells");
      counting.cell++;
      return outcome.value;
    } catch (error) {
      if (events.signal?.aborted === true) return "stopped";
      throw error;
    }
  };
  try {
    for (const [index, planned] of plan.entries()) {
      if (events.signal?.aborted === true) return file(true);
      const done = await runCase(planned, options, events, next, index, plan.length);
      if (done !== null) {
        scenarios.push(done.scenario);
        runs.push(...done.runs);
      }
      if (done === null || done.stopped) return file(true);
      await events.caseDone?.(planned, file(index + 1 < plan.length));
    }
    return file(false);
  } finally {
    await outcomes.return();
  }
}

async function runCase(
  planned: PlannedCase,
  options: BenchOptions,
  events: BenchEvents,
  next: (tell: (share: number) => void) => Promise<RunOutcome | "stopped">,
  index: number,
  cases: number,
): Promise<{ scenario: ScenarioResult; runs: RunResult[]; stopped: boolean } | null> {
  const { bound, strategies } = planned;
  const tell = (share: number, what: string) => events.progress?.((index + share) / cases, `${planned.id}: ${what}`);
  /** The share of a case that counting takes: a guess, where timing follows. */
  const counted = options.wall === null ? 1 : 0.3;
  const finished: { readonly strategy: Strategy; readonly outcome: RunOutcome }[] = [];
  for (const [i, strategy] of strategies.entries()) {
    const tellCell = (share: number) => tell((counted * (i + share)) / strategies.length, `counting ${strategy.id}`);
    tellCell(0);
    const outcome = await next(tellCell);
    if (outcome === "stopped") break;
    finished.push({ strategy, outcome });
    await breathe();
    if (events.signal?.aborted === true) break;
  }
  // What is counted when it is interrupted is kept; a strategy's time means something only beside
  // the others'.
  const [first] = finished;
  if (first === undefined) return null;
  const stopped = finished.length < strategies.length;
  const timed =
    options.wall === null || stopped
      ? null
      : await wallOf(planned, options.wall, (share) => tell(counted + (1 - counted) * share, "timing"), events);
  const wall = timed === "stopped" ? null : timed;
  const runs = finished.map(({ strategy, outcome }): RunResult => {
    return {
      scenario: planned.id,
      strategy: strategy.id,
      source: strategy.source === "builtin" ? "builtin" : "user",
      counts: outcome.counts,
      findings: outcome.findings,
      verdict: verdictOf({
        strategy,
        counts: outcome.counts,
        findings: outcome.findings,
        idle: (counts) => bound.mmu.idle?.(counts),
      }),
      wall: wall?.get(strategy.id) ?? null,
    };
  });
  const { name: _name, description, ...rest } = bound.scenario;
  return {
    scenario: {
      id: planned.id,
      mmu: bound.mmu.id,
      name: planned.name,
      description: description ?? null,
      workload: bound.workload,
      variables: bound.variables,
      scenario: rest,
      initial: first.outcome.initial,
    },
    runs,
    stopped: stopped || timed === "stopped",
  };
}

/** Null where a case cannot be timed. */
async function wallOf(
  planned: PlannedCase,
  spec: SampleSpec,
  tell: (share: number) => void,
  events: BenchEvents,
): Promise<Map<string, Record<string, WallSeries>> | "stopped" | null> {
  const prepared = new Map<string, TimedRun>();
  for (const strategy of planned.strategies) {
    const timed = planned.bound.timed?.(strategy);
    if (timed === undefined) return null;
    prepared.set(strategy.id, timed);
  }
  const [{ CountsDiffer, measureWall }, { summarize }] = await Promise.all([
    import("./wall.js"),
    import("../stats/statistics.js"),
  ]);
  class Stopped extends Error {}
  try {
    const samples = await measureWall(prepared, spec, async (share) => {
      tell(share);
      await breathe();
      if (events.signal?.aborted === true) throw new Stopped();
    });
    const out = new Map<string, Record<string, WallSeries>>();
    for (const [strategy, parts] of samples) {
      out.set(strategy, Object.fromEntries([...parts].map(([part, ns]) => [part, summarize(ns)])));
    }
    return out;
  } catch (error) {
    if (error instanceof Stopped) return "stopped";
    if (error instanceof CountsDiffer) throw new ModelFault(`${planned.id}: ${error.message}`);
    throw error;
  }
}

/** Lets signals and output through: the simulation itself never waits. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The strategies of a result's runs that its findings call wrong. */
export function wrongRuns(result: ResultFile): readonly RunResult[] {
  return result.runs.filter((run) => run.findings.length > 0);
}
