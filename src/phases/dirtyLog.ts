import type { Stage2 } from "../arm64/stage2.js";
import type { Layout, SlotLayout } from "../guest/layout.js";

/** Pages that one mask of KVM_CLEAR_DIRTY_LOG covers. */
export const MASK_PAGES = 64;

/** A part of a slot that is in memory at once, in frames; the whole slot where the whole tree is kept. */
export type Windows = (slot: SlotLayout, work: (start: number, end: number) => void) => void;

export const wholeSlot: Windows = (slot, work) => work(slot.startGfn, slot.endGfn);

/**
 * Enables dirty logging on every slot without manual protect (`-g`): write-protect the slot, flush it, split it.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_commit_memory_region()`, `kvm_mmu_wp_memory_region()`.
 */
export function enableDirtyLogging(stage2: Stage2, windows: Windows): void {
  for (const slot of stage2.layout.slots) {
    stage2.counts.writeProtectRanges++;
    stage2.counts.splitCalls++;
    windows(slot, (start, end) => {
      stage2.writeProtect(start, end);
      stage2.split(start, end);
    });
    stage2.flushSlot(slot.endGfn - slot.startGfn);
  }
}

/**
 * KVM_CLEAR_DIRTY_LOG on every slot, manual protect with initially-all-set: per non-zero 64-page mask, write-protect from its first
 * to its last set bit, then split the same range; one flush of the slot if anything was cleared.
 *
 * Source: Linux 7.3, virt/kvm/kvm_main.c, `kvm_clear_dirty_log_protect()`; arch/arm64/kvm/mmu.c,
 * `kvm_arch_mmu_enable_log_dirty_pt_masked()`.
 */
export function clearDirtyLog(stage2: Stage2, windows: Windows): void {
  for (const slot of stage2.layout.slots) {
    const spans = maskSpans(slot);
    let span = spans.next();
    const any = span.done !== true;
    windows(slot, (_start, end) => {
      for (; span.done !== true && span.value[0] < end; span = spans.next()) {
        const [from, to] = span.value;
        stage2.counts.writeProtectRanges++;
        stage2.writeProtect(from, to);
        stage2.counts.splitCalls++;
        stage2.split(from, to);
      }
    });
    if (any) stage2.flushSlot(slot.endGfn - slot.startGfn);
  }
}

/** The split walks of {@link enableDirtyLogging} or {@link clearDirtyLog} alone, on a tree that is write-protected already. */
export function splitOnly(stage2: Stage2): void {
  for (const [start, end] of workRanges(stage2.layout)) {
    stage2.counts.splitCalls++;
    stage2.split(start, end);
  }
}

/** The write-protect walks alone: what {@link splitOnly} starts from. */
export function writeProtectOnly(stage2: Stage2): void {
  for (const [start, end] of workRanges(stage2.layout)) {
    stage2.counts.writeProtectRanges++;
    stage2.writeProtect(start, end);
  }
}

/** The ranges that the scenario's mode works on, in its order: slots, or the spans of masks. */
function* workRanges(layout: Layout): Generator<readonly [number, number]> {
  for (const slot of layout.slots) {
    if (layout.mode === "enable") yield [slot.startGfn, slot.endGfn];
    else yield* maskSpans(slot);
  }
}

/**
 * First to last set bit (exclusive) of each non-zero mask of a slot, in frames, ascending. Masks are counted from the slot's
 * first page, not from an absolute address.
 */
export function* maskSpans(slot: SlotLayout): Generator<readonly [number, number]> {
  const runs = slot.dirty ?? [[0, slot.endGfn - slot.startGfn] as const];
  let mask = -1;
  let first = 0;
  let last = 0;
  for (const [start, count] of runs) {
    const end = start + count;
    for (let at = start; at < end; ) {
      const thisMask = Math.floor(at / MASK_PAGES);
      const stop = Math.min(end, (thisMask + 1) * MASK_PAGES);
      if (thisMask !== mask) {
        if (mask >= 0) yield [slot.startGfn + first, slot.startGfn + last];
        mask = thisMask;
        first = at;
      }
      last = stop;
      at = stop;
    }
  }
  if (mask >= 0) yield [slot.startGfn + first, slot.startGfn + last];
}
