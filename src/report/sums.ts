import { totalAt } from "../mmu/counters.js";
import type { RunResult } from "../results/types.js";

/** The sum of counters of a run; undefined where one is not counted. */
export function sumAt(run: RunResult, paths: readonly string[]): number | undefined {
  let sum = 0;
  for (const path of paths) {
    const value = totalAt(run.counts, path);
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}
