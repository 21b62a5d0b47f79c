import { clip } from "../errors.js";
import type { Mmu, ScenarioBase, Strategy } from "../mmu/contract.js";

/** One case of a plan: a scenario, on its MMU, under strategies of that MMU, baseline among them. */
export interface PlannedCase {
  /** Unique in the plan: name, workload and variables. */
  readonly id: string;
  readonly mmu: Mmu;
  readonly name: string;
  readonly workload: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly scenario: ScenarioBase;
  readonly strategies: readonly Strategy[];
}

/** A scenario to be planned, with its MMU. */
export interface PlanItem {
  readonly mmu: Mmu;
  readonly scenario: ScenarioBase;
}

/**
 * Makes the matrix of cases. Each case has the strategies chosen that apply to it, in the MMU's order, users' own last, and always the
 * MMU's baseline, which the others are set against.
 *
 * @param strategiesOf the strategies chosen for a MMU
 */
export function planOf(items: readonly PlanItem[], strategiesOf: (mmu: Mmu) => readonly Strategy[]): PlannedCase[] {
  const taken = new Map<string, number>();
  return items.map(({ mmu, scenario }, index) => {
    // Cleaned of control characters: names come from files, and go to terminals.
    const name = clip(scenario.name ?? `scenario-${index + 1}`, 200);
    const workload = mmu.workloadOf(scenario);
    const variables = mmu.variablesOf(scenario);
    const parts = [name, workload, ...Object.entries(variables).map(([key, value]) => `${key}=${value}`)];
    const base = parts.join("/");
    const times = (taken.get(base) ?? 0) + 1;
    taken.set(base, times);
    const chosen = strategiesOf(mmu).filter((strategy) => mmu.applies(scenario, strategy));
    const baseline = mmu.strategies.find((strategy) => strategy.id === mmu.baseline)!;
    const strategies = chosen.some((strategy) => strategy.id === baseline.id) ? chosen : [baseline, ...chosen];
    return { id: times === 1 ? base : `${base}#${times}`, mmu, name, workload, variables, scenario, strategies };
  });
}
