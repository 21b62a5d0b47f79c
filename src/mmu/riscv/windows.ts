import { meets } from "../dirtyRuns.js";
import { Regions } from "../flow/regions.js";
import { type LeafSink, TreeDigest } from "../leafLines.js";
import { SegmentIndex } from "../slotLayout.js";
import { TreeCheck } from "./check.js";
import { byLevelArray } from "./counts.js";
import { VALID, WRITE } from "./entry.js";
import { SPAN } from "./geometry.js";
import type { GStage } from "./gstage.js";
import { HOLE, type Layout } from "./layout.js";
import { Populator } from "./populate.js";
import { freeTables, scanLeaves } from "./scan.js";

/** Regions are 1 GiB: no leaf of 1G or less, no step and no word of aligned slots crosses one. */
export const REGION_PAGES = 2 ** 18;
const REGION_LEVEL = 2;

/** What a tree is made of. */
export interface TreeSummary {
  readonly leaves: Float64Array;
  readonly writable: Float64Array;
  tables: number;
  /** Leaves above level 0 that meet a range that is to be split. */
  unsplitBlocks: number;
  unsplitBytes: number;
  /** -1: none. */
  firstUnsplitGfn: number;
  /** null where not asked for. */
  digest: string | null;
}

/**
 * Guest memory in {@link Regions}: each is summed up when it is built, and summed up, checked and
 * let go when it is finished.
 */
export class RegionedGuest extends Regions {
  readonly initial = emptySummary();
  readonly final = emptySummary();
  readonly check: TreeCheck;
  private readonly populator: Populator;
  private readonly segments: SegmentIndex;
  private initialDigest: TreeDigest | null;
  private finalDigest: TreeDigest | null;

  constructor(
    private readonly gstage: GStage,
    private readonly layout: Layout,
    regionPages: number,
    digest: boolean,
    onProgress?: (share: number) => void,
  ) {
    // A word of 64 pages may reach into the next region.
    super(layout.slots, regionPages, true, onProgress);
    this.populator = new Populator(layout.geometry, gstage.mem);
    this.segments = new SegmentIndex(layout, HOLE);
    this.initialDigest = digest ? new TreeDigest(4096, 0) : null;
    this.finalDigest = digest ? new TreeDigest(4096, 0) : null;
    this.check = new TreeCheck(layout, gstage.mem, this.segments);
    if (!this.whole) this.buildAbove();
  }

  /** Sums up, checks and lets go what is still there, and ends the digests. */
  override finishAll(): void {
    super.finishAll();
    this.initial.digest = this.initialDigest?.hex() ?? null;
    this.final.digest = this.finalDigest?.hex() ?? null;
    // What is left are tables above the regions, or the whole tree.
    this.final.tables += this.gstage.mem.tables;
  }

  /**
   * The tables above the regions, all of them: a lookup in a hole goes as deep as in the whole
   * tree.
   */
  private buildAbove(): void {
    for (const { segment } of this.segments.within(0, this.layout.geometry.endGfn)) {
      const span = SPAN[REGION_LEVEL + 1]!;
      if (this.layout.geometry.rootLevel === REGION_LEVEL) break;
      for (let gfn = segment.startGfn; gfn < segment.endGfn; gfn = Math.floor(gfn / span) * span + span) {
        this.populator.tablesTo(gfn, REGION_LEVEL);
      }
    }
    this.initial.tables = this.gstage.mem.tables;
  }

  protected build(from: number, to: number): void {
    const { mem } = this.gstage;
    const before = mem.tables;
    for (const { segment } of this.segments.within(from, to)) this.populator.map(segment, from, to);
    this.initial.tables += mem.tables - before;
    this.sum(this.initial, this.initialDigest, from, to);
  }

  protected finish(from: number, end: number): void {
    const { gstage } = this;
    const to = Math.min(end, gstage.geometry.endGfn);
    this.sum(this.final, this.finalDigest, from, to);
    this.check.range(from, to);
    this.check.strays(this.final.leaves, from, to);
    if (!this.whole) this.final.tables += freeTables(gstage.geometry, gstage.mem, from, to);
  }

  private sum(summary: TreeSummary, digest: TreeDigest | null, from: number, to: number): void {
    const { geometry, mem } = this.gstage;
    scanLeaves(geometry, mem, from, Math.min(to, geometry.endGfn), {
      block: (level, gfn, lo, hi) => {
        summary.leaves[level]!++;
        if ((lo & WRITE) !== 0) summary.writable[level]!++;
        if (this.toBeSplit(gfn, gfn + SPAN[level]!)) {
          summary.unsplitBlocks++;
          summary.unsplitBytes += SPAN[level]! * 4096;
          if (summary.firstUnsplitGfn < 0) summary.firstUnsplitGfn = gfn;
          summary.firstUnsplitGfn = Math.min(summary.firstUnsplitGfn, gfn);
        }
        digest?.block(level, gfn, lo, hi);
      },
      pages: (words, word, gfn, count) => {
        addPages(summary, words, word, count);
        digest?.pages(words, word, gfn, count);
      },
    } satisfies LeafSink);
  }

  /** Whether a range that the work touches meets [start, end). */
  private toBeSplit(start: number, end: number): boolean {
    for (const { spans } of this.segments.within(start, end)) if (meets(spans, start, end)) return true;
    return false;
  }
}

/** Adds `count` entries of a level-0 table to a summary. */
export function addPages(
  summary: Pick<TreeSummary, "leaves" | "writable">,
  words: Uint32Array,
  word: number,
  count: number,
): void {
  const [validBit, writeBit] = [VALID | 0, WRITE | 0];
  const endWord = (word + 2 * count) | 0;
  let valid = 0;
  let writes = 0;
  for (let at = word | 0; at < endWord; at = (at + 2) | 0) {
    const lo = words[at]! | 0;
    valid = (valid + (lo & validBit)) | 0;
    writes = (writes + (lo & writeBit)) | 0;
  }
  summary.leaves[0]! += valid;
  summary.writable[0]! += writes / writeBit;
}

function emptySummary(): TreeSummary {
  return {
    leaves: byLevelArray(),
    writable: byLevelArray(),
    tables: 0,
    unsplitBlocks: 0,
    unsplitBytes: 0,
    firstUnsplitGfn: -1,
    digest: null,
  };
}
