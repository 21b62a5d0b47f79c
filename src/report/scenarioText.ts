import { clip } from "../errors.js";
import type { Mmu } from "../mmu/contract.js";
import { countAt } from "../mmu/counters.js";
import type { ScenarioResult } from "../results/types.js";
import { formatCount } from "./units.js";

/** One line that says what a case is: MMU, workload, variables, and the tree it starts from. */
export function describeScenario(scenario: ScenarioResult, mmu: Mmu): string {
  return scenarioParts(scenario, mmu).join(", ");
}

/** The parts of {@link describeScenario}. */
export function scenarioParts(scenario: ScenarioResult, mmu: Mmu): readonly string[] {
  const workload = mmu.workloads.find(({ id }) => id === scenario.workload)?.title ?? scenario.workload;
  const variables = Object.entries(scenario.variables).map(
    ([name, value]) => `${name} ${mmu.variableText?.(name, value) ?? value}`,
  );
  const geometry = mmu.describe?.(scenario.scenario as Readonly<Record<string, unknown>>) ?? [];
  return [mmu.title, ...geometry, workload, ...variables, leavesText(scenario)].filter((part) => part !== "");
}

/**
 * What a scenario assumes where its source says nothing, a sentence each: a reader of its figures
 * must know it.
 */
export function assumedOf({ scenario }: ScenarioResult): readonly string[] {
  const { assumed } = scenario as { assumed?: unknown };
  if (!Array.isArray(assumed)) return [];
  return assumed.filter((one) => typeof one === "string").map((one) => clip(one, 1000));
}

function leavesText(scenario: ScenarioResult): string {
  const leaves = countAt(scenario.initial, "leaves");
  if (leaves === null || typeof leaves !== "object") return "";
  const parts = Object.entries(leaves)
    .filter(([, count]) => typeof count === "number" && count > 0)
    .map(([level, count]) => `${formatCount(count as number)} at level ${level}`);
  return parts.length === 0 ? "nothing mapped" : `leaves: ${parts.join(", ")}`;
}
