import type { Segment } from "../../guest/segment.js";
import type { DirtyBitmap, DirtyLogMode, Memslot } from "../memslots.js";
import type { GStageMode } from "./geometry.js";

export type { DirtyBitmap as RiscvDirty, Memslot as RiscvMemslot, Segment as RiscvSegment };

/**
 * A scenario for KVM/riscv: guest memory as it is mapped before dirty logging is enabled, and what
 * is then done to it. Self-contained JSON; sizes are strings such as "2M", addresses hexadecimal
 * strings.
 */
export interface RiscvScenario {
  readonly mmu: "riscv";
  readonly name?: string | undefined;
  /** What it shows and why. */
  readonly description?: string | undefined;
  readonly gstage: GStageMode;
  readonly memslots: readonly Memslot[];
  readonly dirtyLog: RiscvDirtyLog;
  /** What follows: logging is turned off, the guest writes, the VM ends. Absent: nothing does. */
  readonly afterDisable?: RiscvAfterDisable | undefined;
}

export interface RiscvAfterDisable {
  /** What the leaves above 4K are backed by: 1G is hugetlb always, holes and the rest are pages. */
  readonly backing: "thp" | "hugetlb";
  /**
   * Pages that the guest writes, in this order, as runs `[first, count]` counted through all slots
   * in address order.
   */
  readonly writes: readonly (readonly [number, number])[];
}

export interface RiscvDirtyLog {
  readonly mode: DirtyLogMode;
  /** The module parameter `eager_page_split`; on by default. */
  readonly eagerSplit: boolean;
  /**
   * need_resched is true at every n-th poll of the split loop, polls counted through the whole
   * scenario. Absent: never.
   */
  readonly reschedEveryNPolls?: number | undefined;
}
