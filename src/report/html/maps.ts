import { UserError } from "../../errors.js";
import type { Case, MemoryMap, Mmu } from "../../mmu/contract.js";
import { totalAt } from "../../mmu/counters.js";
import type { RunResult, ScenarioResult } from "../../results/types.js";
import { resultWords } from "../verdictWords.js";
import type { AddressMapRow } from "./addressMap.js";

/** Bins of each memslot: about as many as a phone has pixels. */
const BINS = 360;

/** Pages laid out and entries inspected that the maps of one page may take: a few seconds. A result file has no maps; they are drawn anew. */
const MOST_WORK = 8_000_000;

/** How much of it is left. */
export class MapBudget {
  left = MOST_WORK;

  /** Takes what a run costs; false where that is more than is left. */
  take(work: number): boolean {
    if (work > this.left) return false;
    this.left -= work;
    return true;
  }
}

/**
 * The address maps of a case, equal ones joined; none where its MMU draws none, or drawing them would take long. User strategies have
 * none: their modules are not in a result.
 */
export function addressMapRows(
  scenario: ScenarioResult,
  runs: readonly RunResult[],
  mmu: Mmu,
  budget: MapBudget,
): AddressMapRow[] {
  const rows: (AddressMapRow & { readonly strategies: string[] })[] = [];
  const drawable = runs.flatMap((run) => {
    const strategy = run.source === "builtin" ? mmu.strategies.find(({ id }) => id === run.strategy) : undefined;
    return strategy === undefined ? [] : [{ run, strategy }];
  });
  const known = drawable.length === 0 ? undefined : parsed(scenario, mmu);
  if (known === undefined) return [];
  for (const { run, strategy } of drawable) {
    if (!known.applies(strategy)) continue;
    const inspected = totalAt(run.counts, "split/inspected") ?? 0;
    if (!budget.take(inspected + (totalAt(scenario.initial, "npages") ?? 0))) return [];
    const map = known.run(strategy, { map: { bins: BINS }, digest: false }).memoryMap;
    if (map === undefined) return [];
    const words = resultWords(run, mmu.findingWords);
    const same = rows.find((row) => row.verdict === words && equal(row.map, map));
    if (same !== undefined) same.strategies.push(run.strategy);
    else {
      const wrong = run.findings.length > 0;
      rows.push({ strategies: [run.strategy], map, verdict: words, wrong });
    }
  }
  return rows;
}

/** The scenario of a result file, which may be of another version, or written by hand: then there is no map, and all else is shown. */
function parsed({ scenario, id }: ScenarioResult, mmu: Mmu): Case | undefined {
  try {
    return mmu.parse(scenario, id);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function equal(a: MemoryMap, b: MemoryMap): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
