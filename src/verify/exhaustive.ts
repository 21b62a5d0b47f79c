import { Worker } from "node:worker_threads";
import { badInput, UserError } from "../errors.js";
import type { Strategy } from "../mmu/contract.js";
import { type Bound, type ExhaustiveFault, type ExhaustiveSearch, ranksBefore } from "../mmu/exhaustive.js";
import { loadMmu } from "../mmu/registry.js";

/** What a thread of {@link searchInThreads} is given. */
export interface ExhaustiveTask {
  readonly mmu: string;
  readonly bound: Bound;
  /** Ids of built-in strategies: custom ones are code that only the main thread has. */
  readonly strategies: readonly string[];
  readonly modelVersion: number;
  readonly shard: ShardSpec;
}

/** The index-th of `count` shares of a search, from 1. */
export interface ShardSpec {
  readonly index: number;
  readonly count: number;
}

/** What an exhaustive search, or a share of one, found of a strategy. */
export interface ExhaustiveVerdict {
  readonly strategy: string;
  readonly source: string;
  readonly combinations: number;
  /** Combinations on which something is wrong that does not come with the kernel. */
  readonly failing: number;
  readonly faults: readonly ExhaustiveFault[];
}

/** The outcome as data: what `verify --exhaustive --export-json` writes and `merge` reads. */
export interface ExhaustiveResult {
  readonly schemaVersion: 1;
  readonly kind: "s2split-exhaustive";
  readonly modelVersion: number;
  readonly mmu: string;
  readonly bound: string;
  /** The bound in words. */
  readonly text: string;
  /** Of the whole bound. */
  readonly units: number;
  readonly combinations: number;
  /** null: the whole bound. */
  readonly shard: ShardSpec | null;
  /** Units of this share that were tried; fewer than it has where it was interrupted. */
  readonly unitsTried: number;
  readonly partial: boolean;
  readonly strategies: readonly ExhaustiveVerdict[];
}

export interface ExhaustiveOptions {
  readonly mmu: string;
  readonly modelVersion: number;
  readonly strategies: readonly Strategy[];
  readonly shard?: ShardSpec | null;
  /** Told now and then how many units of how many have been tried. */
  readonly progress?: (tried: number, units: number) => void;
  readonly stopped?: () => boolean;
}

/**
 * Units that every strategy is tried on before the next turn: enough that turns cost nothing, few
 * enough to hear a signal at once.
 */
const TURN = 16;

/**
 * Tries every strategy on all combinations of a bound, or on the share of a shard: of n shards the
 * i-th has every n-th unit, so that all have small and large ones. All strategies have been tried
 * on the same units at any moment, also where it is stopped.
 */
export async function searchExhaustively(
  search: ExhaustiveSearch,
  options: ExhaustiveOptions,
): Promise<ExhaustiveResult> {
  const { strategies, shard = null } = options;
  const step = shard?.count ?? 1;
  const first = shard === null ? 0 : shard.index - 1;
  const units = Math.ceil((search.units - first) / step);
  const checks = strategies.map((strategy) => ({ strategy, check: search.check(strategy) }));
  let tried = 0;
  let stopped = false;
  while (tried < units && !stopped) {
    const turn = Math.min(TURN, units - tried);
    for (const { check } of checks) for (let i = 0; i < turn; i++) check.unit(first + (tried + i) * step);
    tried += turn;
    options.progress?.(tried, units);
    await breath();
    stopped = options.stopped?.() ?? false;
  }
  return {
    schemaVersion: 1,
    kind: "s2split-exhaustive",
    modelVersion: options.modelVersion,
    mmu: options.mmu,
    bound: search.bound,
    text: search.text,
    units: search.units,
    combinations: search.combinations,
    shard,
    unitsTried: tried,
    partial: tried < units,
    strategies: checks.map(({ strategy: { id, source }, check }) => ({
      strategy: id,
      source: source === "builtin" ? "builtin" : "user",
      combinations: check.combinations,
      failing: check.failing,
      faults: check.faults(),
    })),
  };
}

/** What a thread tells of its share: how many units it has tried, and in the end what it found. */
export type ShareMessage = { readonly tried: number } | { readonly result: ExhaustiveResult };

/** What a thread does: searches the share of its task. */
export async function searchShare(task: ExhaustiveTask, tell: (message: ShareMessage) => void): Promise<void> {
  const { mmu: id, bound, strategies, modelVersion, shard } = task;
  const mmu = await loadMmu(id);
  const result = await searchExhaustively(mmu.exhaustive!(bound), {
    mmu: id,
    modelVersion,
    shard,
    strategies: mmu.strategies.filter((strategy) => strategies.includes(strategy.id)),
    progress: (tried) => tell({ tried }),
  });
  tell({ result });
}

/** A thread that searches a share, as far as it is used here. */
export type SearchThread = Pick<Worker, "on" | "terminate">;

function startThread(task: ExhaustiveTask): SearchThread {
  return new Worker(new URL("./exhaustiveWorker.js", import.meta.url), { workerData: task });
}

/**
 * The same in so many threads: each searches a share of the shard, and their verdicts are put
 * together. Ended by the signal, it keeps nothing: threads tell what they found when they are done.
 *
 * @param start starts a thread on its share
 * @throws Error where a thread fails; its message is the thread's
 */
export async function searchInThreads(
  bound: Bound,
  jobs: number,
  options: Omit<ExhaustiveOptions, "stopped"> & { readonly units: number; readonly signal: AbortSignal },
  start: (task: ExhaustiveTask) => SearchThread = startThread,
): Promise<ExhaustiveResult> {
  const { mmu, modelVersion, signal, shard = null } = options;
  const { index, count } = shard ?? { index: 1, count: 1 };
  const strategies = options.strategies.map(({ id }) => id);
  const tried = new Array<number>(jobs).fill(0);
  const threads = tried.map((_, job) => {
    const share = { index: index + count * job, count: count * jobs };
    return start({ mmu, bound, strategies, modelVersion, shard: share });
  });
  const end = () => void Promise.all(threads.map((thread) => thread.terminate()));
  signal.addEventListener("abort", end);
  try {
    const results = threads.map((thread, job) =>
      resultOf(thread, (units) => {
        tried[job] = units;
        options.progress?.(
          tried.reduce((sum, one) => sum + one, 0),
          Math.ceil(options.units / count),
        );
      }),
    );
    return { ...together(await Promise.all(results)), shard };
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

function resultOf(thread: SearchThread, progress: (tried: number) => void): Promise<ExhaustiveResult> {
  return new Promise((resolve, reject) => {
    thread.on("message", (told: ShareMessage) => {
      if ("tried" in told) progress(told.tried);
      else resolve(told.result);
    });
    thread.on("error", reject);
    thread.on("exit", () => reject(new Error("a thread of the search ended before its share was searched")));
  });
}

/** A share with the name of where it was read from. */
export interface NamedShare {
  readonly path: string;
  readonly result: ExhaustiveResult;
}

/**
 * Puts the shares of one exhaustive search together: the verdict of the whole bound, with the
 * smallest case of each fault.
 *
 * @throws UserError for shares that are of different searches, given twice, interrupted or missing
 */
export function mergeExhaustive(shares: readonly NamedShare[]): ExhaustiveResult {
  const [first] = shares;
  if (first === undefined) throw new UserError("merge: no shares of an exhaustive search; expected all of them");
  const count = first.result.shard?.count ?? 1;
  const seen = new Map<number, string>();
  for (const { path, result } of shares) {
    const other = differenceOf(first.result, result);
    if (other !== undefined) throw badInput(path, `${other} is not that of ${first.path}`, "shares of one search");
    if (result.partial) throw badInput(path, "was interrupted", "a share that was searched to its end");
    const index = result.shard?.index ?? 1;
    const twice = seen.get(index);
    if (twice !== undefined) throw badInput(path, `is shard ${index} of ${count}, as ${twice} is`, "each shard once");
    seen.set(index, path);
  }
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !seen.has(index));
  if (missing.length > 0)
    throw new UserError(`merge: shard ${missing.join(", ")} of ${count} is missing; expected all`);
  return together(shares.map(({ result }) => result));
}

/** Shares that are known to be all of one search, as the whole of it. */
function together(results: readonly ExhaustiveResult[]): ExhaustiveResult {
  const first = results[0]!;
  return {
    ...first,
    shard: null,
    unitsTried: results.reduce((sum, { unitsTried }) => sum + unitsTried, 0),
    strategies: first.strategies.map((verdict, i) =>
      mergedVerdict(
        verdict,
        results.map(({ strategies }) => strategies[i]!),
      ),
    ),
  };
}

function mergedVerdict(like: ExhaustiveVerdict, verdicts: readonly ExhaustiveVerdict[]): ExhaustiveVerdict {
  const faults = new Map<string, ExhaustiveFault>();
  for (const fault of verdicts.flatMap((one) => one.faults)) {
    const key = `${fault.kind} ${fault.ofLinux ?? false}`;
    const known = faults.get(key);
    if (known === undefined) {
      faults.set(key, fault);
      continue;
    }
    const smallest = ranksBefore(fault.rank, known.rank) ? fault : known;
    // A share whose smallest case does not show at full size may have met one that does.
    const { scenario, finding } = [smallest, known, fault].find((one) => one.scenario !== null) ?? smallest;
    faults.set(key, {
      ...smallest,
      scenario,
      finding,
      combinations: known.combinations + fault.combinations,
    });
  }
  return {
    ...like,
    combinations: verdicts.reduce((sum, one) => sum + one.combinations, 0),
    failing: verdicts.reduce((sum, one) => sum + one.failing, 0),
    faults: [...faults.values()].sort((a, b) => (ranksBefore(a.rank, b.rank) ? -1 : 1)),
  };
}

/** The first field in which two shares are not of the same search. */
function differenceOf(a: ExhaustiveResult, b: ExhaustiveResult): string | undefined {
  if (a.modelVersion !== b.modelVersion) return `model version ${b.modelVersion}`;
  if (a.mmu !== b.mmu) return `MMU ${b.mmu}`;
  if (a.bound !== b.bound || a.text !== b.text) return `bound ${b.bound}`;
  const counts = [a, b].map(({ shard }) => shard?.count ?? 1);
  if (counts[0] !== counts[1]) return `the number of shards, ${counts[1]},`;
  const names = [a, b].map(({ strategies }) => strategies.map(({ strategy }) => strategy).join(", "));
  if (names[0] !== names[1]) return `the list of strategies (${names[1]})`;
  return undefined;
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether a parsed file is the outcome of an exhaustive search, or a share of one. */
export function isExhaustiveResult(value: unknown): value is ExhaustiveResult {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "s2split-exhaustive";
}
