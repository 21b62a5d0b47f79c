import type { MmuEntry } from "../contract.js";
import type { ShadowStrategyDefinition } from "../definitions.js";
import { about } from "./about.js";
import type { ShadowScenario } from "./scenario.js";

/** KVM/x86 for nested guests, for the registry. */
export const x86Shadow: MmuEntry<ShadowScenario, ShadowStrategyDefinition> = {
  ...about,
  load: async () => (await import("./mmu.js")).x86Shadow,
};
