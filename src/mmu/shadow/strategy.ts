import type { Strategy } from "../contract.js";
import type { CachePolicy } from "./splitCaches.js";

/** A policy of the descriptor cache, as a strategy. */
export interface ShadowStrategy extends Strategy {
  readonly mmu: "x86-shadow";
  readonly policy: CachePolicy;
}

/** What an author of a strategy for the shadow MMU gives: how many descriptors the cache of a split takes. */
export interface ShadowStrategyDefinition {
  /** Its name in tables and options: letters, digits, dots and dashes. */
  readonly id: string;
  readonly mmu: "x86-shadow";
  readonly summary?: string;
  readonly origin?: string;
  readonly knownFaults?: readonly string[];
  /** Reverse-map descriptors that the cache holds when it is full, 513 to 1,000,000. */
  readonly descriptorCapacity: number;
}

/** Fills in the defaults of a definition. Checks nothing: built-in definitions are checked by the compiler. */
export function strategyFrom(definition: ShadowStrategyDefinition, source = "builtin"): ShadowStrategy {
  const { id, mmu, summary = "", origin = "", knownFaults = [], descriptorCapacity } = definition;
  return { id, mmu, summary, origin, knownFaults, source, policy: { descriptorCapacity } };
}
