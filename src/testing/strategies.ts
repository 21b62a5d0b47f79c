import { withId } from "../lists.js";
import type { Mmu, Strategy } from "../mmu/contract.js";

/** The built-in strategy of this id. */
export function named<T extends Strategy>(mmu: { readonly strategies: readonly T[] }, id: string): T {
  return withId(mmu.strategies, id);
}

/** Codes of what is found of a strategy on a scenario. */
export function codes(mmu: Mmu, scenario: object, strategy: Strategy): string[] {
  return mmu
    .parse(scenario, "test")
    .run(strategy)
    .findings.map((finding) => finding.code);
}
