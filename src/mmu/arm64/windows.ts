import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatAddress } from "../../guest/sizes.js";
import { newTally, type Tally } from "../counters.js";
import { Regions } from "../flow/regions.js";
import { type LeafSink, TreeDigest } from "../leafLines.js";
import { SegmentIndex } from "../slotLayout.js";
import { TreeCheck } from "./check.js";
import { TREE_COUNTERS } from "./counters.js";
import { LEVELS } from "./counts.js";
import { HOLE } from "./layout.js";
import { countValid } from "./memory.js";
import { freeTables, scanLeaves } from "./scan.js";
import type { Stage2 } from "./stage2.js";

/**
 * Regions are 1 GiB: a multiple of every block size of every granule, so that no block, chunk or
 * step crosses one.
 */
export const REGION_BYTES = 2 ** 30;

/** What a tree is made of; the digest is null where it was not asked for. */
export type TreeSummary = Tally<typeof TREE_COUNTERS>;

/**
 * Guest memory in {@link Regions}: each is summed up when it is built, and summed up, checked and
 * let go when it is finished.
 */
export class RegionedGuest extends Regions {
  readonly initial: TreeSummary = newTally(TREE_COUNTERS, LEVELS);
  readonly final: TreeSummary = newTally(TREE_COUNTERS, LEVELS);
  readonly check: TreeCheck;
  private readonly segments: SegmentIndex;
  private initialDigest: TreeDigest | null;
  private finalDigest: TreeDigest | null;

  constructor(
    private readonly stage2: Stage2,
    regionPages: number,
    digest: boolean,
    onProgress?: (share: number) => void,
  ) {
    const { layout } = stage2;
    super(layout.slots, regionPages, false, onProgress);
    this.segments = new SegmentIndex(layout, HOLE);
    stage2.populator.ahead = this.whole ? null : { regionPages, segments: this.segments };
    this.initialDigest = digest ? new TreeDigest(layout.geometry.pageBytes, PAGE_LEVEL) : null;
    this.finalDigest = digest ? new TreeDigest(layout.geometry.pageBytes, PAGE_LEVEL) : null;
    this.check = new TreeCheck(layout, stage2.mem, this.segments);
  }

  /** Sums up, checks and lets go what is still there, and ends the digests. */
  override finishAll(): void {
    super.finishAll();
    this.initial.digest = this.initialDigest?.hex() ?? null;
    this.final.digest = this.finalDigest?.hex() ?? null;
    // What is left are tables above the regions.
    this.final.tables += this.stage2.mem.tables;
  }

  protected build(from: number, to: number): void {
    const { stage2 } = this;
    const before = stage2.mem.tables;
    stage2.populator.mapAbove(from);
    for (const { segment } of this.segments.within(from, to)) stage2.populator.map(segment, from, to);
    this.initial.tables += stage2.mem.tables - before;
    this.sum(this.initial, this.initialDigest, from, to);
  }

  protected finish(from: number, end: number): void {
    const { stage2 } = this;
    const to = Math.min(end, stage2.geometry.endGfn);
    this.sum(this.final, this.finalDigest, from, to);
    this.check.range(from, to);
    this.check.strays(this.final.leaves, from, to);
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
}
