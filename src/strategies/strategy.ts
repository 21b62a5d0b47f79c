import type { WalkPosition } from "../arm64/walk.js";
import { WALK_LEAF } from "../arm64/walk.js";
import type { Strategy } from "../machines/machine.js";

/**
 * A walker strategy for arm64: what steers the split walk. The write-protect walk is the same in all of them.
 *
 * Everything is optional; a strategy that gives nothing is the kernel's own walk (baseline). A built-in strategy and one of a
 * user's own have the same contract; {@link defineStrategy} checks it.
 */
export interface SplitStrategy extends Strategy {
  readonly mmu: "arm64";
  /** WALK_LEAF (default), or PAGE and BLOCK apart, and SKIP_LEVELn. */
  readonly flags: number;
  /** The deepest level that is entered, 0 to 3 (default 3: all). */
  readonly maxLevel: number;
  /** Asked before a table is entered; `at.fresh` says whether this visit made it, and whether it is split down to pages. */
  readonly enter?: ((at: WalkPosition) => boolean) | undefined;
  /** What the split visitor returns after each visited leaf: CONTINUE, SKIP_CHILDREN or SKIP_SIBLINGS. */
  readonly afterVisit?: ((at: WalkPosition) => number) | undefined;
  /** Called before each walk of a range (one chunk, or one mask): forget what belongs to the walk before. */
  readonly beforeWalk?: ((startGfn: number, endGfn: number) => void) | undefined;
  /** Skips that end loops (default), or that only move the address, as the RFC of 2026-05-15 has them. */
  readonly skips: "structured" | "as-posted";
  /** Keep bit 55 of table descriptors: "no block is mapped anywhere below". `at.hi & MARK_HI` reads it. */
  readonly marks: boolean;
}

/** The parts of a {@link SplitStrategy} that an author gives. */
export interface StrategyDefinition {
  readonly id: string;
  readonly summary: string;
  readonly origin?: string;
  readonly knownFaults?: readonly string[];
  readonly flags?: number;
  readonly maxLevel?: number;
  readonly enter?: (at: WalkPosition) => boolean;
  readonly afterVisit?: (at: WalkPosition) => number;
  readonly beforeWalk?: (startGfn: number, endGfn: number) => void;
  readonly skips?: "structured" | "as-posted";
  readonly marks?: boolean;
}

/** Fills in the defaults of a definition. Checks nothing: built-in definitions are checked by the compiler. */
export function strategyFrom(definition: StrategyDefinition, source = "builtin"): SplitStrategy {
  return {
    id: definition.id,
    mmu: "arm64",
    summary: definition.summary,
    origin: definition.origin ?? "",
    knownFaults: definition.knownFaults ?? [],
    source,
    flags: definition.flags ?? WALK_LEAF,
    maxLevel: definition.maxLevel ?? 3,
    enter: definition.enter,
    afterVisit: definition.afterVisit,
    beforeWalk: definition.beforeWalk,
    skips: definition.skips ?? "structured",
    marks: definition.marks ?? false,
  };
}
