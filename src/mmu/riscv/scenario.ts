import type { GStageMode } from "./geometry.js";

/**
 * A scenario for KVM/riscv: guest memory as it is mapped before dirty logging is enabled, and what is then done to it. Self-contained
 * JSON; sizes are strings such as "2M", addresses hexadecimal strings.
 */
export interface RiscvScenario {
  readonly mmu: "riscv";
  readonly name?: string | undefined;
  /** What it shows and why. */
  readonly description?: string | undefined;
  readonly gstage: GStageMode;
  readonly memslots: readonly RiscvMemslot[];
  readonly dirtyLog: RiscvDirtyLog;
  /** What follows: logging is turned off, the guest writes, the VM ends. Absent: nothing does. */
  readonly afterDisable?: RiscvAfterDisable | undefined;
}

export interface RiscvMemslot {
  /** Guest physical base, page-aligned. */
  readonly base: string;
  /** In order from `base`, without gaps: a gap is a segment with `map: "hole"`. */
  readonly segments: readonly RiscvSegment[];
  /** Clear mode: the pages of this slot that are cleared, relative to its first page. Absent: all of them. */
  readonly dirty?: RiscvDirty | undefined;
}

export interface RiscvSegment {
  /**
   * "4K", "2M", "1G", "512G" or "hole". At each address the largest leaf not above it that is aligned, and fits in what is left of the
   * segment.
   */
  readonly map: string;
  readonly size: string;
  /** Leaves are read-only from the start. */
  readonly writeProtected?: boolean | undefined;
}

/** Dirty pages of a slot, as runs of pages `[first, count]` or as 64-bit words in hexadecimal, lowest page in bit 0. */
export type RiscvDirty =
  | { readonly runs: readonly (readonly [number, number])[] }
  | { readonly words: readonly string[] };

export interface RiscvAfterDisable {
  /** What the leaves above 4K are backed by: 1G is hugetlb always, holes and the rest are pages. */
  readonly backing: "thp" | "hugetlb";
  /** Pages that the guest writes, in this order, as runs `[first, count]` counted through all slots in address order. */
  readonly writes: readonly (readonly [number, number])[];
}

export interface RiscvDirtyLog {
  /**
   * `enable`: no manual protect (`-g`): enabling write-protects and splits. `clear`: manual protect with initially-all-set:
   * KVM_CLEAR_DIRTY_LOG does, 64 pages at a time.
   */
  readonly mode: "enable" | "clear";
  /** The module parameter `eager_page_split`; on by default. */
  readonly eagerSplit: boolean;
  /** need_resched is true at every n-th poll of the split loop, polls counted through the whole scenario. Absent: never. */
  readonly reschedEveryNPolls?: number | undefined;
}
