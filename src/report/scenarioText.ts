import type { Mmu } from "../mmu/contract.js";
import { countAt } from "../mmu/counters.js";
import type { ScenarioResult } from "../results/types.js";

/** One line that says what a case is: MMU, workload, variables, and the tree it starts from. */
export function describeScenario(scenario: ScenarioResult, mmu: Mmu): string {
  const workload = mmu.workloads.find(({ id }) => id === scenario.workload)?.title ?? scenario.workload;
  const variables = Object.entries(scenario.variables).map(
    ([name, value]) => `${name} ${value === "0" && name === "chunk" ? "0 (off)" : value}`,
  );
  const body = scenario.scenario as { granule?: unknown; ipaBits?: unknown };
  const geometry = typeof body.granule === "string" ? [`${body.granule} granule, ${body.ipaBits} IPA bits`] : [];
  return [mmu.title, ...geometry, workload, ...variables, leavesText(scenario)]
    .filter((part) => part !== "")
    .join(", ");
}

function leavesText(scenario: ScenarioResult): string {
  const leaves = countAt(scenario.initial, "leaves");
  if (leaves === null || typeof leaves !== "object") return "";
  const parts = Object.entries(leaves)
    .filter(([, count]) => typeof count === "number" && count > 0)
    .map(([level, count]) => `${count} at level ${level}`);
  return parts.length === 0 ? "nothing mapped" : `leaves: ${parts.join(", ")}`;
}
