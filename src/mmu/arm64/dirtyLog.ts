import type { Windows, WindowWork } from "../flow/regions.js";
import type { FrameRange } from "../flow/slots.js";
import { type DirtyWords, JoinedWords, SlotWords } from "./dirtyWords.js";
import type { Layout } from "./layout.js";
import type { Stage2 } from "./stage2.js";

/** Enables dirty logging on every slot without manual protect (`-g`): see {@link enableSlot}. */
export function enableDirtyLogging(stage2: Stage2, windows: Windows): void {
  for (const slot of stage2.layout.slots) enableSlot(stage2, slot, (work) => windows(slot, work));
}

/**
 * KVM_CLEAR_DIRTY_LOG on every slot, manual protect with initially-all-set: see {@link clearSlot}.
 */
export function clearDirtyLog(stage2: Stage2, windows: Windows): void {
  for (const slot of stage2.layout.slots) {
    clearSlot(stage2, slot, new SlotWords(slot), true, (work) => windows(slot, work));
  }
}

/**
 * Enables dirty logging on a slot: write-protect it, flush it, split it.
 *
 * @param windows gives the slot, piece by piece in ascending order where it is not in memory at
 *   once
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_commit_memory_region()`,
 * `kvm_mmu_wp_memory_region()`.
 */
export function enableSlot(stage2: Stage2, slot: FrameRange, windows: (work: WindowWork) => void): void {
  stage2.counts.writeProtectRanges++;
  stage2.counts.splitCalls++;
  windows((start, end) => {
    stage2.listener?.lock();
    stage2.writeProtect(start, end);
    // The two take the lock for themselves.
    stage2.mayDropLock();
    stage2.listener?.unlock();
    stage2.listener?.flush();
    stage2.listener?.lock();
    stage2.split(start, end);
    stage2.mayDropLock();
    stage2.listener?.unlock();
  });
  stage2.flushSlot(slot);
}

/**
 * Takes the words of a bitmap, in order: write-protects each from its first to its last set bit,
 * then splits the same range; one flush of the slot if anything was cleared. Where the layout says
 * so, words that touch are one range (`clearRange`).
 *
 * A range that reaches beyond the window that it begins in goes on in the next. Windows end where
 * write-protect steps and chunks do, so that the walks are those of the whole range.
 *
 * Source: Linux 7.3, virt/kvm/kvm_main.c, `kvm_clear_dirty_log_protect()`; arch/arm64/kvm/mmu.c,
 * `kvm_arch_mmu_enable_log_dirty_pt_masked()`.
 *
 * @param split whether ranges are split: with initially-all-set
 */
export function clearSlot(
  stage2: Stage2,
  slot: FrameRange,
  words: DirtyWords,
  split: boolean,
  windows: (work: WindowWork) => void,
): void {
  const { counts } = stage2;
  const ranges = new JoinedWords(words, stage2.layout.clearLimitPages);
  let more = ranges.next();
  const any = more;
  let at = ranges.startGfn;
  stage2.listener?.lock();
  windows((_start, end) => {
    while (more && at < end) {
      const stop = Math.min(ranges.endGfn, end);
      if (at === ranges.startGfn) {
        counts.writeProtectRanges++;
        if (split) counts.splitCalls++;
      } else {
        stage2.mayDropLock();
      }
      stage2.writeProtect(at, stop);
      if (split) stage2.split(at, stop);
      at = stop;
      if (at < ranges.endGfn) return;
      more = ranges.next();
      at = ranges.startGfn;
    }
  });
  counts.words += ranges.words;
  stage2.mayDropLock();
  stage2.listener?.unlock();
  if (!any) return;
  stage2.flushSlot(slot);
  stage2.listener?.flush();
}

/**
 * The work of {@link enableDirtyLogging} with all write-protects before all splits, for timing: two
 * phases with one border. The kernel alternates them by slot, and slots share no leaf, so that all
 * counts are the same. A clear has no such border: splitting for one mask changes what
 * write-protecting finds for the next.
 *
 * @param between called once, between the two
 */
export function enableInTwoPhases(stage2: Stage2, between: () => void): void {
  writeProtectOnly(stage2);
  between();
  splitOnly(stage2);
  for (const slot of stage2.layout.slots) stage2.flushSlot(slot);
}

/**
 * The split walks of {@link enableDirtyLogging} or {@link clearDirtyLog} alone, on a tree that is
 * write-protected already.
 */
export function splitOnly(stage2: Stage2): void {
  forRanges(stage2.layout, (start, end) => {
    stage2.counts.splitCalls++;
    stage2.split(start, end);
    stage2.mayDropLock();
  });
}

/** The write-protect walks alone: what {@link splitOnly} starts from. */
export function writeProtectOnly(stage2: Stage2): void {
  forRanges(stage2.layout, (start, end) => {
    stage2.counts.writeProtectRanges++;
    stage2.writeProtect(start, end);
    stage2.mayDropLock();
  });
}

/** The ranges that the scenario's mode works on, in its order: slots, or what words span. */
function forRanges(layout: Layout, work: WindowWork): void {
  for (const slot of layout.slots) {
    if (layout.mode === "enable") {
      work(slot.startGfn, slot.endGfn);
    } else {
      const ranges = new JoinedWords(new SlotWords(slot), layout.clearLimitPages);
      while (ranges.next()) work(ranges.startGfn, ranges.endGfn);
    }
  }
}
