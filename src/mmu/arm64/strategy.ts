import { described, type Strategy, type StrategyAbout } from "../strategy.js";
import { plainPages, plainTables } from "./hookLoops.js";
import type { SplitRules } from "./splitRules.js";
import type { WalkPosition } from "./walkRules.js";
import { WALK_LEAF } from "./walkRules.js";

/**
 * A walker strategy for arm64: what steers the split walk. The write-protect walk is the same in
 * all of them.
 *
 * Everything is optional; a strategy that gives nothing is the kernel's own walk (baseline). A
 * built-in and a custom strategy have the same contract; `adopt.ts` checks the latter.
 */
export interface SplitStrategy extends Strategy, SplitRules {
  readonly mmu: "arm64";
}

/**
 * What an author of a strategy gives; everything but `id` is optional, and what is not given is as
 * the kernel has it.
 *
 * The hooks are called within the walk, for each entry: they are synchronous and quick, and look at
 * `at` without keeping it, for it is one object that the walk changes in place. They cannot change
 * it either.
 */
export interface StrategyDefinition extends StrategyAbout {
  /** "arm64", the MMU whose stage-2 walks this contract is for. */
  readonly mmu?: "arm64";
  /**
   * Which entries the walk visits: WALK_LEAF (default: every entry that is no table), or WALK_PAGE
   * or WALK_BLOCK alone. A walk that does not ask for pages never enters a level-3 table.
   * `| WALK_SKIP_LEVEL0 << n` leaves out tables of level n.
   */
  readonly flags?: number;
  /** The deepest level whose entries are looked at, 0 to 3 (default 3: all). */
  readonly maxLevel?: number;
  /**
   * Whether a table is to be entered (default: yes); `at.fresh` says whether this visit made it.
   */
  readonly enter?: (at: WalkPosition) => boolean;
  /**
   * What the split visitor returns after each visited leaf: CONTINUE (default), SKIP_CHILDREN or
   * SKIP_SIBLINGS.
   */
  readonly afterVisit?: (at: WalkPosition) => number;
  /**
   * The same code after each visited page (level 3), whichever it is: the walk need not call
   * `afterVisit` there, and is faster. It is called for blocks and for invalid entries above level
   * 3.
   */
  readonly afterPage?: number;
  /**
   * Called before each walk of a range, in frames (one chunk, or one mask): forget what belongs to
   * the walk before.
   */
  readonly beforeWalk?: (startGfn: number, endGfn: number) => void;
  /**
   * Skips that end the loop over a table (default), or that only move the address, as the RFC of
   * 2026-05-15 has them.
   */
  readonly skips?: "structured" | "as-posted";
  /**
   * Keep bit 55 of table descriptors, "no block is mapped anywhere below", for `enter` to read:
   * `(at.hi & MARK_HI) !== 0`.
   */
  readonly marks?: boolean;
}

/**
 * Fills in the defaults of a definition. Checks nothing: built-in definitions are checked by the
 * compiler.
 */
export function strategyFrom(definition: StrategyDefinition, source = "builtin"): SplitStrategy {
  return {
    ...described("arm64", definition, source),
    flags: definition.flags ?? WALK_LEAF,
    maxLevel: definition.maxLevel ?? 3,
    enter: definition.enter,
    pass: definition.enter && plainTables(definition.enter),
    afterVisit: definition.afterVisit,
    afterPage: definition.afterPage,
    afterPages: asksAtPages(definition) ? plainPages(definition.afterVisit) : undefined,
    beforeWalk: definition.beforeWalk,
    skips: definition.skips ?? "structured",
    marks: definition.marks ?? false,
  };
}

/** Whether `afterVisit` is called at pages. */
export function asksAtPages<D extends StrategyDefinition>(definition: D): definition is D & AsksAtPages {
  return definition.afterVisit !== undefined && definition.afterPage === undefined;
}

type AsksAtPages = Required<Pick<StrategyDefinition, "afterVisit">>;
