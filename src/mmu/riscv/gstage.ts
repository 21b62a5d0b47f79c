import type { SplitCounts, WriteProtectCounts } from "./counters.js";
import { newWalkCounts, resetWalkCounts } from "./counts.js";
import { LEAF_MASK, PFN_STEP, WRITE } from "./entry.js";
import { type FlushKind, FlushLog, PAGE_ORDER } from "./flushLog.js";
import type { GStageGeometry, TableShape } from "./geometry.js";
import { type MemorySnapshot, TableMemory } from "./memory.js";
import { PageCache } from "./pageCache.js";
import type { GStageRules } from "./strategy.js";

/** Told what the walks do, for traces and checks; slower, and the same counts. */
export interface GStageObserver {
  /** A call begins, for [start, end) in frames. */
  call?(walk: "write-protect" | "split", start: number, end: number): void;
  /**
   * A lookup or a table walk stopped at an entry, or passed a table (split walks). `kind` is what
   * the entry was.
   */
  stop?(walk: "write-protect" | "split", level: number, gfn: number, kind: "empty" | "leaf" | "table"): void;
  /** A leaf's store by a write-protect; `changed` where it took the permission away. */
  protect?(level: number, gfn: number, changed: boolean): void;
  split?(level: number, gfn: number): void;
  /** mmu_lock was dropped, for a poll or for pages, with so many splits unflushed. */
  drop?(gfn: number, resched: boolean, unflushed: number): void;
  flush?(kind: FlushKind, gfn: number, pages: number): void;
}

/** What of a VM its G-stage depends on. */
export interface GStageSetup {
  readonly geometry: GStageGeometry;
  /** Whether the work is that of a clear, see {@link GStageRules.flushEachInClear}. */
  readonly clearing: boolean;
  /** need_resched is true at every n-th poll; 0: never. */
  readonly reschedEvery: number;
  /** Pages that the split cache is filled to: the kernel's 32 by default. */
  readonly cacheCapacity?: number;
}

/**
 * One G-stage and all that its walks share: tables, counts, the split cache, pending flushes,
 * polls.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c, mmu.c.
 */
export class GStage {
  readonly geometry: GStageGeometry;
  readonly shape: TableShape;
  readonly counts = newWalkCounts();
  readonly writeProtect: WriteProtectCounts = this.counts.writeProtect;
  readonly split: SplitCounts = this.counts.split;
  readonly flushes = new FlushLog();
  /** The VM's split cache. */
  readonly cache: PageCache;
  /** Splits that had no flush of any kind since. */
  unflushed = 0;
  /** The first lock drop with such splits: where the loop stood, and how many. */
  firstStale: { readonly gfn: number; readonly splits: number } | null = null;
  observer: GStageObserver | null = null;
  /**
   * Looks up every page on its own, where otherwise the pages of one table are gone over in one go:
   * the same counts.
   */
  naive = false;
  private polls = 0;

  constructor(
    readonly setup: GStageSetup,
    readonly rules: GStageRules,
    /** Given where another's tree is used on, with counts of its own. */
    readonly mem: TableMemory = new TableMemory(setup.geometry.shape),
  ) {
    this.geometry = setup.geometry;
    this.shape = setup.geometry.shape;
    this.cache = new PageCache(setup.cacheCapacity);
    this.flushes.onFlush = (kind, gfn, pages) => {
      this.unflushed = 0;
      this.observer?.flush?.(kind, gfn, pages);
    };
  }

  /** Zeroes the counts; the tree and the caches stay. */
  resetCounts(): void {
    resetWalkCounts(this.counts);
    this.flushes.reset();
    this.polls = 0;
  }

  /** A poll of need_resched. */
  poll(): boolean {
    const every = this.setup.reschedEvery;
    return every !== 0 && ++this.polls % every === 0;
  }

  /** Drops mmu_lock and tops the split cache up. @param gfn where the loop stands, for observers */
  dropLock(gfn: number, resched: boolean, least: number): void {
    const { split } = this;
    split.lockDrops++;
    if (resched) split.lockDropsForResched++;
    if (this.unflushed > 0) {
      split.staleDrops++;
      this.firstStale ??= { gfn, splits: this.unflushed };
      split.staleSplits = Math.max(split.staleSplits, this.unflushed);
    }
    this.observer?.drop?.(gfn, resched, this.unflushed);
    const added = this.cache.topup(least);
    if (added === 0) return;
    split.topups++;
    split.topupPages += added;
  }

  /**
   * Takes the write permission from the leaf at `slot`: a store also where it was gone already.
   * @returns whether anything changed
   */
  protectLeaf(slot: number, level: number, gfn: number): boolean {
    const { words } = this.mem;
    const lo = words[2 * slot]!;
    const changed = (lo & WRITE) !== 0;
    words[2 * slot] = lo & ~WRITE;
    this.writeProtect.stores[level]!++;
    if (changed) this.writeProtect.changed[level]!++;
    this.observer?.protect?.(level, gfn, changed);
    return changed;
  }

  /**
   * Replaces the leaf at `slot` by a table of the next level in one store over the live entry, with
   * the leaf's rights in all its children. The page comes from `cache`, which must have one.
   *
   * Source: Linux 7.3, arch/riscv/kvm/gstage.c, `kvm_riscv_gstage_split_huge()`.
   *
   * @returns the new table page
   */
  splitLeaf(slot: number, level: number, gfn: number, cache: PageCache): number {
    if (cache.pages-- === 0) throw new Error("the cache has no page for a split");
    const { mem, split } = this;
    const page = mem.alloc(false);
    const [lo, hi] = [mem.words[2 * slot]!, mem.words[2 * slot + 1]!];
    fillChildren(mem.words, page * this.shape.entries, this.shape.entries, lo, hi, this.shape.span[level - 1]!);
    mem.link(slot, page);
    split.splits[level]!++;
    split.childStores += this.shape.entries;
    split.tablesAllocated++;
    this.unflushed++;
    this.observer?.split?.(level, this.shape.start(gfn, level));
    return page;
  }

  /** A flush of one entry, at its level. */
  flushEntry(gfn: number, level: number): void {
    const { span, indexBits } = this.shape;
    this.flushes.request("pte", this.shape.start(gfn, level), span[level]!, PAGE_ORDER + indexBits * level);
  }

  snapshot(): MemorySnapshot {
    return this.mem.snapshot();
  }

  /** Puts a tree back, and everything else as at the start. */
  restore(snapshot: MemorySnapshot): void {
    this.rewind(snapshot, 0);
    this.resetCounts();
  }

  /**
   * Puts a tree back, with so many pages in the cache; counts go on, for they cost more than what
   * is done to a small tree.
   */
  rewind(snapshot: MemorySnapshot, cachePages: number): void {
    this.mem.restore(snapshot);
    this.flushes.reset();
    this.polls = 0;
    this.cache.pages = cachePages;
    this.unflushed = 0;
    this.firstStale = null;
  }
}

/**
 * Stores the children of a leaf from entry `slot` on: its rights, and its frame + i times the
 * frames that a child maps.
 */
function fillChildren(
  words: Uint32Array,
  slot: number,
  entries: number,
  lo: number,
  hi: number,
  childFrames: number,
): void {
  if ((lo & LEAF_MASK) === 0) throw new Error("only a leaf is split");
  const at = 2 * slot;
  const step = childFrames * PFN_STEP;
  if (entries * step <= 2 ** 32) {
    // The frame is a multiple of the leaf's span: all steps stay within the lo word.
    const step32 = step | 0;
    let child = lo | 0;
    const end = (at + 2 * entries) | 0;
    for (let word = at | 0; word < end; word = (word + 2) | 0) {
      words[word] = child;
      words[word + 1] = hi;
      child = (child + step32) | 0;
    }
    return;
  }
  for (let i = 0; i < entries; i++) {
    const offset = i * step;
    words[at + 2 * i] = lo + (offset % 2 ** 32);
    words[at + 2 * i + 1] = hi + Math.floor(offset / 2 ** 32);
  }
}
