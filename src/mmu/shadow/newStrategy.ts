import type { StrategyStart } from "../newStrategy.js";

export const newShadowStrategy: StrategyStart = {
  what: "a policy for the descriptor cache of KVM/x86's shadow MMU",
  commands: [
    "verify --mmu x86-shadow --strategy MODULE --random 500",
    "bench  --mmu x86-shadow --strategy MODULE --no-wall",
    "trace  --mmu x86-shadow --strategy MODULE -b 2M",
  ],
  imports: [],
  type: "ShadowStrategyDefinition",
  fields: `  mmu: "x86-shadow",

  // How many reverse-map descriptors the cache of a split holds when it is full: 513, what one
  // split may take, or more. Linux has 513 + 40. A larger cache is topped up less often; each
  // top-up drops mmu_lock.
  descriptorCapacity: 3 * 513,
`,
};
