import type { Machine, ScenarioBase, Strategy } from "../contract/machine.js";
import { clip } from "../errors.js";

/** One case of a plan: a scenario, on its machine, under strategies of that machine, baseline among them. */
export interface PlannedCase {
  /** Unique in the plan: name, workload and variables. */
  readonly id: string;
  readonly machine: Machine;
  readonly name: string;
  readonly workload: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly scenario: ScenarioBase;
  readonly strategies: readonly Strategy[];
}

/** A scenario to be planned, with its machine. */
export interface PlanItem {
  readonly machine: Machine;
  readonly scenario: ScenarioBase;
}

/**
 * Makes the matrix of cases. Each case has the strategies chosen that apply to it, in the machine's order, users' own last, and always the
 * machine's baseline, which the others are set against.
 *
 * @param strategiesOf the strategies chosen for a machine
 */
export function planOf(
  items: readonly PlanItem[],
  strategiesOf: (machine: Machine) => readonly Strategy[],
): PlannedCase[] {
  const taken = new Map<string, number>();
  return items.map(({ machine, scenario }, index) => {
    // Cleaned of control characters: names come from files, and go to terminals.
    const name = clip(scenario.name ?? `scenario-${index + 1}`, 200);
    const workload = machine.workloadOf(scenario);
    const variables = machine.variablesOf(scenario);
    const parts = [name, workload, ...Object.entries(variables).map(([key, value]) => `${key}=${value}`)];
    const base = parts.join("/");
    const times = (taken.get(base) ?? 0) + 1;
    taken.set(base, times);
    const chosen = strategiesOf(machine).filter((strategy) => machine.applies(scenario, strategy));
    const baseline = machine.strategies.find((strategy) => strategy.id === machine.baseline)!;
    const strategies = chosen.some((strategy) => strategy.id === baseline.id) ? chosen : [baseline, ...chosen];
    return { id: times === 1 ? base : `${base}#${times}`, machine, name, workload, variables, scenario, strategies };
  });
}
