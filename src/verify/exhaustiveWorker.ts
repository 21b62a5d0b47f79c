import { parentPort, workerData } from "node:worker_threads";
import type { Bound } from "../mmu/exhaustive.js";
import { loadMmu } from "../mmu/registry.js";
import { type ShardSpec, searchExhaustively } from "./exhaustive.js";

/** What a thread of {@link searchInThreads} is given. */
export interface ExhaustiveTask {
  readonly mmu: string;
  readonly bound: Bound;
  /** Ids of built-in strategies: custom ones are code that only the main thread has. */
  readonly strategies: readonly string[];
  readonly modelVersion: number;
  readonly shard: ShardSpec;
}

const { mmu: id, bound, strategies, modelVersion, shard } = workerData as ExhaustiveTask;
const mmu = await loadMmu(id);
const result = await searchExhaustively(mmu.exhaustive!(bound), {
  mmu: id,
  modelVersion,
  shard,
  strategies: mmu.strategies.filter((strategy) => strategies.includes(strategy.id)),
  progress: (tried) => parentPort?.postMessage({ tried }),
});
parentPort?.postMessage({ result });
