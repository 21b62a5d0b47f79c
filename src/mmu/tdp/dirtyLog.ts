import { newTally } from "../counters.js";
import {
  CLEAR_COUNTERS,
  CLEAR_STEPS,
  type ClearCounts,
  type ClearSteps,
  ENABLE_COUNTERS,
  type EnableCounts,
  type EnableSteps,
  LEVELS,
  SPLIT_COUNTERS,
  type SplitCounts,
} from "./counters.js";
import { type IterSink, NEVER, TdpIter, type YieldSchedule } from "./iter.js";
import { splitRoot } from "./split.js";
import { DIRTY, isLeaf, PRESENT, type TdpTree, WRITABLE } from "./tree.js";
import type { IterVariant } from "./variant.js";
import { addWalk, plus } from "./walked.js";

/** Which hardware and module parameters a dirty-log flow meets. */
export interface DirtyLogOptions {
  /** Page-modification logging: dirty bits are cleared; without it leaves are write-protected. */
  readonly pml: boolean;
  /** The `eager_page_split` module parameter, on by default in Linux. */
  readonly eager: boolean;
  readonly schedule?: YieldSchedule;
  readonly sink?: IterSink | null;
  /** An iterator of this tree and variant to be used again. */
  readonly iter?: TdpIter;
}

type EnableStep = keyof EnableSteps;

/** A step whose walk never ends, and the furthest gfn that it restarts from. */
export interface StepLivelock {
  readonly step: EnableStep;
  readonly gfn: number;
}

/** What enabling counted, over all steps and by step. */
export interface EnableOutcome {
  readonly counts: EnableCounts;
  /** In the order in which they were made. */
  readonly steps: EnableSteps;
  readonly livelocks: readonly StepLivelock[];
}

/**
 * Enables dirty logging on [start, end) without initially-all-set, as `kvm_mmu_slot_apply_flags`
 * does (Linux 7.3): split to 4K where eager, then, with PML, clear the dirty bit of every leaf and
 * write-protect those of 2M and more; without PML write-protect every leaf. One TLB flush follows.
 */
export function enableDirtyLog(
  tree: TdpTree,
  variant: IterVariant,
  start: number,
  end: number,
  options: DirtyLogOptions,
): EnableOutcome {
  const { pml, eager, schedule = NEVER, sink = null } = options;
  const counts = newTally(ENABLE_COUNTERS, LEVELS);
  const steps: EnableSteps = {};
  const livelocks: StepLivelock[] = [];
  if (eager) {
    sink?.("step", new TdpIter(tree, variant), { step: "split" });
    const iter = options.iter ?? new TdpIter(tree, variant);
    const { livelockGfn } = splitRoot(tree, variant, start, end, { targetLevel: 1, schedule, sink, iter, counts });
    steps.split = { loops: counts.loops, sptesChanged: null, mmuLockDrops: counts.mmuLockDropsTotal };
    if (livelockGfn !== null) livelocks.push({ step: "split", gfn: livelockGfn });
  }
  const clearing = (step: Exclude<EnableStep, "split">, bit: number, minLevel: number): void => {
    const iter = options.iter ?? new TdpIter(tree, variant);
    iter.sink = sink;
    sink?.("step", iter, { step });
    clearBitOfLeaves(iter, tree, start, end, minLevel, bit, schedule);
    const yields = addWalk(counts, iter);
    counts.sptesChanged += iter.changes;
    counts.mmuLockDropsTotal = plus(counts.mmuLockDropsTotal, yields);
    counts.reschedYields = plus(counts.reschedYields, yields);
    steps[step] = { loops: iter.livelock ? null : iter.loops, sptesChanged: iter.changes, mmuLockDrops: yields };
    if (iter.livelock) livelocks.push({ step, gfn: iter.livelockGfn });
  };
  if (pml) clearing("clear_dirty", DIRTY, 1);
  clearing(pml ? "wrprot_min_level_2" : "wrprot_min_level_1", WRITABLE, pml ? 2 : 1);
  counts.tlbFlushes = 1;
  return { counts, steps, livelocks };
}

/**
 * The loop of `clear_dirty_gfn_range` and `wrprot_gfn_range`: takes a bit from every leaf at or
 * above a level.
 */
export function clearBitOfLeaves(
  iter: TdpIter,
  tree: TdpTree,
  start: number,
  end: number,
  minLevel: number,
  bit: number,
  schedule: YieldSchedule = NEVER,
): void {
  const { words } = tree;
  for (let more = iter.start(start, end, minLevel, schedule); more; more = iter.next()) {
    if (iter.gated && !iter.enterBody()) continue;
    if (iter.gated && (iter.spte & bit) !== 0 && iter.lostRace()) continue;
    // A whole run at once, since nearly all entries of a guest are in one: locals only, and the
    // changes added up at its end.
    const { runEnd, runAny } = iter;
    let { at, spte } = iter;
    let changed = 0;
    for (;;) {
      // Only leaves have either bit.
      if ((spte & bit) !== 0) {
        words[at] = spte & ~bit;
        changed++;
      }
      at++;
      if (at >= runEnd) break;
      spte = words[at]!;
      if (((spte | runAny) & PRESENT) === 0) break;
    }
    iter.at = at - 1;
    iter.changes += changed;
    if (iter.sink !== null && changed > 0) iter.sink("clear-bit", iter, { bit: bit === DIRTY ? "dirty" : "writable" });
  }
}

/** A word of a clear, 64 pages: which word of the slot, and its bits. */
export interface ClearWord {
  /**
   * Index of the word: its first page is {@link TableGeometry.wordPages} x index from the slot's
   * base.
   */
  readonly index: number;
  /** Bits 0 to 31 and 32 to 63, as unsigned numbers; not both 0. */
  readonly low: number;
  readonly high: number;
}

/** What a clear counted, over all steps and by step; a step that is never called is absent. */
export interface ClearOutcome {
  readonly counts: ClearCounts;
  readonly steps: ClearSteps;
  /** The furthest gfn that a split in livelock restarts from; otherwise null. */
  readonly livelockGfn: number | null;
}

type ClearStepCounts = NonNullable<ClearSteps[keyof ClearSteps]>;

/** How a clear is made: {@link DirtyLogOptions}, and whether logging started with all bits set. */
export interface ClearOptions extends DirtyLogOptions {
  /**
   * KVM_DIRTY_LOG_INITIALLY_SET: huge pages are split and write-protected here, since enabling did
   * not.
   */
  readonly initiallySet: boolean;
  /** First frame of the slot. */
  readonly slotBaseGfn: number;
}

/**
 * Clears dirty pages word by word, as `kvm_arch_mmu_enable_log_dirty_pt_masked` does (Linux 7.3).
 * One TLB flush follows.
 */
export function clearDirtyLog(
  tree: TdpTree,
  variant: IterVariant,
  words: Iterable<ClearWord>,
  options: ClearOptions,
): ClearOutcome {
  const { pml, eager, initiallySet, slotBaseGfn, schedule = NEVER, sink = null } = options;
  const { wordPages, pages } = tree.geometry;
  const pagesOf2M = pages[2]!;
  const counts = newTally(CLEAR_COUNTERS, LEVELS);
  const steps: ClearSteps = {};
  const split = newTally(SPLIT_COUNTERS, LEVELS);
  const iter = options.iter ?? new TdpIter(tree, variant);
  iter.sink = sink;
  let livelockGfn: number | null = null;
  for (const word of words) {
    counts.words++;
    const gfn = slotBaseGfn + word.index * wordPages;
    const first = gfn + firstBit(word);
    const last = gfn + lastBit(word);
    sink?.("word", iter, { index: word.index, first, last });
    if (initiallySet) {
      if (eager) {
        sink?.("step", iter, { step: "split" });
        const into = { targetLevel: 1, schedule, sink, iter, counts: split };
        livelockGfn = splitRoot(tree, variant, first, last + 1, into).livelockGfn;
        stepAt(steps, "split").calls++;
        if (livelockGfn !== null) break;
      }
      writeProtect(iter, tree, first, stepAt(steps, "wpStart"));
      // The kernel compares the two addresses aligned up: a word whose first page is 2M-aligned is
      // taken to cross a 2M boundary.
      if (Math.ceil(first / pagesOf2M) !== Math.ceil(last / pagesOf2M))
        writeProtect(iter, tree, last, stepAt(steps, "wpEnd"));
    }
    counts.sptesChanged += clearMasked(iter, tree, gfn, word, pml ? DIRTY : WRITABLE, stepAt(steps, "clearMasked"));
  }
  addSteps(counts, steps, split);
  return { counts, steps, livelockGfn };
}

/** Adds up a clear's steps, when all are made. */
function addSteps(counts: ClearCounts, steps: ClearSteps, split: SplitCounts): void {
  if (steps.split !== undefined) {
    steps.split.loops = split.loops;
    steps.split.spAllocs = split.spAllocs;
    steps.split.mmuLockDrops = split.mmuLockDropsTotal;
  }
  counts.split2m = split.split2m;
  counts.split1g = split.split1g;
  for (const step of Object.values(steps)) {
    counts.loops = plus(counts.loops, step.loops);
    counts.calls += step.calls;
    counts.sptesChanged += step.setSpte;
    counts.spAllocs += step.spAllocs;
    counts.mmuLockDropsTotal = plus(counts.mmuLockDropsTotal, step.mmuLockDrops);
  }
  counts.tlbFlushes = counts.words === 0 ? 0 : 1;
}

/** Write-protects the leaf of 2M or more that maps a gfn. */
function writeProtect(iter: TdpIter, tree: TdpTree, gfn: number, counts: ClearStepCounts): void {
  counts.calls++;
  iter.sink?.("step", iter, { step: "write-protect" });
  let changed = 0;
  for (let more = iter.start(gfn, gfn + 1, 2); more; more = iter.next()) {
    if (iter.gated && !iter.enterBody()) continue;
    const { spte } = iter;
    if (!isLeaf(spte) || (spte & WRITABLE) === 0) continue;
    tree.words[iter.at] = spte & ~WRITABLE;
    changed++;
    if (iter.sink !== null) iter.sink("clear-bit", iter, { bit: "writable" });
  }
  counts.loops = plus(counts.loops, iter.loops);
  counts.setSpte += changed;
}

/** Takes the bit from the 4K leaves of a word whose mask bit is set. @returns how many had it */
function clearMasked(
  iter: TdpIter,
  tree: TdpTree,
  gfn: number,
  word: ClearWord,
  bit: number,
  counts: ClearStepCounts,
): number {
  counts.calls++;
  iter.sink?.("step", iter, { step: "clear masked" });
  const end = gfn + tree.geometry.wordPages;
  let { low, high } = word;
  let changed = 0;
  for (let more = iter.start(gfn + firstBit(word), end, 1); more; more = iter.next()) {
    if (iter.gated && !iter.enterBody()) continue;
    if ((low | high) === 0) break;
    const { spte } = iter;
    if ((spte & PRESENT) === 0 || iter.level > 1) continue;
    const page = iter.gfn - gfn;
    const of = 1 << (page & 31);
    if (((page < 32 ? low : high) & of) === 0) continue;
    if (page < 32) low &= ~of;
    else high &= ~of;
    if ((spte & bit) === 0) continue;
    tree.words[iter.at] = spte & ~bit;
    changed++;
    if (iter.sink !== null) iter.sink("clear-bit", iter, { bit: bit === DIRTY ? "dirty" : "writable" });
  }
  counts.loops = plus(counts.loops, iter.loops);
  return changed;
}

function stepAt(steps: ClearSteps, step: keyof ClearSteps): ClearStepCounts {
  steps[step] ??= newTally(CLEAR_STEPS[step], LEVELS);
  return steps[step];
}

function firstBit(word: ClearWord): number {
  return word.low !== 0 ? 31 - Math.clz32(word.low & -word.low) : 63 - Math.clz32(word.high & -word.high);
}

function lastBit(word: ClearWord): number {
  return word.high !== 0 ? 63 - Math.clz32(word.high) : 31 - Math.clz32(word.low);
}
