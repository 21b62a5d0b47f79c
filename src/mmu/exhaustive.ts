import type { Finding } from "./finding.js";
import type { ScenarioBase, Strategy } from "./strategy.js";

/**
 * How large a scope is searched: `small` answers within seconds, `medium` within minutes, `large`
 * is for many machines.
 */
export const BOUNDS = ["small", "medium", "large"] as const;
export type Bound = (typeof BOUNDS)[number];

/**
 * Everything within a bound, in an order in which what is simpler comes first: so the first case
 * that shows a fault is the smallest of its kind by construction. A search is cut into units (for
 * arm64 a tree each); shards and threads take shares of them.
 */
export interface ExhaustiveSearch<T extends Strategy = Strategy> {
  readonly bound: Bound;
  /** The bound in words, with what is counted once and why: "all 1,299 trees of ...". */
  readonly text: string;
  readonly units: number;
  /**
   * Combinations of layout, range, chunk and cache that a strategy is tried on; one that is not
   * used for all work, on fewer.
   */
  readonly combinations: number;
  /** A check of one strategy. Units may be given in any order; each must be given once. */
  check(strategy: T): ExhaustiveCheck;
}

export interface ExhaustiveCheck {
  /** Combinations tried so far. */
  readonly combinations: number;
  /** Of these, those on which something is wrong that does not come with the kernel. */
  readonly failing: number;
  /** Tries the strategy on all combinations of a unit. */
  unit(index: number): void;
  /** What was found so far, smallest first. */
  faults(): readonly ExhaustiveFault[];
}

/** A kind of fault: by code, and by cause where a code has several. */
export interface ExhaustiveFault {
  /** `unsplit-block/passed-over` */
  readonly kind: string;
  /**
   * Set where it comes with the kernel, whichever strategy is used: baseline shows it in the same
   * cases.
   */
  readonly ofLinux?: boolean;
  /** On the smallest case that shows it. */
  readonly finding: Finding;
  /** Where that case stands in the order of the search: unit, then combination within it. */
  readonly rank: readonly [unit: number, combination: number];
  /** How many combinations show this kind. */
  readonly combinations: number;
  /** The smallest case in words: the tree, the range, chunk and cache. */
  readonly words: string;
  /**
   * The same case at full size, found to show the same kind of fault; null where it does not show
   * there.
   */
  readonly scenario: ScenarioBase | null;
}

/** Whether `a` comes before `b` in the order of the search. */
export function ranksBefore(a: ExhaustiveFault["rank"], b: ExhaustiveFault["rank"]): boolean {
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}
