import { loadMmu } from "../mmu/registry.js";
import type { CellReply, CellTask } from "./pool.js";

/** What a worker thread of `pool.ts` does with a task. Errors are told as data: an error that is cloned loses its class. */
export default async function run({
  mmu: id,
  strategyId,
  scenario,
  run: options,
  progress,
}: CellTask): Promise<CellReply> {
  try {
    const mmu = await loadMmu(id);
    const strategy = mmu.strategies.find((one) => one.id === strategyId);
    if (strategy === undefined) throw new Error(`${id} has no built-in strategy "${strategyId}"`);
    const onProgress = (share: number) => progress.postMessage(share);
    return { outcome: mmu.run(scenario, strategy, { ...options, onProgress }) };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    return { error: { name, message, stack } };
  }
}
