import { PAGE_LEVEL } from "../../../guest/geometry.js";
import type { OnWrong, Trial } from "../../exhaustive/search.js";
import { SmallTree, TOP_PAGES, type TopEntry } from "../../exhaustive/trees.js";
import { faultsIn } from "../../exhaustive/verdict.js";
import type { FrameRange } from "../../flow/slots.js";
import { VALID } from "../descriptor.js";
import { clearSlot, enableSlot } from "../dirtyLog.js";
import type { DirtyWords } from "../dirtyWords.js";
import { type Layout, variantOf } from "../layout.js";
import type { MemorySnapshot } from "../memory.js";
import type { SplitRules } from "../splitRules.js";
import { Stage2, type Stage2Snapshot } from "../stage2.js";
import { FRESH_TABLE, type WalkObserver, type WalkPosition } from "../walkRules.js";
import { buildSmall, SMALL, SMALL_LEAF } from "./geometry.js";
import { BIT, Judge, SMALL_FAULTS } from "./judge.js";

/**
 * A chunk in pages and the pages that the split cache is filled to: the kernel's for that chunk, or
 * more.
 */
export interface ChunkAndCache {
  readonly chunkPages: number;
  readonly cacheCapacity: number;
  /**
   * The split walk is not watched, so that it goes over runs of entries in loops of their own, as
   * everywhere outside of checks.
   */
  readonly byRuns?: true;
}

/**
 * The chunks of the small geometry and the cache that `kvm_mmu_split_nr_page_tables()` (Linux 7.3,
 * arch/arm64/kvm/mmu.c) gives each: a page for each level-1 block that the chunk reaches and one
 * for each level-2 block, rounded up; and the two small chunks with the cache of the largest, where
 * a level-1 block is split down to pages at once, and with one page less.
 */
export const CHUNKS: readonly ChunkAndCache[] = [
  { chunkPages: 1, cacheCapacity: 2 },
  { chunkPages: 1, cacheCapacity: 5 },
  { chunkPages: 4, cacheCapacity: 2 },
  { chunkPages: 4, cacheCapacity: 4 },
  { chunkPages: 16, cacheCapacity: 5 },
  { chunkPages: 16, cacheCapacity: 5, byRuns: true },
];

/**
 * What is done to a tree: enable over one range; or clear, a word after the other, each
 * write-protected and split on its own.
 */
export interface Work {
  readonly mode: "enable" | "clear";
  /** In frames, ascending: the range, or first to last set bit of each word that has one. */
  readonly spans: readonly (readonly [start: number, end: number])[];
}

/** A combination that was found wrong. */
export interface WrongCase {
  readonly work: Work;
  readonly chunk: ChunkAndCache;
}

/** One stage-2 with one chunk and cache, put back to the same tree again and again. */
class Bench implements WalkObserver {
  readonly stage2: Stage2;
  private readings = 0;
  /** Breaks by level, and blocks of level 1 that became blocks of level 2. */
  private readonly breaks = new Uint8Array(4);
  private partial = 0;
  private readonly tlbis = new Float64Array(4);
  private wrongTlbis = 0;
  private allocated = 0;
  private toppedUp = 0;
  private inspectedBefore = 0;
  private flushes = 0;
  /**
   * TLBIs by IPA issued, and barriers, at the last break and at the last time that mmu_lock was
   * dropped; breaks since then.
   */
  private issued = 0;
  private barriers = 0;
  private unordered = 0;

  constructor(
    readonly chunk: ChunkAndCache,
    readonly rules: SplitRules,
    makeStage2: MakeStage2,
  ) {
    const layout: Layout = {
      geometry: SMALL,
      leaf: SMALL_LEAF,
      slots: [],
      notes: [],
      mode: "enable",
      chunkPages: chunk.chunkPages,
      cacheCapacity: chunk.cacheCapacity,
      ...variantOf({}, chunk.chunkPages),
    };
    this.stage2 = makeStage2(layout, rules);
    if (chunk.byRuns !== true) this.stage2.splitWalker.observer = this;
    this.stage2.splitVisitor.onBreak = (level, gfn) => this.broke(level, gfn);
    this.stage2.otherParty = () => this.lockDropped();
  }

  /** Entries that the split walk has read since {@link reset}. */
  get inspectedEntries(): number {
    return this.stage2.splitWalker.inspected - this.inspectedBefore;
  }

  /** When a block's TLBI is issued its entry is invalid, or others could read it again. */
  private broke(level: number, gfn: number): void {
    const { mem, counts } = this.stage2;
    this.breaks[level]!++;
    this.unordered++;
    const { ipas2e1is } = counts.maintenance;
    if (ipas2e1is - this.issued !== 1) this.readings |= BIT["tlbi-not-one"];
    this.issued = ipas2e1is;
    let slot = Math.floor(gfn / TOP_PAGES);
    if (level === 2) {
      const table = mem.childOf(mem.words[2 * slot]!, mem.words[2 * slot + 1]!);
      slot = table * SMALL.entries + (Math.floor(gfn / SMALL.spanPages[2]!) & (SMALL.entries - 1));
    }
    if ((mem.words[2 * slot]! & VALID) !== 0) this.readings |= BIT["tlbi-before-break"];
  }

  /**
   * Whoever takes the lock next relies on the tables that were linked: a barrier more than the
   * TLBIs bring.
   */
  private lockDropped(): void {
    const { dsbIshst } = this.stage2.counts.maintenance;
    if (this.unordered > 0 && dsbIshst - this.barriers <= this.unordered) this.readings |= BIT["no-barrier"];
    this.barriers = dsbIshst;
    this.unordered = 0;
  }

  /** One ioctl. */
  do({ mode, spans }: Work, words: SpanWords): void {
    if (mode === "enable") {
      const [[startGfn, endGfn]] = spans as [readonly [number, number]];
      enableSlot(this.stage2, { startGfn, endGfn }, (work) => work(startGfn, endGfn));
    } else {
      words.begin(spans);
      clearSlot(this.stage2, ONE_TOP, words, true, (work) => work(ONE_TOP.startGfn, ONE_TOP.endGfn));
    }
  }

  inspected(at: WalkPosition): void {
    const { addr, entryGfn, span } = at;
    if (addr >= entryGfn && addr < entryGfn + span) return;
    const table = entryGfn - at.index * span;
    this.readings |=
      addr < table || addr >= table + span * SMALL.entries ? BIT["read-after-leave"] : BIT["read-beside-address"];
  }

  decided(at: WalkPosition): void {
    if (at.level === 1 && at.fresh === FRESH_TABLE) this.partial++;
  }

  /** Puts the tree back. Counters go on: only what a run adds is looked at. */
  reset(snapshot: Stage2Snapshot): void {
    const { stage2 } = this;
    const { counts } = stage2;
    stage2.mem.restore(snapshot.mem);
    if (snapshot.marks !== null) stage2.marks?.restore(snapshot.marks);
    stage2.cache.objects = 0;
    counts.returnCode = 0;
    this.readings = this.partial = 0;
    this.breaks.fill(0);
    this.tlbis.set(counts.tlbi);
    this.wrongTlbis = sum(counts.tlbiWrongIpa);
    this.allocated = counts.tablesAllocated;
    this.toppedUp = counts.topupPages;
    this.inspectedBefore = stage2.splitWalker.inspected;
    this.flushes = counts.flushMemslot;
    this.issued = counts.maintenance.ipas2e1is;
    this.barriers = counts.maintenance.dsbIshst;
    this.unordered = 0;
  }

  /**
   * What is wrong with the way there, once the tree has been judged. @param tablesBefore of the
   * tree that was put back
   */
  verdict(tree: SmallTree, judge: Judge, tablesBefore: number): number {
    const { stage2 } = this;
    const { counts } = stage2;
    let verdict = this.readings;
    if (counts.returnCode !== 0) verdict |= BIT["error-returned"];
    // Each block that is gone was broken once, with one TLBI at its own level (none where the
    // scenario says that none is needed).
    for (let level = 1; level < PAGE_LEVEL; level++) {
      const made = level === 1 ? 0 : this.partial * SMALL.entries;
      const gone = tree.blocks[PAGE_LEVEL - level]! + made - judge.blocksLeft[level]!;
      const tlbis = counts.tlbi[level]! - this.tlbis[level]!;
      if (gone !== this.breaks[level] || (stage2.layout.bbm === 2 ? 0 : gone) !== tlbis) verdict |= BIT["tlbi-not-one"];
    }
    if (counts.tlbi[PAGE_LEVEL] !== this.tlbis[PAGE_LEVEL]) verdict |= BIT["tlbi-not-one"];
    if (sum(counts.tlbiWrongIpa) !== this.wrongTlbis) verdict |= BIT["tlbi-wrong-ipa"];
    const allocated = counts.tablesAllocated - this.allocated;
    const toppedUp = counts.topupPages - this.toppedUp;
    const { objects, capacity } = stage2.cache;
    if (stage2.mem.tables - tablesBefore !== allocated || toppedUp !== allocated + objects)
      verdict |= BIT["tables-unaccounted"];
    if (objects < 0 || objects > capacity) verdict |= BIT["tables-unaccounted"];
    if (counts.flushMemslot - this.flushes !== 1) verdict |= BIT["not-flushed"];
    return verdict;
  }
}

function sum(values: Float64Array): number {
  return values[1]! + values[2]! + values[3]!;
}

/** What a clear of one top entry is given: the slot, and its words one by one. */
const ONE_TOP: FrameRange = { startGfn: 0, endGfn: TOP_PAGES };

class SpanWords implements DirtyWords {
  startGfn = 0;
  endGfn = 0;
  private spans: Work["spans"] = [];
  private at = 0;

  begin(spans: Work["spans"]): void {
    this.spans = spans;
    this.at = 0;
  }

  next(): boolean {
    const span = this.spans[this.at++];
    if (span === undefined) return false;
    [this.startGfn, this.endGfn] = span;
    return true;
  }
}

/** Makes the stage-2 that a strategy is tried on; tests hand in one with a fault. */
export type MakeStage2 = (layout: Layout, rules: SplitRules) => Stage2;

/** Tries one strategy on trees, one after the other, each with every work, chunk and cache. */
export class Session implements Trial<readonly TopEntry[], WrongCase> {
  private readonly benches: readonly Bench[];
  private readonly tree = new SmallTree();
  private readonly judge = new Judge(this.tree);
  private readonly empty: MemorySnapshot;
  private readonly words = new SpanWords();

  constructor(
    rules: SplitRules,
    /** What is done to a tree of one top entry, and to one of two. */
    private readonly works: readonly [readonly Work[], readonly Work[]],
    makeStage2: MakeStage2 = (layout, given) => new Stage2(layout, given),
  ) {
    this.benches = CHUNKS.map((chunk) => new Bench(chunk, rules, makeStage2));
    this.empty = { words: new Uint32Array(2 * SMALL.entries), used: 1, free: [] };
  }

  /** How many combinations a tree is tried with. */
  static combinations(works: readonly [readonly Work[], readonly Work[]], tops: readonly TopEntry[]): number {
    return works[tops.length === 1 ? 0 : 1].length * CHUNKS.length;
  }

  /** Tries a tree, given as its top entries from frame 0 on. */
  try(tops: readonly TopEntry[], onWrong: OnWrong<WrongCase>): number {
    const { tree, judge, benches } = this;
    const frames = tops.length * TOP_PAGES;
    tree.set(tops);
    const first = (benches[0] as Bench).stage2;
    first.mem.restore(this.empty);
    buildSmall(tops, first.mem, first.marks);
    const snapshot = first.snapshot();
    const tables = first.mem.tables;
    let combination = 0;
    let inspected = 0;
    for (const work of this.works[tops.length === 1 ? 0 : 1]) {
      judge.begin(frames);
      for (const [start, end] of work.spans) judge.touch(start, end);
      for (const bench of benches) {
        bench.reset(snapshot);
        bench.do(work, this.words);
        let wrong =
          judge.judge(bench.stage2, bench.chunk.chunkPages > 0, bench.chunk.cacheCapacity >= 5) |
          bench.verdict(tree, judge, tables);
        // The one before has the same chunk and cache, and is watched.
        if (bench.chunk.byRuns === true && bench.inspectedEntries !== inspected) wrong |= BIT["runs-differ"];
        inspected = bench.inspectedEntries;
        if (wrong !== 0) onWrong(faultsIn(SMALL_FAULTS, wrong), combination, { work, chunk: bench.chunk });
        combination++;
      }
    }
    return combination;
  }
}
