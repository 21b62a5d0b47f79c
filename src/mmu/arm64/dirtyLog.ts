import type { Layout, SlotLayout } from "./layout.js";
import type { Stage2 } from "./stage2.js";

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
      stage2.listener?.lock();
      stage2.writeProtect(start, end);
      stage2.listener?.unlock();
      stage2.listener?.flush();
      stage2.listener?.lock();
      stage2.split(start, end);
      stage2.listener?.unlock();
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
    const masks = new MaskCursor(slot);
    let any = false;
    let more = masks.next();
    stage2.listener?.lock();
    windows(slot, (_start, end) => {
      for (; more && masks.startGfn < end; more = masks.next()) {
        any = true;
        stage2.counts.writeProtectRanges++;
        stage2.writeProtect(masks.startGfn, masks.endGfn);
        stage2.counts.splitCalls++;
        stage2.split(masks.startGfn, masks.endGfn);
      }
    });
    stage2.listener?.unlock();
    if (!any) continue;
    stage2.flushSlot(slot.endGfn - slot.startGfn);
    stage2.listener?.flush();
  }
}

/**
 * The work of {@link enableDirtyLogging} with all write-protects before all splits, for timing: two phases with one border. The kernel
 * alternates them by slot, and slots share no leaf, so that all counts are the same. A clear has no such border: splitting for one mask
 * changes what write-protecting finds for the next.
 *
 * @param between called once, between the two
 */
export function enableInTwoPhases(stage2: Stage2, between: () => void): void {
  writeProtectOnly(stage2);
  between();
  splitOnly(stage2);
  for (const slot of stage2.layout.slots) stage2.flushSlot(slot.endGfn - slot.startGfn);
}

/** The split walks of {@link enableDirtyLogging} or {@link clearDirtyLog} alone, on a tree that is write-protected already. */
export function splitOnly(stage2: Stage2): void {
  forRanges(stage2.layout, (start, end) => {
    stage2.counts.splitCalls++;
    stage2.split(start, end);
  });
}

/** The write-protect walks alone: what {@link splitOnly} starts from. */
export function writeProtectOnly(stage2: Stage2): void {
  forRanges(stage2.layout, (start, end) => {
    stage2.counts.writeProtectRanges++;
    stage2.writeProtect(start, end);
  });
}

/** The ranges that the scenario's mode works on, in its order: slots, or the spans of masks. */
function forRanges(layout: Layout, work: (start: number, end: number) => void): void {
  for (const slot of layout.slots) {
    if (layout.mode === "enable") {
      work(slot.startGfn, slot.endGfn);
    } else {
      for (const masks = new MaskCursor(slot); masks.next(); ) work(masks.startGfn, masks.endGfn);
    }
  }
}

/** The runs of dirty pages of a slot, relative to it. */
function runsOf(slot: SlotLayout): readonly (readonly [number, number])[] {
  return slot.dirty ?? [[0, slot.endGfn - slot.startGfn]];
}

/**
 * Goes over the non-zero masks of a slot in order; of each, the frames from the first to the last set bit. Masks are counted from
 * the slot's first page, not from an absolute address. One object, moved on: a slot of 1 TiB has four million masks.
 */
export class MaskCursor {
  startGfn = 0;
  /** Exclusive. */
  endGfn = 0;
  private readonly slotGfn: number;
  private readonly runs: readonly (readonly [number, number])[];
  private run = 0;
  /** First page that has not been looked at, relative to the slot; it may lie before the present run. */
  private at = 0;

  constructor(slot: SlotLayout) {
    this.slotGfn = slot.startGfn;
    this.runs = runsOf(slot);
  }

  /** Moves to the next mask; false where there is none. */
  next(): boolean {
    if (this.run === this.runs.length) return false;
    const first = Math.max(this.at, this.runs[this.run]![0]);
    const maskEnd = Math.floor(first / MASK_PAGES) * MASK_PAGES + MASK_PAGES;
    let last = first;
    while (this.run < this.runs.length) {
      const [start, count] = this.runs[this.run]!;
      if (start >= maskEnd) break;
      last = Math.min(start + count, maskEnd);
      if (start + count > maskEnd) break;
      this.run++;
    }
    this.at = last;
    this.startGfn = this.slotGfn + first;
    this.endGfn = this.slotGfn + last;
    return true;
  }
}

/**
 * What the masks of a slot cover, first to last set bit of each, in frames, ascending: neighbours are joined, so that there are no more
 * spans than runs.
 */
export function dirtySpans(
  slot: SlotLayout,
  runs: readonly (readonly [number, number])[],
): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (const [start, count] of runs) {
    const last = spans.at(-1);
    const end = slot.startGfn + start + count;
    // The bits between two runs are covered too where both runs have a bit in one mask.
    const joined =
      last !== undefined && Math.floor((last[1] - 1 - slot.startGfn) / MASK_PAGES) === Math.floor(start / MASK_PAGES);
    if (joined || last?.[1] === slot.startGfn + start) last[1] = end;
    else spans.push([slot.startGfn + start, end]);
  }
  return spans;
}
