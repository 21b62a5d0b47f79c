import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import { meets, type Run, spansMeeting } from "../dirtyRuns.js";
import type { SegmentIndex } from "../slotLayout.js";
import { type TreeFault, TreeFaults } from "../treeFaults.js";
import { S2AP_WRITE, TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { Layout, SegmentLayout } from "./layout.js";
import type { LeafFormat } from "./leafFormat.js";
import type { TableMemory } from "./memory.js";
import { scanLeaves } from "./scan.js";

type FaultCode =
  | TreeFault
  /** A descriptor was left in the middle of break-before-make. */
  | "left-locked"
  /** A table that is linked at more than one place. */
  | "table-linked-twice";

/**
 * Why a block is unsplit: the walk never came to it, or it was made by splitting a larger one (the
 * cache being too small for the whole subtree) and then not entered.
 */
export type UnsplitCause = "passed-over" | "left-in-new-table";

/**
 * Holds a finished tree against the layout it was made from: every page that was mapped is mapped
 * once, to the same output address with the same attributes; write permission is gone exactly where
 * it was to go; every block that a touched span meets is split down to pages. With a cache too
 * small for a level-1 block, that block becomes level-2 blocks, and only those of them that a span
 * meets must be split: baseline leaves the others too. It knows nothing of strategies, and needs no
 * second tree.
 */
export class TreeCheck {
  readonly faults: TreeFaults<FaultCode>;
  /** Leaves that belong where they are, by level. */
  private readonly matched = new Float64Array(4);
  /** The fault "unsplit-block" by cause. */
  readonly unsplit: TreeFaults<UnsplitCause>;
  private readonly geometry: Geometry;
  private readonly leafFormat: LeafFormat;
  /** The cache is too small for the whole subtree of a level-1 block. */
  private readonly shortCache: boolean;
  private segment!: SegmentLayout;
  private spans: readonly Run[] = [];

  constructor(
    private readonly layout: Layout,
    private readonly mem: TableMemory,
    private readonly segments: SegmentIndex,
  ) {
    this.geometry = layout.geometry;
    this.leafFormat = layout.leaf;
    this.faults = new TreeFaults(layout.geometry.pageBytes);
    this.unsplit = new TreeFaults(layout.geometry.pageBytes);
    // The kernel's cache for a chunk holds it from the chunk on that is such a block; what the
    // layout says of the cache is what is checked.
    this.shortCache = layout.chunkPages < layout.geometry.spanPages[1]!;
  }

  /** Checks what lies in [from, to), in frames: multiples of every block size. */
  range(from: number, to: number): void {
    for (const { segment, spans } of this.segments.within(from, to)) {
      this.segment = segment;
      this.spans = spans;
      this.pieces(segment, Math.max(from, segment.startGfn), Math.min(to, segment.endGfn), spans);
    }
  }

  /**
   * Looks in [from, to), in frames, for leaves where nothing is to be mapped, if there are other
   * numbers of leaves than belong there.
   *
   * @param leaves that there are by level, in all that was checked
   */
  strays(leaves: ArrayLike<number>, from: number, to: number): void {
    if (this.matched.every((count, level) => count === leaves[level])) return;
    const { geometry, mem } = this;
    scanLeaves(geometry, mem, from, to, {
      block: (level, gfn) => this.stray(gfn, geometry.spanPages[level]!, level),
      pages: (words, word, gfn, count) => {
        for (let i = 0; i < count; i++) if ((words[word + 2 * i]! & VALID) !== 0) this.stray(gfn + i, 1, PAGE_LEVEL);
      },
    });
  }

  private stray(gfn: number, pages: number, level: number): void {
    if (!this.segments.hasWithin(gfn, gfn + pages)) this.faults.add("stray-mapping", gfn, pages, level);
  }

  /**
   * Cuts [start, end) where what is expected changes: a span reaches to the ends of the leaves that
   * it meets.
   */
  private pieces(segment: SegmentLayout, start: number, end: number, spans: readonly Run[]): void {
    let at = start;
    for (const [first, last] of spansMeeting(spans, start, end)) {
      const from = Math.max(
        at,
        Math.max(start, naturalLeaf(this.geometry, segment, Math.max(first, segment.startGfn))[0]),
      );
      const to = Math.min(end, naturalLeaf(this.geometry, segment, Math.min(last, segment.endGfn) - 1)[1]);
      if (to <= at) continue;
      if (from > at) this.piece(segment, at, from, false);
      this.piece(segment, from, to, true);
      at = to;
    }
    // A span that lies before `start` may meet the leaf that `start` is in the middle of only if
    // leaves crossed windows; none does.
    if (at < end) this.piece(segment, at, end, false);
  }

  private piece(segment: SegmentLayout, start: number, end: number, touched: boolean): void {
    const writable = !segment.writeProtected && !touched;
    const mustSplit = touched && this.layout.chunkPages !== 0;
    const rootSpan = this.geometry.spanPages[this.geometry.startLevel]! * this.geometry.entries;
    for (let root = Math.floor(start / rootSpan); root * rootSpan < end; root++) {
      this.table(this.geometry.startLevel, root, root * rootSpan, start, end, writable, mustSplit);
    }
  }

  private table(
    level: number,
    page: number,
    tableGfn: number,
    start: number,
    end: number,
    writable: boolean,
    mustSplit: boolean,
  ): void {
    const { geometry, mem } = this;
    const span = geometry.spanPages[level]!;
    const first = Math.max(0, Math.floor((start - tableGfn) / span));
    const last = Math.min(geometry.entries, Math.ceil((end - tableGfn) / span));
    const words = mem.words;
    if (level === PAGE_LEVEL) {
      this.pages(words, 2 * (page * geometry.entries + first), tableGfn + first, last - first, writable);
      return;
    }
    for (let index = first; index < last; index++) {
      const word = 2 * (page * geometry.entries + index);
      const lo = words[word]!;
      const hi = words[word + 1]!;
      const gfn = tableGfn + index * span;
      if ((lo & VALID) === 0) {
        const from = Math.max(start, gfn);
        this.faults.add(hi === 0 ? "lost-coverage" : "left-locked", from, Math.min(end, gfn + span) - from, level);
      } else if ((lo & TYPE_MASK) === TABLE_OR_PAGE) {
        this.table(level + 1, mem.childOf(lo, hi), gfn, start, end, writable, mustSplit);
      } else {
        this.matched[level]!++;
        this.leaf(level, gfn, lo, hi, writable);
        if (gfn < start || gfn + span > end) this.faults.add("stray-mapping", gfn, span, level);
        if (mustSplit && (!this.shortCache || meets(this.spans, gfn, gfn + span))) this.addUnsplit(gfn, span, level);
      }
    }
  }

  private pages(words: Uint32Array, word: number, gfn: number, count: number, writable: boolean): void {
    for (let done = 0; done < count; ) {
      const next = this.leafFormat.sameHigh(gfn + done, count - done);
      this.pageRun(words, word + 2 * done, gfn + done, next, writable);
      done += next;
    }
  }

  /** The loop looks for any difference, and only then for which. */
  private pageRun(words: Uint32Array, word: number, gfn: number, count: number, writable: boolean): void {
    const step = this.geometry.pageBytes | 0;
    const hi = this.leafFormat.hi(gfn) | 0;
    let lo = this.leafFormat.lo(gfn, PAGE_LEVEL, writable) | 0;
    let different = 0;
    const endWord = (word + 2 * count) | 0;
    for (let at = word | 0; at < endWord; at = (at + 2) | 0) {
      different |= (words[at]! ^ lo) | (words[at + 1]! ^ hi);
      lo = (lo + step) | 0;
    }
    this.matched[PAGE_LEVEL]! += count;
    if (different === 0) return;
    for (let i = 0; i < count; i++) {
      const haveLo = words[word + 2 * i]!;
      const haveHi = words[word + 2 * i + 1]!;
      if ((haveLo & VALID) !== 0) {
        this.leaf(PAGE_LEVEL, gfn + i, haveLo, haveHi, writable);
        continue;
      }
      this.matched[PAGE_LEVEL]!--;
      this.faults.add(haveHi === 0 ? "lost-coverage" : "left-locked", gfn + i, 1, PAGE_LEVEL);
    }
  }

  private leaf(level: number, gfn: number, lo: number, hi: number, writable: boolean): void {
    const { outputLo, outputHi } = this.leafFormat;
    const span = this.geometry.spanPages[level]!;
    const different = lo ^ this.leafFormat.lo(gfn, level, writable);
    const differentHi = hi ^ this.leafFormat.hi(gfn);
    if ((different & outputLo) !== 0 || (differentHi & outputHi) !== 0)
      this.faults.add("wrong-output-address", gfn, span, level);
    if ((different & S2AP_WRITE) !== 0) {
      this.faults.add((lo & S2AP_WRITE) !== 0 ? "not-write-protected" : "needlessly-write-protected", gfn, span, level);
    }
    if ((different & ~outputLo & ~S2AP_WRITE) !== 0 || (differentHi & ~outputHi) !== 0) {
      this.faults.add("wrong-attributes", gfn, span, level);
    }
  }

  private addUnsplit(gfn: number, span: number, level: number): void {
    const [start, end] = naturalLeaf(this.geometry, this.segment, gfn);
    const cause = end - start > span ? "left-in-new-table" : "passed-over";
    this.faults.add("unsplit-block", gfn, span, level);
    this.unsplit.add(cause, gfn, span, level);
  }
}

/** The leaf that the fill rule puts over `gfn`: its first frame and its end. */
export function naturalLeaf(geometry: Geometry, segment: SegmentLayout, gfn: number): readonly [number, number] {
  for (const level of geometry.blockLevels) {
    const span = geometry.spanPages[level]!;
    const start = Math.floor(gfn / span) * span;
    if (level >= segment.level && start >= segment.startGfn && start + span <= segment.endGfn)
      return [start, start + span];
  }
  return [gfn, gfn + 1];
}
