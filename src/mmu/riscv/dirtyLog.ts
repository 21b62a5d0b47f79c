import { type Windows, wholeSlot } from "../flow/regions.js";
import { WordCursor } from "./dirtyWords.js";
import type { GStage } from "./gstage.js";
import { hasBlocks, type Layout, type SlotLayout } from "./layout.js";
import { LookupSplitter, type Splitter } from "./splitLoop.js";
import { TableWriteProtector } from "./tableProtect.js";
import { TableSplitter } from "./tableSplit.js";
import { LookupWriteProtector, type WriteProtector } from "./writeProtect.js";

/** The dirty log's work on a G-stage: what enabling and clearing do to its tables. */
export class DirtyLog {
  readonly protector: WriteProtector;
  readonly splitter: Splitter;

  constructor(private readonly gstage: GStage) {
    const tables = gstage.rules.walk === "tables";
    this.protector = tables ? new TableWriteProtector(gstage) : new LookupWriteProtector(gstage);
    this.splitter = tables ? new TableSplitter(gstage) : new LookupSplitter(gstage);
  }

  /**
   * Enables logging on a slot without manual protect (or with it, but without initially-set):
   * write-protect, flush if anything changed, split, flush if that is pending.
   *
   * Where a guest is worked on region by region, a region is split before the next is
   * write-protected. The counts are the same: only the split polls, drops the lock and takes pages,
   * and the first flush keeps its place in the order.
   *
   * Source: Linux 7.3, arch/riscv/kvm/mmu.c, `kvm_arch_commit_memory_region()`,
   * `kvm_riscv_mmu_wp_memory_region()`.
   */
  enable(slot: SlotLayout, eager: boolean, windows: Windows): void {
    const { gstage, protector, splitter } = this;
    const { flushes, writeProtect } = gstage;
    const changedBefore = total(writeProtect.changed);
    const firstFlush = flushes.reserve();
    protector.begin(slot.startGfn, slot.endGfn);
    let split = false;
    windows(slot, (start, end) => {
      protector.advance(end);
      if (!eager) return;
      if (start === slot.startGfn) {
        split = !gstage.rules.onlyIfHuge || (end === slot.endGfn ? protector.huge : slot.segments.some(hasBlocks));
        if (split) splitter.begin(slot.startGfn, slot.endGfn);
      }
      if (split) splitter.advance(end);
    });
    if (total(writeProtect.changed) !== changedBefore) this.fillFlush(firstFlush, slot);
    if (split && splitter.pending) this.flushSlot(slot);
  }

  /**
   * One word of KVM_CLEAR_DIRTY_LOG, or of a get without manual protect: write-protect the pages of
   * its bits, and, for a clear with initially-set, split from the first to the last of them. What
   * the split leaves unflushed is not remembered: a call is one word.
   *
   * Source: Linux 7.3, arch/riscv/kvm/mmu.c, `kvm_arch_mmu_enable_log_dirty_pt_masked()`.
   */
  word(cursor: WordView, split: boolean): void {
    const { protector, splitter, gstage } = this;
    if (gstage.rules.masks === "span") {
      protector.begin(cursor.firstGfn, cursor.endGfn);
      protector.advance(cursor.endGfn);
    } else {
      protector.word(cursor.gfn, cursor.low, cursor.high);
    }
    if (!split || (gstage.rules.onlyIfHuge && !protector.huge)) return;
    splitter.begin(cursor.firstGfn, cursor.endGfn);
    splitter.advance(cursor.endGfn);
  }

  flushSlot(slot: { readonly startGfn: number; readonly endGfn: number }): void {
    this.gstage.flushes.request("memslot", slot.startGfn, slot.endGfn - slot.startGfn);
  }

  private fillFlush(place: number, slot: SlotLayout): void {
    this.gstage.flushes.fill(place, "memslot", slot.startGfn, slot.endGfn - slot.startGfn);
  }
}

/** A non-zero word of a bitmap, see {@link WordCursor}. */
export type WordView = Pick<WordCursor, "gfn" | "low" | "high" | "firstGfn" | "endGfn">;

function total(byLevel: Float64Array): number {
  return byLevel.reduce((sum, n) => sum + n, 0);
}

/** Does the work of a scenario. */
export function drive(gstage: GStage, layout: Layout, windows: Windows = wholeSlot): void {
  const log = new DirtyLog(gstage);
  for (const slot of layout.slots) {
    if (layout.mode === "enable") log.enable(slot, layout.eagerSplit, windows);
    else clearSlot(log, slot, layout.eagerSplit, windows);
  }
}

/**
 * KVM_CLEAR_DIRTY_LOG over a whole slot, manual protect with initially-set; one flush of the slot
 * if any bit was cleared.
 */
function clearSlot(log: DirtyLog, slot: SlotLayout, eager: boolean, windows: Windows): void {
  const words = new WordCursor(slot);
  let any = false;
  let more = words.next();
  windows(slot, (_start, end) => {
    for (; more && words.gfn < end; more = words.next()) {
      any = true;
      log.word(words, eager);
    }
  });
  if (any) log.flushSlot(slot);
}
