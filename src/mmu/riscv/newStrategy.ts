import type { StrategyStart } from "../newStrategy.js";

/** As written, it is skip-holes. */
export const newRiscvStrategy: StrategyStart = {
  what: "a strategy for write-protecting and splitting KVM/riscv's G-stage",
  commands: [
    "verify --mmu riscv --strategy MODULE --random 500",
    "bench  --mmu riscv --strategy MODULE --no-wall",
    "trace  --mmu riscv --strategy MODULE -b 4M",
  ],
  imports: [],
  type: "GStageStrategyDefinition",
  fields: `  mmu: "riscv",

  // Asked after each step of the split loop: the frame where the next one begins, beyond at.gfn.
  // at.emptyLevel is the level of the empty entry that the step came to (-1: none), at.splits how
  // many splits it made, at.endGfn where the range ends.
  next(at) {
    const span = at.emptyLevel < 1 ? 512 : 512 ** at.emptyLevel;
    return (Math.floor(at.gfn / span) + 1) * span;
  },

  // Where the loop begins: "aligned" down to 2M, as Linux has it, or "as-given".
  // start: "aligned",

  // Whether splits are flushed before mmu_lock is dropped, and whether each split of a clear is at
  // once.
  // flushBeforeDrop: true,
  // flushEachInClear: false,

  // What a clear write-protects of a word: the pages of its "bits", or the "span" from the first to
  // the last of them.
  // masks: "bits",

  // Without next(): over an empty entry the loop goes on a "step" of 2M further, or would "skip" to
  // the end of the entry.
  // holes: "step",

  // No split where the write-protect just before found no leaf above 4K.
  // onlyIfHuge: false,

  // Each step looks up its page from the root ("lookup"), or "tables" are walked; next() is not
  // asked there.
  // walk: "lookup",
`,
};
