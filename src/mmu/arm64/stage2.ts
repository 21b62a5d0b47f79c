import type { Geometry } from "../../guest/geometry.js";
import type { FrameRange } from "../flow/slots.js";
import { newStage2Counts, resetStage2Counts } from "./counts.js";
import type { Layout } from "./layout.js";
import { Maintenance } from "./maintenance.js";
import { BlockMarks, type MarksSnapshot } from "./marks.js";
import { type MemorySnapshot, TableMemory } from "./memory.js";
import { Populator } from "./populate.js";
import { AskingSplitVisitor, type SplitCache, SplitVisitor } from "./split.js";
import type { SplitRules } from "./splitRules.js";
import type { StoreListener } from "./storeListener.js";
import { Walker } from "./walk.js";
import type { WalkObserver } from "./walkRules.js";
import { WRITE_PROTECT_RULES, WriteProtectVisitor } from "./writeProtect.js";

/** A walk that is watched goes entry by entry, so that each of its stores is told. */
const ENTRY_BY_ENTRY: WalkObserver = { inspected: () => {}, decided: () => {} };

/**
 * One VM's stage-2 tree under one strategy: the tables, what they are driven with, and what was
 * counted.
 */
export class Stage2 {
  readonly geometry: Geometry;
  readonly mem: TableMemory;
  readonly marks: BlockMarks | null;
  readonly counts = newStage2Counts();
  readonly cache: SplitCache;
  readonly populator: Populator;
  readonly splitVisitor: SplitVisitor;
  readonly writeProtectVisitor: WriteProtectVisitor;
  readonly writeProtectWalker: Walker;
  readonly splitWalker: Walker;
  /**
   * Another party, called wherever mmu_lock may be dropped: it may change the tree. `at`: frame
   * that the work goes on from, -1 at its end.
   */
  otherParty: ((at: number) => void) | null = null;
  /** Set by {@link listen}. */
  listener: StoreListener | null = null;
  readonly maintenance: Maintenance;
  /** What was inspected up to the last point where mmu_lock may have been dropped. */
  private inspectedBefore = 0;

  constructor(
    readonly layout: Layout,
    readonly rules: SplitRules,
  ) {
    const geometry = layout.geometry;
    this.geometry = geometry;
    this.mem = new TableMemory(geometry);
    this.marks = rules.marks ? new BlockMarks(this.mem) : null;
    this.cache = { objects: 0, capacity: layout.cacheCapacity };
    this.populator = new Populator(geometry, layout.leaf, this.mem, this.marks);
    const counts = this.counts;
    const writeProtect = new WriteProtectVisitor(counts.writeProtect);
    this.writeProtectVisitor = writeProtect;
    this.writeProtectWalker = new Walker(geometry, this.mem, WRITE_PROTECT_RULES, writeProtect, counts.writeProtect);
    this.maintenance = new Maintenance(counts.maintenance, layout.cpu, geometry.lpa2 ? geometry.pageBytes : null);
    const Splitting = rules.afterPages === undefined ? SplitVisitor : AskingSplitVisitor;
    this.splitVisitor = new Splitting(
      geometry,
      this.mem,
      counts,
      this.cache,
      this.marks,
      this.maintenance,
      rules,
      layout,
    );
    this.splitWalker = new Walker(geometry, this.mem, rules, this.splitVisitor, counts.split);
  }

  /**
   * Has all that is done with the tree told. Call it before the work; the walks then take the slow
   * way.
   */
  listen(listener: StoreListener): void {
    this.listener = listener;
    this.writeProtectVisitor.listener = listener;
    this.splitVisitor.listener = listener;
    if (this.marks !== null) this.marks.listener = listener;
    this.writeProtectWalker.observer ??= ENTRY_BY_ENTRY;
  }

  /**
   * Write-protects [start, end), in frames, in steps that end at absolute multiples of 1G, 32M or
   * 512M; each step is one walk, and mmu_lock may be dropped between two of them. The caller counts
   * the range: a window may be a part of one.
   *
   * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `stage2_apply_range_resched()`.
   */
  writeProtect(start: number, end: number): void {
    const step = this.geometry.resetStepPages;
    for (let at = start; at < end; ) {
      if (at > start) this.mayDropLock(at);
      const stop = Math.min(end, Math.floor(at / step) * step + step);
      this.counts.writeProtectWalks++;
      this.writeProtectWalker.walk(at, stop);
      at = stop;
    }
  }

  /**
   * Splits [start, end), in frames, chunk by chunk; nothing with chunk 0. Chunks end at absolute
   * multiples of the chunk size. Before each one the cache is topped up to its capacity if it holds
   * less, with mmu_lock dropped; the check comes even where nothing needs splitting. The first
   * error ends it, and is kept. The caller counts the call.
   *
   * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_mmu_split_huge_pages()`;
   * arch/arm64/kvm/hyp/pgtable.c, `kvm_pgtable_stage2_split()`.
   */
  split(start: number, end: number): void {
    const { layout, counts, cache } = this;
    const { chunkPages, dsb } = layout;
    if (chunkPages === 0) return;
    const { beforeWalk } = this.rules;
    for (let at = start; at < end; ) {
      this.mayDropLock(at);
      if (cache.objects < cache.capacity) {
        counts.topups++;
        counts.lockDrops++;
        counts.topupPages += cache.capacity - cache.objects;
        cache.objects = cache.capacity;
        if (this.listener !== null) {
          this.listener.unlock();
          this.listener.lock();
        }
      }
      const stop = Math.min(end, Math.floor(at / chunkPages) * chunkPages + chunkPages);
      counts.splitWalks++;
      if (beforeWalk !== undefined) beforeWalk(at, stop);
      const { tablesAllocated } = counts;
      const code = this.splitWalker.walk(at, stop);
      if (dsb === "per-call" || (dsb === "per-change" && counts.tablesAllocated !== tablesAllocated)) {
        this.maintenance.storesDone();
      }
      if (code !== 0) {
        if (counts.returnCode === 0) counts.returnCode = code;
        return;
      }
      at = stop;
    }
  }

  /**
   * mmu_lock may be dropped here, or is taken: what was inspected since the last such point was one
   * stretch.
   *
   * @param at see {@link otherParty}
   */
  mayDropLock(at = -1): void {
    const inspected = this.inspectedSoFar();
    const stretch = inspected - this.inspectedBefore;
    if (stretch > this.counts.longestHold) this.counts.longestHold = stretch;
    this.inspectedBefore = inspected;
    if (this.otherParty !== null) this.otherParty(at);
  }

  /** By the walks, and by the nested walks that fill new tables. */
  private inspectedSoFar(): number {
    const filled = this.counts.tablesAllocated * this.geometry.entries;
    return this.writeProtectWalker.inspected + this.splitWalker.inspected + filled;
  }

  /** One flush of a slot (kernel: `kvm_flush_remote_tlbs_memslot()`). */
  flushSlot({ startGfn, endGfn }: FrameRange): void {
    const { counts } = this;
    counts.flushMemslot++;
    const ranges = this.maintenance.flush(startGfn, endGfn - startGfn);
    counts.flushRangeCalls += ranges;
    if (ranges === 0) counts.flushVmidAll++;
  }

  /** Begins to count anew. */
  resetCounts(): void {
    resetStage2Counts(this.counts);
    this.inspectedBefore = this.inspectedSoFar();
  }

  snapshot(): Stage2Snapshot {
    return { mem: this.mem.snapshot(), marks: this.marks?.snapshot() ?? null };
  }

  /** Lays a snapshot down again, with counters and cache as at the start. */
  restore(snapshot: Stage2Snapshot): void {
    this.mem.restore(snapshot.mem);
    if (snapshot.marks !== null) this.marks!.restore(snapshot.marks);
    this.resetCounts();
    this.splitVisitor.firstWrongTlbi = null;
    this.cache.objects = 0;
  }
}

export interface Stage2Snapshot {
  readonly mem: MemorySnapshot;
  readonly marks: MarksSnapshot | null;
}
