import { described, type Strategy, type StrategyAbout } from "../strategy.js";

/** What a strategy may steer; what Linux 7.3 does is in {@link LINUX}. */
export interface GStageRules {
  /** Where the split loop begins: `start` aligned down to 2M, or as it is. */
  readonly start: "aligned" | "as-given";
  /** Whether splits that have not been flushed are, before mmu_lock is dropped. */
  readonly flushBeforeDrop: boolean;
  /** Whether each split of a clear is flushed at once, at its level. */
  readonly flushEachInClear: boolean;
  /** A clear write-protects the pages of its bits, or all from the first to the last of them. */
  readonly masks: "bits" | "span";
  /**
   * Over an empty entry the loop goes on 2M further, as always, or at the end of the entry's span.
   */
  readonly holes: "step" | "skip";
  /**
   * Whether a split is left out where the write-protect just before it found no leaf above level 0.
   */
  readonly onlyIfHuge: boolean;
  /** Each step looks up its page from the root, or tables are walked. */
  readonly walk: "lookup" | "tables";
  /**
   * Asked after each step of the split loop where the next one begins, in frames, beyond the
   * present one's. Absent: by {@link holes}. Not asked where tables are walked.
   */
  readonly next?: ((at: SplitStep) => number) | undefined;
}

/** What a strategy's own `next` sees of a step that is done. One object, changed in place. */
export interface SplitStep {
  /** The step's first frame: a multiple of 512 but where the loop begins as given. */
  readonly gfn: number;
  /** Exclusive end of the call's range, in frames. */
  readonly endGfn: number;
  /** The level of the empty entry that the step came to; -1 where there is none. */
  readonly emptyLevel: number;
  /** Splits that the step made. */
  readonly splits: number;
}

/** A strategy for KVM/riscv: how a G-stage is write-protected and split. */
export interface GStageStrategy extends Strategy {
  readonly mmu: "riscv";
  readonly rules: GStageRules;
}

/** Linux 7.3: arch/riscv/kvm/gstage.c and mmu.c. */
export const LINUX: GStageRules = {
  start: "aligned",
  flushBeforeDrop: true,
  flushEachInClear: false,
  masks: "bits",
  holes: "step",
  onlyIfHuge: false,
  walk: "lookup",
};

/**
 * What an author of a strategy gives; everything but `id` and `mmu` is optional, and what is not
 * given is as the kernel has it.
 */
export interface GStageStrategyDefinition extends StrategyAbout, Partial<GStageRules> {
  readonly mmu: "riscv";
}

/**
 * Fills in the defaults of a definition. Checks nothing: built-in definitions are checked by the
 * compiler.
 */
export function strategyFrom(definition: GStageStrategyDefinition, source = "builtin"): GStageStrategy {
  const { id: _, mmu, summary: __, origin: ___, knownFaults: ____, ...rules } = definition;
  return { ...described(mmu, definition, source), rules: { ...LINUX, ...rules } };
}
