import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatAddress } from "../../guest/sizes.js";
import { newTally, type Tally } from "../counters.js";
import { type TouchedSpans, TreeCheck } from "./check.js";
import { TREE_COUNTERS } from "./counters.js";
import { LEVELS } from "./counts.js";
import { TreeDigest } from "./digest.js";
import type { Windows } from "./dirtyLog.js";
import { dirtySpans } from "./dirtyWords.js";
import type { Layout, SlotLayout } from "./layout.js";
import { countValid } from "./memory.js";
import { freeTables, type LeafSink, scanLeaves } from "./scan.js";
import { SegmentIndex } from "./segmentIndex.js";
import type { Stage2 } from "./stage2.js";

/** Regions are 1 GiB: a multiple of every block size of every granule, so that no block, chunk or step crosses one. */
export const REGION_BYTES = 2 ** 30;

/** What a tree is made of; the digest is null where it was not asked for. */
export type TreeSummary = Tally<typeof TREE_COUNTERS>;

/**
 * Guest memory that comes and goes region by region: a region is built when a window first needs it, and summed up, checked and
 * let go when the last slot that has a part in it is done. So the memory that is needed does not grow with the guest.
 *
 * With `regionPages` Infinity there is one region, and the whole tree is kept to the end.
 */
export class RegionedGuest {
  readonly initial: TreeSummary = newTally(TREE_COUNTERS, LEVELS);
  readonly final: TreeSummary = newTally(TREE_COUNTERS, LEVELS);
  readonly check: TreeCheck;
  private readonly pending = new Map<number, number>();
  private readonly built = new Set<number>();
  private readonly pages: number;
  private pagesDone = 0;
  private readonly segments: SegmentIndex;
  private initialDigest: TreeDigest | null;
  private finalDigest: TreeDigest | null;

  constructor(
    private readonly stage2: Stage2,
    private readonly regionPages: number,
    digest: boolean,
    private readonly onProgress?: (share: number) => void,
  ) {
    const { layout } = stage2;
    this.segments = new SegmentIndex(layout);
    this.pages = layout.slots.reduce((sum, { startGfn, endGfn }) => sum + endGfn - startGfn, 0);
    stage2.populator.ahead = this.whole ? null : { regionPages, segments: this.segments };
    this.initialDigest = digest ? new TreeDigest(layout.geometry) : null;
    this.finalDigest = digest ? new TreeDigest(layout.geometry) : null;
    this.check = new TreeCheck(
      layout,
      stage2.mem,
      layout.slots.map((slot) => touchedSpans(layout, slot)),
      this.segments,
    );
    for (const slot of layout.slots) {
      for (const region of this.regionsOf(slot.startGfn, slot.endGfn)) {
        this.pending.set(region, (this.pending.get(region) ?? 0) + 1);
      }
    }
  }

  /** Builds everything now; for guests whose whole tree is kept. */
  buildAll(): void {
    for (const region of [...this.pending.keys()].sort((a, b) => a - b)) this.build(region);
  }

  /** For the phases: the windows of a slot, each built before it is worked on. */
  readonly windows: Windows = (slot, work) => {
    for (const region of this.regionsOf(slot.startGfn, slot.endGfn)) {
      const start = Math.max(slot.startGfn, this.startOf(region));
      const end = Math.min(slot.endGfn, this.startOf(region + 1));
      this.build(region);
      work(start, end);
      const left = this.pending.get(region)! - 1;
      this.pending.set(region, left);
      if (left === 0) this.finish(region);
      this.pagesDone += end - start;
      this.onProgress?.(this.pagesDone / this.pages);
    }
  };

  /** Sums up, checks and lets go what is still there, and ends the digests. */
  finishAll(): void {
    for (const region of [...this.built].sort((a, b) => a - b)) this.finish(region);
    this.initial.digest = this.initialDigest?.hex() ?? null;
    this.final.digest = this.finalDigest?.hex() ?? null;
    // What is left are tables above the regions.
    this.final.tables += this.stage2.mem.tables;
  }

  private build(region: number): void {
    if (this.built.has(region) || !this.pending.has(region)) return;
    this.built.add(region);
    const { stage2 } = this;
    const before = stage2.mem.tables;
    const from = this.startOf(region);
    const to = this.startOf(region + 1);
    stage2.populator.mapAbove(from);
    const { segments } = this.segments;
    for (let i = this.segments.firstEndingAfter(from); i < segments.length && segments[i]!.startGfn < to; i++) {
      stage2.populator.map(segments[i]!, from, to);
    }
    this.initial.tables += stage2.mem.tables - before;
    this.sum(this.initial, this.initialDigest, from, to);
  }

  private finish(region: number): void {
    const { stage2 } = this;
    const from = this.startOf(region);
    const to = Math.min(this.startOf(region + 1), stage2.geometry.endGfn);
    this.sum(this.final, this.finalDigest, from, to);
    this.check.range(from, to);
    this.built.delete(region);
    this.pending.delete(region);
    if (!this.whole) {
      this.final.tables += freeTables(stage2.geometry, stage2.mem, from, to);
    }
  }

  private sum(summary: TreeSummary, digest: TreeDigest | null, from: number, to: number): void {
    const { geometry, mem } = this.stage2;
    let firstBlock = summary.firstUnsplitIpa === null ? Number.POSITIVE_INFINITY : Number(summary.firstUnsplitIpa);
    const sink: LeafSink = {
      block: (level, gfn, lo, hi) => {
        summary.leaves[level]!++;
        summary.unsplitBlocks++;
        summary.unsplitBytes += geometry.spanPages[level]! * geometry.pageBytes;
        firstBlock = Math.min(firstBlock, gfn * geometry.pageBytes);
        digest?.block(level, gfn, lo, hi);
      },
      pages: (words, word, gfn, count) => {
        summary.leaves[PAGE_LEVEL]! += countValid(words, word, count);
        digest?.pages(words, word, gfn, count);
      },
    };
    scanLeaves(geometry, mem, from, Math.min(to, geometry.endGfn), sink);
    if (firstBlock !== Number.POSITIVE_INFINITY) summary.firstUnsplitIpa = formatAddress(firstBlock);
  }

  private get whole(): boolean {
    return this.regionPages === Number.POSITIVE_INFINITY;
  }

  private startOf(region: number): number {
    if (this.whole) return region === 0 ? 0 : Number.POSITIVE_INFINITY;
    return region * this.regionPages;
  }

  private *regionsOf(start: number, end: number): Generator<number> {
    if (this.whole) {
      yield 0;
      return;
    }
    for (let region = Math.floor(start / this.regionPages); region * this.regionPages < end; region++) yield region;
  }
}

/** What the work touches of a slot: all of it, or the spans of its masks. */
function touchedSpans(layout: Layout, slot: SlotLayout): TouchedSpans {
  return layout.mode === "enable" || slot.dirty === null ? null : dirtySpans(slot, slot.dirty);
}
