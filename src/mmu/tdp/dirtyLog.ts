import { type IterSink, NEVER, TdpIter, type YieldSchedule } from "./iter.js";
import { splitRoot } from "./split.js";
import { DIRTY, isLeaf, PRESENT, type TdpTree, WRITABLE } from "./tree.js";
import type { IterVariant } from "./variant.js";

/** Which hardware and module parameters a dirty-log flow meets. */
export interface DirtyLogOptions {
  /** Page-modification logging: dirty bits are cleared; without it leaves are write-protected. */
  readonly pml: boolean;
  /** The `eager_page_split` module parameter, on by default in Linux. */
  readonly eager: boolean;
  readonly schedule?: YieldSchedule;
  readonly sink?: IterSink | null;
}

/** One step of enabling, as `enableDirtyLogSequenceBaseline` has it. */
export interface EnableStep {
  readonly step: "split" | "clear_dirty" | "wrprot_min_level_1" | "wrprot_min_level_2";
  /** Null where the walk never ends. */
  readonly loops: number | null;
  /** Leaves whose bit changed; null for the split. */
  readonly sptesChanged: number | null;
  readonly mmuLockDrops: number | null;
}

/** An {@link EnableStep} with what its walk counted besides. */
export interface EnableStepCounts extends EnableStep {
  readonly body: number | null;
  readonly spteReads: number | null;
  readonly loopsByLevel: Readonly<Record<string, number>>;
  readonly split2m: number;
  readonly split1g: number;
  readonly spAllocs: number;
  readonly reschedYields: number | null;
  readonly livelockGfn: number | null;
}

/**
 * Enables dirty logging on [start, end) without initially-all-set, as `kvm_mmu_slot_apply_flags` does (Linux 7.3): split to 4K where
 * eager, then, with PML, clear the dirty bit of every leaf and write-protect those of 2M and more; without PML write-protect every leaf. One
 * TLB flush follows.
 */
export function enableDirtyLog(
  tree: TdpTree,
  variant: IterVariant,
  start: number,
  end: number,
  options: DirtyLogOptions,
): EnableStepCounts[] {
  const { pml, eager, schedule = NEVER, sink = null } = options;
  const steps: EnableStepCounts[] = [];
  if (eager) {
    sink?.("step", new TdpIter(tree, variant), { step: "split" });
    const { counts, livelockGfn } = splitRoot(tree, variant, start, end, { targetLevel: 1, schedule, sink });
    const { loops, body, spteReads, loopsByLevel, split2m, split1g, spAllocs, reschedYields } = counts;
    const drops = counts.mmuLockDropsTotal;
    const walk = { body, spteReads, loopsByLevel, split2m, split1g, spAllocs, reschedYields, livelockGfn };
    steps.push({ step: "split", loops, sptesChanged: null, mmuLockDrops: drops, ...walk });
  }
  const clearing = (step: EnableStep["step"], bit: number, minLevel: number): void => {
    const iter = new TdpIter(tree, variant);
    iter.sink = sink;
    sink?.("step", iter, { step });
    clearBitOfLeaves(iter, tree, start, end, minLevel, bit, schedule);
    steps.push(stepOf(step, iter));
  };
  if (pml) clearing("clear_dirty", DIRTY, 1);
  clearing(pml ? "wrprot_min_level_2" : "wrprot_min_level_1", WRITABLE, pml ? 2 : 1);
  return steps;
}

/** The loop of `clear_dirty_gfn_range` and `wrprot_gfn_range`: takes a bit from every leaf at or above a level. */
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
    // A whole run at once, since nearly all entries of a guest are in one: locals only, and the changes added up at its end.
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

function stepOf(step: EnableStep["step"], iter: TdpIter): EnableStepCounts {
  const { livelock } = iter;
  return {
    step,
    loops: livelock ? null : iter.loops,
    sptesChanged: iter.changes,
    mmuLockDrops: livelock ? null : iter.yields,
    body: livelock ? null : iter.loops - iter.filtered,
    spteReads: livelock ? null : iter.reads,
    loopsByLevel: livelock ? {} : iter.loopsByLevel,
    split2m: 0,
    split1g: 0,
    spAllocs: 0,
    reschedYields: livelock ? null : iter.yields,
    livelockGfn: livelock ? iter.livelockGfn : null,
  };
}

/** A word of a clear, 64 pages: which word of the slot, and its bits. */
export interface ClearWord {
  /** Index of the word: its first page is {@link TableGeometry.wordPages} x index from the slot's base. */
  readonly index: number;
  /** Bits 0 to 31 and 32 to 63, as unsigned numbers; not both 0. */
  readonly low: number;
  readonly high: number;
}

/** What a step of a clear counts over all words, with the names of the golden files. */
export interface ClearStepCounts {
  calls: number;
  /** Null where a walk never ends. */
  loops: number | null;
  /** Leaves that the write-protects of 2M and above changed; 0 in the others. */
  setSpte: number;
  spAllocs: number;
  mmuLockDrops: number | null;
}

/** A clear by step; a step that is never called is absent. */
export interface ClearCounts {
  split?: ClearStepCounts;
  wpStart?: ClearStepCounts;
  wpEnd?: ClearStepCounts;
  clearMasked?: ClearStepCounts;
}

export interface ClearOutcome {
  readonly counts: ClearCounts;
  /** Huge entries split, by size, and 4K leaves whose bit the masked walk cleared. */
  readonly split2m: number;
  readonly split1g: number;
  readonly maskedChanged: number;
  readonly livelockGfn: number | null;
}

/** How a clear is made: {@link DirtyLogOptions}, and whether logging started with all bits set. */
export interface ClearOptions extends DirtyLogOptions {
  /** KVM_DIRTY_LOG_INITIALLY_SET: huge pages are split and write-protected here, since enabling did not. */
  readonly initiallySet: boolean;
  /** First frame of the slot. */
  readonly slotBaseGfn: number;
}

/** Clears dirty pages word by word, as `kvm_arch_mmu_enable_log_dirty_pt_masked` does (Linux 7.3). One TLB flush follows. */
export function clearDirtyLog(
  tree: TdpTree,
  variant: IterVariant,
  words: Iterable<ClearWord>,
  options: ClearOptions,
): ClearOutcome {
  const { pml, eager, initiallySet, slotBaseGfn, schedule = NEVER, sink = null } = options;
  const { wordPages, pages } = tree.geometry;
  const pagesOf2M = pages[2]!;
  const counts: ClearCounts = {};
  const iter = new TdpIter(tree, variant);
  iter.sink = sink;
  let split2m = 0;
  let split1g = 0;
  let maskedChanged = 0;
  for (const word of words) {
    const gfn = slotBaseGfn + word.index * wordPages;
    const first = gfn + firstBit(word);
    const last = gfn + lastBit(word);
    sink?.("word", iter, { index: word.index, first, last });
    if (initiallySet) {
      if (eager) {
        sink?.("step", iter, { step: "split" });
        const done = splitRoot(tree, variant, first, last + 1, { targetLevel: 1, schedule, sink, iter });
        const split = stepAt(counts, "split");
        split.calls++;
        split.loops = plus(split.loops, done.counts.loops);
        split.spAllocs += done.counts.spAllocs;
        split.mmuLockDrops = plus(split.mmuLockDrops, done.counts.mmuLockDropsTotal);
        split2m += done.counts.split2m;
        split1g += done.counts.split1g;
        if (done.livelockGfn !== null)
          return { counts, split2m, split1g, maskedChanged, livelockGfn: done.livelockGfn };
      }
      writeProtect(iter, tree, first, stepAt(counts, "wpStart"));
      // The kernel compares the two addresses aligned up: a word whose first page is 2M-aligned is taken to cross a 2M boundary.
      if (Math.ceil(first / pagesOf2M) !== Math.ceil(last / pagesOf2M))
        writeProtect(iter, tree, last, stepAt(counts, "wpEnd"));
    }
    maskedChanged += clearMasked(iter, tree, gfn, word, pml ? DIRTY : WRITABLE, stepAt(counts, "clearMasked"));
  }
  return { counts, split2m, split1g, maskedChanged, livelockGfn: null };
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

function stepAt(counts: ClearCounts, step: keyof ClearCounts): ClearStepCounts {
  const at = counts[step] ?? { calls: 0, loops: 0, setSpte: 0, spAllocs: 0, mmuLockDrops: 0 };
  counts[step] = at;
  return at;
}

function firstBit(word: ClearWord): number {
  return word.low !== 0 ? 31 - Math.clz32(word.low & -word.low) : 63 - Math.clz32(word.high & -word.high);
}

function lastBit(word: ClearWord): number {
  return word.high !== 0 ? 63 - Math.clz32(word.high) : 31 - Math.clz32(word.low);
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
