import { clip } from "../errors.js";
import { withId } from "../lists.js";
import type { Case, Mmu, Strategy } from "../mmu/contract.js";

/** One case of a plan, under strategies of its MMU, baseline among them. */
export interface PlannedCase {
  /** Unique in the plan: name, workload and variables. */
  readonly id: string;
  readonly name: string;
  readonly bound: Case;
  readonly strategies: readonly Strategy[];
}

/**
 * Makes the matrix of cases. Each case has the strategies chosen that apply to it, in the MMU's
 * order, users' own last, and always the MMU's baseline, which the others are set against.
 *
 * @param strategiesOf the strategies chosen for an MMU
 */
export function planOf(cases: readonly Case[], strategiesOf: (mmu: Mmu) => readonly Strategy[]): PlannedCase[] {
  const taken = new Map<string, number>();
  return cases.map((bound, index) => {
    const { mmu, scenario, workload, variables } = bound;
    // Cleaned of control characters: names come from files, and go to terminals.
    const name = clip(scenario.name ?? `scenario-${index + 1}`, 200);
    const parts = [name, workload, ...Object.entries(variables).map(([key, value]) => `${key}=${value}`)];
    const base = parts.join("/");
    const times = (taken.get(base) ?? 0) + 1;
    taken.set(base, times);
    const chosen = strategiesOf(mmu).filter((strategy) => bound.applies(strategy));
    const baseline = withId(mmu.strategies, mmu.baseline);
    const strategies = chosen.some((strategy) => strategy.id === baseline.id) ? chosen : [baseline, ...chosen];
    return { id: times === 1 ? base : `${base}#${times}`, name, bound, strategies };
  });
}
