import type { Case, Mmu } from "../mmu/contract.js";
import { loadMmu } from "../mmu/registry.js";
import type { CellReply, CellTask } from "./pool.js";

/**
 * The case that this thread bound last: the cells of a case are mostly counted one after the other.
 */
let last: { readonly key: string; readonly bound: Case } | undefined;

/**
 * What a worker thread of `pool.ts` does with a task. Errors are told as data: an error that is
 * cloned loses its class.
 */
export default async function run(task: CellTask): Promise<CellReply> {
  try {
    const mmu = await loadMmu(task.mmu);
    const strategy = mmu.strategies.find((one) => one.id === task.strategyId);
    if (strategy === undefined) throw new Error(`${mmu.id} has no built-in strategy "${task.strategyId}"`);
    const onProgress = (share: number) => task.progress.postMessage(share);
    return { outcome: boundOf(mmu, task).run(strategy, { ...task.run, onProgress }) };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    return { error: { name, message, stack } };
  }
}

function boundOf(mmu: Mmu, { caseKey, scenario }: CellTask): Case {
  if (last?.key !== caseKey) last = { key: caseKey, bound: mmu.parse(scenario, "") };
  return last.bound;
}
