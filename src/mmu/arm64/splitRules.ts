import type { AfterPages, RunRules } from "./walk.js";
import type { WalkPosition } from "./walkRules.js";

/**
 * What the engine takes of a strategy: the rules of the split walk, and what the split visitor does
 * beside splitting.
 */
export interface SplitRules extends RunRules {
  /** WALK_LEAF (default), or PAGE and BLOCK apart, and SKIP_LEVELn. */
  readonly flags: number;
  /** The deepest level that is entered, 0 to 3 (default 3: all). */
  readonly maxLevel: number;
  /**
   * Asked before a table is entered; `at.fresh` says whether this visit made it, and whether it is
   * split down to pages.
   */
  readonly enter?: ((at: WalkPosition) => boolean) | undefined;
  /**
   * What the split visitor returns after each visited leaf: CONTINUE, SKIP_CHILDREN or
   * SKIP_SIBLINGS.
   */
  readonly afterVisit?: ((at: WalkPosition) => number) | undefined;
  /**
   * What it returns after each visited page, where that is the same for all: `afterVisit` is not
   * asked about pages then.
   */
  readonly afterPage?: number | undefined;
  /**
   * `afterVisit` for runs of pages, as `Visitor.pages` has it; given where there is `afterVisit`
   * and no `afterPage`.
   */
  readonly afterPages?: AfterPages | undefined;
  /**
   * Called before each walk of a range (one chunk, or one mask): forget what belongs to the walk
   * before.
   */
  readonly beforeWalk?: ((startGfn: number, endGfn: number) => void) | undefined;
  /**
   * Skips that end loops (default), or that only move the address, as the RFC of 2026-05-15 has
   * them.
   */
  readonly skips: "structured" | "as-posted";
  /**
   * Keep bit 55 of table descriptors: "no block is mapped anywhere below". `at.hi & MARK_HI` reads
   * it.
   */
  readonly marks: boolean;
}
