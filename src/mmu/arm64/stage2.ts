import type { Geometry } from "../../guest/geometry.js";
import { newStage2Counts, resetStage2Counts } from "./counts.js";
import type { Layout } from "./layout.js";
import { BlockMarks, type MarksSnapshot } from "./marks.js";
import { type MemorySnapshot, TableMemory } from "./memory.js";
import { Populator } from "./populate.js";
import { type SplitCache, SplitVisitor, splitChunks } from "./split.js";
import type { SplitRules } from "./splitRules.js";
import type { StoreListener } from "./storeListener.js";
import { Walker, type WalkObserver } from "./walk.js";
import { WRITE_PROTECT_RULES, WriteProtectVisitor, writeProtectSteps } from "./writeProtect.js";

/** A walk that is watched goes entry by entry, so that each of its stores is told. */
const ENTRY_BY_ENTRY: WalkObserver = { inspected: () => {}, decided: () => {} };

/** One VM's stage-2 tree under one strategy: the tables, what they are driven with, and what was counted. */
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
  /** Set by {@link listen}. */
  listener: StoreListener | null = null;

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
    const { afterVisit } = rules;
    const bbm2 = layout.bbm === 2;
    this.splitVisitor = new SplitVisitor(geometry, this.mem, counts, this.cache, this.marks, afterVisit, bbm2);
    this.splitWalker = new Walker(geometry, this.mem, rules, this.splitVisitor, counts.split);
  }

  /** Has all that is done with the tree told. Call it before the work; the walks then take the slow way. */
  listen(listener: StoreListener): void {
    this.listener = listener;
    this.writeProtectVisitor.listener = listener;
    this.splitVisitor.listener = listener;
    if (this.marks !== null) this.marks.listener = listener;
    this.writeProtectWalker.observer ??= ENTRY_BY_ENTRY;
  }

  /** Write-protects [start, end), in frames. The caller counts the range: a window may be a part of one. */
  writeProtect(start: number, end: number): void {
    writeProtectSteps(this.writeProtectWalker, this.counts, start, end);
  }

  /** Splits [start, end), in frames; nothing with chunk 0. The caller counts the call. Keeps the first error. */
  split(start: number, end: number): void {
    const { layout, counts } = this;
    if (layout.chunkPages === 0) return;
    const beforeWalk = this.rules.beforeWalk;
    const code = splitChunks(
      this.splitWalker,
      counts,
      this.cache,
      layout.chunkPages,
      start,
      end,
      beforeWalk,
      this.listener,
    );
    if (counts.returnCode === 0) counts.returnCode = code;
  }

  /** One flush of a slot, in pieces of 2^21 granule pages (kernel: `kvm_tlb_flush_vmid_range()`, MAX_TLBI_RANGE_PAGES). */
  flushSlot(pages: number): void {
    this.counts.flushMemslot++;
    this.counts.flushRangeCalls += Math.ceil(pages / 2 ** 21);
  }

  snapshot(): Stage2Snapshot {
    return { mem: this.mem.snapshot(), marks: this.marks?.snapshot() ?? null };
  }

  /** Lays a snapshot down again, with counters and cache as at the start. */
  restore(snapshot: Stage2Snapshot): void {
    this.mem.restore(snapshot.mem);
    if (snapshot.marks !== null) this.marks!.restore(snapshot.marks);
    resetStage2Counts(this.counts);
    this.cache.objects = 0;
  }
}

export interface Stage2Snapshot {
  readonly mem: MemorySnapshot;
  readonly marks: MarksSnapshot | null;
}
