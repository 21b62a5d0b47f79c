import type { MmuEntry } from "../contract.js";
import { about } from "./about.js";
import type { WrittenShadowScenario } from "./scenario.js";
import type { ShadowStrategyDefinition } from "./strategy.js";

/** KVM/x86 for nested guests, for the registry. */
export const x86Shadow: MmuEntry<WrittenShadowScenario, ShadowStrategyDefinition> = {
  ...about,
  load: async () => (await import("./mmu.js")).x86Shadow,
};
