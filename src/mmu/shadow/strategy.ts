import { described, type Strategy, type StrategyAbout } from "../strategy.js";
import type { CachePolicy } from "./splitCaches.js";

/** A policy of the descriptor cache, as a strategy. */
export interface ShadowStrategy extends Strategy {
  readonly mmu: "x86-shadow";
  readonly policy: CachePolicy;
}

/**
 * What an author of a strategy for the shadow MMU gives: how many descriptors the cache of a split
 * takes.
 */
export interface ShadowStrategyDefinition extends StrategyAbout {
  readonly mmu: "x86-shadow";
  /** Reverse-map descriptors that the cache holds when it is full, 513 to 1,000,000. */
  readonly descriptorCapacity: number;
}

/**
 * Fills in the defaults of a definition. Checks nothing: built-in definitions are checked by the
 * compiler.
 */
export function strategyFrom(definition: ShadowStrategyDefinition, source = "builtin"): ShadowStrategy {
  const { mmu, descriptorCapacity } = definition;
  return { ...described(mmu, definition, source), policy: { descriptorCapacity } };
}
