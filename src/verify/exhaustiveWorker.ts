import { parentPort, workerData } from "node:worker_threads";
import { loadMmu } from "../mmu/registry.js";
import { type ExhaustiveTask, searchExhaustively } from "./exhaustive.js";

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
