import { meets, spansMeeting } from "../dirtyRuns.js";
import type { MappedSegment, SegmentIndex } from "../slotLayout.js";
import { type TreeFault, TreeFaults } from "../treeFaults.js";
import { FLAGS_MASK, LEAF_MASK, leafHi, leafLo, pfnOf, VALID, WRITE } from "./entry.js";
import { ENTRIES, type GStageGeometry, MAX_LEVELS, ROOT_ENTRIES, SPAN } from "./geometry.js";
import { type Layout, naturalLeaf } from "./layout.js";
import type { TableMemory } from "./memory.js";
import { scanLeaves } from "./scan.js";

/**
 * Holds a finished tree against the layout it was made from: every page that was mapped is mapped
 * once, to the same output address with the same bits; write permission is gone where it was to go,
 * and nowhere else; every leaf above 4K that a touched span meets is split. It knows nothing of
 * strategies, and needs no second tree.
 *
 * A page between two bits of one word may be either: a mask may be write-protected as a range
 * (posted-v1 and -v4), which loses nothing.
 */
export class TreeCheck {
  readonly faults = new TreeFaults<TreeFault>(4096);
  /** Leaves that belong where they are, by level. */
  private readonly matched = new Float64Array(MAX_LEVELS);
  private readonly geometry: GStageGeometry;
  private owner!: MappedSegment;
  private start = 0;
  private end = 0;
  private writable = false;

  constructor(
    private readonly layout: Layout,
    private readonly mem: TableMemory,
    private readonly segments: SegmentIndex,
  ) {
    this.geometry = layout.geometry;
  }

  /** Checks what lies in [from, to), in frames: multiples of every leaf's span. */
  range(from: number, to: number): void {
    for (const owner of this.segments.within(from, to)) {
      this.owner = owner;
      this.pieces(Math.max(from, owner.segment.startGfn), Math.min(to, owner.segment.endGfn));
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
    scanLeaves(this.geometry, this.mem, from, to, {
      block: (level, gfn) => this.stray(gfn, level),
      pages: (words, word, gfn, count) => {
        for (let i = 0; i < count; i++) if ((words[word + 2 * i]! & VALID) !== 0) this.stray(gfn + i, 0);
      },
    });
  }

  private stray(gfn: number, level: number): void {
    const span = SPAN[level]!;
    if (!this.segments.hasWithin(gfn, gfn + span)) this.faults.add("stray-mapping", gfn, span, level);
  }

  /**
   * Cuts [start, end) where what is expected changes: a span reaches to the ends of the leaves that
   * it met.
   */
  private pieces(start: number, end: number): void {
    const { segment, spans } = this.owner;
    let at = start;
    for (const [first, last] of spansMeeting(spans, start, end)) {
      const from = Math.max(at, naturalLeaf(segment, Math.max(first, segment.startGfn)).start);
      const leaf = naturalLeaf(segment, Math.min(last, segment.endGfn) - 1);
      const to = Math.min(end, leaf.start + SPAN[leaf.level]!);
      if (to <= at) continue;
      if (from > at) this.piece(at, from, false);
      this.piece(from, to, true);
      at = to;
    }
    if (at < end) this.piece(at, end, false);
  }

  private piece(start: number, end: number, touched: boolean): void {
    this.start = start;
    this.end = end;
    this.writable = !this.owner.segment.writeProtected && !touched;
    this.table(this.geometry.rootLevel, 0, ROOT_ENTRIES, 0);
  }

  private table(level: number, page: number, entries: number, tableGfn: number): void {
    const { mem, start, end } = this;
    const span = SPAN[level]!;
    const first = Math.max(0, Math.floor((start - tableGfn) / span));
    const last = Math.min(entries, Math.ceil((end - tableGfn) / span));
    if (level === 0) {
      this.pages(2 * (page * ENTRIES + first), tableGfn + first, last - first);
      return;
    }
    for (let index = first; index < last; index++) {
      const word = 2 * (page * ENTRIES + index);
      const lo = mem.words[word]!;
      const hi = mem.words[word + 1]!;
      const gfn = tableGfn + index * span;
      if ((lo & VALID) === 0) {
        const from = Math.max(start, gfn);
        this.faults.add("lost-coverage", from, Math.min(end, gfn + span) - from, level);
      } else if ((lo & LEAF_MASK) === 0) {
        this.table(level - 1, mem.childOf(lo, hi), ENTRIES, gfn);
      } else {
        this.matched[level]!++;
        this.leaf(level, gfn, lo, hi);
        if (gfn < start || gfn + span > end) this.faults.add("stray-mapping", gfn, span, level);
        if (this.layout.eagerSplit && meets(this.owner.spans, gfn, gfn + span))
          this.faults.add("unsplit-block", gfn, span, level);
      }
    }
  }

  /**
   * A run of entries of one level-0 table; the loop looks for any difference, and only then for
   * which.
   */
  private pages(word: number, gfn: number, count: number): void {
    const { words } = this.mem;
    const pfn = pfnOf(gfn);
    const hi = leafHi(pfn) | 0;
    let lo = leafLo(pfn, this.writable) | 0;
    let different = 0;
    const endWord = (word + 2 * count) | 0;
    for (let at = word | 0; at < endWord; at = (at + 2) | 0) {
      different |= (words[at]! ^ lo) | (words[at + 1]! ^ hi);
      lo = (lo + (1 << 10)) | 0;
    }
    this.matched[0]! += count;
    if (different === 0) return;
    for (let i = 0; i < count; i++) {
      const have = words[word + 2 * i]!;
      if ((have & VALID) !== 0) {
        this.leaf(0, gfn + i, have, words[word + 2 * i + 1]!);
        continue;
      }
      this.matched[0]!--;
      this.faults.add("lost-coverage", gfn + i, 1, 0);
    }
  }

  private leaf(level: number, gfn: number, lo: number, hi: number): void {
    const pfn = pfnOf(gfn);
    const differentLo = lo ^ leafLo(pfn, this.writable);
    const differentHi = hi ^ leafHi(pfn);
    if ((differentLo | differentHi) === 0) return;
    const span = SPAN[level]!;
    if ((differentLo & ~FLAGS_MASK) !== 0 || (differentHi & 0x3fffff) !== 0)
      this.faults.add("wrong-output-address", gfn, span, level);
    if ((differentLo & FLAGS_MASK & ~WRITE) !== 0 || (differentHi & ~0x3fffff) !== 0)
      this.faults.add("wrong-attributes", gfn, span, level);
    if ((differentLo & WRITE) === 0 || this.inGap(level, gfn)) return;
    this.faults.add((lo & WRITE) !== 0 ? "not-write-protected" : "needlessly-write-protected", gfn, span, level);
  }

  /**
   * Whether a page was mapped as one, and lies between two bits of a word without being one of
   * them.
   */
  private inGap(level: number, gfn: number): boolean {
    const { slot, segment, spans } = this.owner;
    if (level > 0 || slot.dirty === null || naturalLeaf(segment, gfn).level > 0) return false;
    const page = gfn - slot.startGfn;
    return meets(spans, gfn, gfn + 1) && !slot.dirty.some(([first, count]) => page >= first && page < first + count);
  }
}
