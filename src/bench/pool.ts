import type { Tinypool } from "tinypool";
import type { Machine, RunOptions, RunOutcome, ScenarioBase, Strategy } from "../contract/machine.js";
import { UserError } from "../errors.js";

/** One cell of a plan: a scenario under one strategy, counted once. */
export interface Cell {
  readonly machine: Machine;
  readonly scenario: ScenarioBase;
  readonly strategy: Strategy;
  readonly run?: RunOptions | undefined;
}

/** What is sent to a worker thread. */
export interface CellTask {
  readonly mmu: string;
  readonly strategyId: string;
  readonly scenario: ScenarioBase;
  readonly run: RunOptions | undefined;
}

/** What comes back. */
export type CellReply =
  | { readonly outcome: RunOutcome }
  | { readonly error: { readonly name: string; readonly message: string; readonly stack: string | undefined } };

/**
 * Counts cells, in so many worker threads at a time, and yields the outcomes in the order of the cells, each as soon as it and all
 * before it are there. Neither order nor content depends on `jobs`. A strategy of one's own is code that only this thread has: its cells
 * run here, when their turn to be yielded comes.
 *
 * Not for measuring wall time: threads share caches and memory bandwidth. To stop early, return from the generator, as leaving a
 * `for await` does: the threads end then.
 *
 * @param jobs 1 uses no thread but this one
 * @throws UserError as `Machine.run` does
 */
export async function* runCells(cells: readonly Cell[], jobs: number): AsyncGenerator<RunOutcome, void, undefined> {
  const remote = cells.filter(isBuiltin).length;
  // From TypeScript sources, as unit tests run, there is no module that a worker thread could load.
  if (jobs <= 1 || remote < 2 || import.meta.url.endsWith(".ts")) {
    for (const cell of cells) yield runHere(cell);
    return;
  }
  const { Tinypool: Pool } = await import("tinypool");
  const pool = new Pool({
    filename: new URL("./cellWorker.js", import.meta.url).href,
    minThreads: 0,
    maxThreads: Math.min(jobs, remote),
    // Threads that have compiled the engine are worth keeping to the end.
    idleTimeout: 60_000,
  });
  try {
    const replies = cells.map((cell) => (isBuiltin(cell) ? runThere(pool, cell) : null));
    for (const [i, cell] of cells.entries()) {
      const reply = replies[i]!;
      yield reply === null ? runHere(cell) : outcomeOf(await reply);
    }
  } finally {
    await pool.destroy();
  }
}

function isBuiltin({ strategy }: Cell): boolean {
  return strategy.source === "builtin";
}

function runHere({ machine, scenario, strategy, run }: Cell): RunOutcome {
  return machine.run(scenario, strategy, run);
}

function runThere(pool: Tinypool, { machine, scenario, strategy, run }: Cell): Promise<CellReply> {
  const task: CellTask = { mmu: machine.id, strategyId: strategy.id, scenario, run };
  const reply = pool.run(task) as Promise<CellReply>;
  // A thread that dies is reported where its outcome is waited for; until then, and after an early end, nobody listens.
  reply.catch(() => {});
  return reply;
}

function outcomeOf(reply: CellReply): RunOutcome {
  if ("outcome" in reply) return reply.outcome;
  const { name, message, stack } = reply.error;
  if (name === "UserError") throw new UserError(message);
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  throw error;
}
