import type { MmuEntry } from "../contract.js";
import { about } from "./about.js";
import type { RiscvScenario } from "./scenario.js";
import type { GStageStrategyDefinition } from "./strategy.js";

/** KVM/riscv, for the registry. */
export const riscv: MmuEntry<RiscvScenario, GStageStrategyDefinition> = {
  ...about,
  load: async () => (await import("./mmu.js")).riscv,
};
