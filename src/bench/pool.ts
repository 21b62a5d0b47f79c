import { setMaxListeners } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { UserError } from "../errors.js";
import type { Case, RunOptions, RunOutcome, ScenarioBase, Strategy } from "../mmu/contract.js";

/** One cell of a plan: a case under one strategy, counted once. */
export interface Cell {
  readonly bound: Case;
  readonly strategy: Strategy;
  readonly run?: RunOptions | undefined;
}

/** What is sent to a worker thread. */
export interface CellTask {
  readonly mmu: string;
  readonly strategyId: string;
  readonly scenario: ScenarioBase;
  /** Equal for the cells of one case, which a thread binds once where it has several in a row. */
  readonly caseKey: string;
  readonly run: RunOptions | undefined;
  /** Where to tell the share done, 0 to 1. */
  readonly progress: MessagePort;
}

/** How the counting is watched and ended. */
export interface CellWatch {
  /** Ends cells in threads at once: the generator throws its AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Told of cells in threads as they go on: which, and the share done, 0 to 1. */
  readonly onProgress?: ((cell: number, share: number) => void) | undefined;
}

/**
 * Work (`Case.expectedWork`, in entries) from which a cell is counted in a thread whatever `jobs`
 * says: this thread must hear signals and show progress. Some 40 GiB of 4K pages; a second of work.
 */
const LONG_WORK = 4e7;

/** What comes back. */
export type CellReply =
  | { readonly outcome: RunOutcome }
  | { readonly error: { readonly name: string; readonly message: string; readonly stack: string | undefined } };

/** Threads that do tasks: a pool of tinypool's, as far as it is used here. */
export interface CellPool {
  run(task: CellTask, how: { readonly transferList: MessagePort[]; readonly signal?: AbortSignal }): Promise<CellReply>;
  destroy(): Promise<void>;
}

/** Makes a pool of so many threads at most; null: there are none. */
export type MakePool = (threads: number) => Promise<CellPool | null>;

/** A pool of worker threads. */
export async function threadPool(threads: number) {
  const { Tinypool } = await import("tinypool");
  return new Tinypool({
    filename: new URL("./cellWorker.js", import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    // Threads that have compiled the engine are worth keeping to the end.
    idleTimeout: 60_000,
  });
}

/**
 * From TypeScript sources, as unit tests run, there is no module that a worker thread could load.
 */
const builtPool: MakePool = async (threads) => (import.meta.url.endsWith(".ts") ? null : threadPool(threads));

/**
 * Counts cells, in so many worker threads at a time, and yields the outcomes in the order of the
 * cells, each as soon as it and all before it are there. Neither order nor content depends on
 * `jobs`. A custom strategy is code that only this thread has: its cells run here, when their turn
 * to be yielded comes.
 *
 * Not for measuring wall time: threads share caches and memory bandwidth. To stop early, return
 * from the generator, as leaving a `for await` does: the threads end then.
 *
 * @param jobs 1 uses no thread but this one
 * @param makePool asked once, where a cell is for a thread
 * @throws UserError as `Case.run` does
 */
export async function* runCells(
  cells: readonly Cell[],
  jobs: number,
  watch: CellWatch = {},
  makePool: MakePool = builtPool,
): AsyncGenerator<RunOutcome, void, undefined> {
  const parallel = jobs > 1 && cells.filter(isBuiltin).length > 1;
  const goesThere = (cell: Cell) => isBuiltin(cell) && (parallel || isLong(cell));
  const remote = cells.filter(goesThere).length;
  const pool = remote === 0 ? null : await makePool(Math.min(jobs, remote));
  if (pool === null) {
    for (const cell of cells) yield runHere(cell);
    return;
  }
  // One listener a waiting cell, and all go when they are done.
  if (watch.signal !== undefined) setMaxListeners(0, watch.signal);
  try {
    const start = (cell: Cell, i: number) => (goesThere(cell) ? runThere(pool, cell, i, watch) : null);
    // With one job a cell begins when its turn comes: the time between may be measured by others.
    const ahead = parallel ? cells.map(start) : null;
    for (const [i, cell] of cells.entries()) {
      const reply = ahead === null ? start(cell, i) : ahead[i]!;
      yield reply === null ? runHere(cell) : outcomeOf(await reply);
    }
  } finally {
    await pool.destroy();
  }
}

function isBuiltin({ strategy }: Cell): boolean {
  return strategy.source === "builtin";
}

function runHere({ bound, strategy, run }: Cell): RunOutcome {
  return bound.run(strategy, run);
}

function isLong({ bound, strategy }: Cell): boolean {
  return bound.expectedWork(strategy) > LONG_WORK;
}

const caseKeys = new WeakMap<Case, string>();
let casesKeyed = 0;

function keyOf(bound: Case): string {
  const key = caseKeys.get(bound) ?? String(++casesKeyed);
  caseKeys.set(bound, key);
  return key;
}

function runThere(pool: CellPool, cell: Cell, index: number, { signal, onProgress }: CellWatch): Promise<CellReply> {
  const { bound, strategy, run } = cell;
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (share: number) => onProgress?.(index, share));
  port1.unref();
  const task: CellTask = {
    mmu: bound.mmu.id,
    strategyId: strategy.id,
    scenario: bound.scenario,
    caseKey: keyOf(bound),
    run,
    progress: port2,
  };
  const reply = pool.run(task, { transferList: [port2], ...(signal === undefined ? {} : { signal }) });
  // A thread that dies is reported where its outcome is waited for; until then, and after an early
  // end, nobody listens.
  reply.catch(() => {}).finally(() => port1.close());
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
