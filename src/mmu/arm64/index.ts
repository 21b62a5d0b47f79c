import type { MmuEntry } from "../contract.js";
import { about } from "./about.js";
import type { Arm64Scenario } from "./scenario.js";
import type { StrategyDefinition } from "./strategy.js";

/** KVM/arm64 stage-2, for the registry. */
export const arm64: MmuEntry<Arm64Scenario, StrategyDefinition> = {
  ...about,
  load: async () => (await import("./mmu.js")).arm64,
};
