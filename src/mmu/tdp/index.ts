import type { MmuEntry } from "../contract.js";
import { about } from "./about.js";
import type { WrittenTdpScenario } from "./scenario.js";
import type { TdpStrategyDefinition } from "./strategy.js";

/** KVM/x86 with the TDP MMU, for the registry. */
export const x86Tdp: MmuEntry<WrittenTdpScenario, TdpStrategyDefinition> = {
  ...about,
  load: async () => (await import("./mmu.js")).x86Tdp,
};
