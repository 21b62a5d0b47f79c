import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import type { SegmentIndex } from "../slotLayout.js";
import { TABLE_OR_PAGE, TYPE_MASK } from "./descriptor.js";
import { HOLE, type SegmentLayout } from "./layout.js";
import type { LeafFormat } from "./leafFormat.js";
import type { BlockMarks } from "./marks.js";
import type { TableMemory } from "./memory.js";

/**
 * The level of the leaf at `gfn` of a segment: the largest wanted, aligned, fitting, allowed one.
 */
export function leafLevelAt(geometry: Geometry, segment: SegmentLayout, gfn: number): number {
  for (const level of geometry.blockLevels) {
    const span = geometry.spanPages[level]!;
    if (level >= segment.level && gfn % span === 0 && gfn + span <= segment.endGfn) return level;
  }
  return PAGE_LEVEL;
}

/** What marks need to know of a guest that is built region by region. */
export interface BuiltAhead {
  readonly regionPages: number;
  readonly segments: SegmentIndex;
}

/** Builds trees as they are before dirty logging: nothing is counted. */
export class Populator {
  /** null where the whole guest is built before any of it is worked on. */
  ahead: BuiltAhead | null = null;

  constructor(
    private readonly geometry: Geometry,
    private readonly leaf: LeafFormat,
    private readonly mem: TableMemory,
    private readonly marks: BlockMarks | null,
  ) {}

  /**
   * Maps the part of a segment that lies in [from, to), in frames. Both are multiples of every
   * block size, or the segment's ends.
   */
  map(segment: SegmentLayout, from: number, to: number): void {
    if (segment.level === HOLE) return;
    const { geometry, mem } = this;
    const end = Math.min(to, segment.endGfn);
    let gfn = Math.max(from, segment.startGfn);
    while (gfn < end) {
      const level = leafLevelAt(geometry, segment, gfn);
      const slot = this.slotFor(gfn, level);
      if (level < PAGE_LEVEL) {
        mem.words[2 * slot] = this.leaf.lo(gfn, level, !segment.writeProtected);
        mem.words[2 * slot + 1] = this.leaf.hi(gfn);
        if (this.marks !== null) this.marks.built(slot);
        gfn += geometry.spanPages[level]!;
      } else {
        gfn += this.pageRun(slot, gfn, end, segment);
      }
    }
  }

  /**
   * Makes the tables above the region that begins at `from`: they are there also where only other
   * regions fill them.
   */
  mapAbove(from: number): void {
    if (this.ahead === null) return;
    const { regionPages, segments } = this.ahead;
    const { startLevel, spanPages } = this.geometry;
    for (let level = startLevel; spanPages[level]! > regionPages; level++) {
      const span = spanPages[level]!;
      const start = Math.floor(from / span) * span;
      if (!segments.hasWithin(start, start + span)) return;
      this.slotFor(from, level + 1);
    }
  }

  /** Pages to the end of the present level-3 table, of the segment, or to where a block begins. */
  private pageRun(slot: number, gfn: number, end: number, segment: SegmentLayout): number {
    const { geometry } = this;
    const count = this.leaf.sameHigh(gfn, Math.min(geometry.entries - (gfn % geometry.entries), end - gfn));
    const words = this.mem.words;
    const hi = this.leaf.hi(gfn) | 0;
    const step = geometry.pageBytes | 0;
    let lo = this.leaf.lo(gfn, PAGE_LEVEL, !segment.writeProtected) | 0;
    const endWord = (2 * (slot + count)) | 0;
    for (let word = (2 * slot) | 0; word < endWord; word = (word + 2) | 0) {
      words[word] = lo;
      words[word + 1] = hi;
      lo = (lo + step) | 0;
    }
    return count;
  }

  /**
   * The slot of the entry for `gfn` at `level`; tables on the way are made where there are none.
   */
  private slotFor(gfn: number, level: number): number {
    const { geometry, mem } = this;
    const mask = geometry.entries - 1;
    let at = geometry.startLevel;
    let slot = Math.floor(gfn / geometry.spanPages[at]!);
    while (at < level) {
      const lo = mem.words[2 * slot]!;
      let page: number;
      if ((lo & TYPE_MASK) === TABLE_OR_PAGE) {
        page = mem.childOf(lo, mem.words[2 * slot + 1]!);
      } else {
        page = mem.alloc();
        mem.words[2 * slot] = mem.tableLo(page);
        mem.words[2 * slot + 1] = mem.tableHi(page);
        if (this.marks !== null) this.mark(this.marks, slot, page, at, gfn);
      }
      at++;
      slot = page * geometry.entries + ((gfn / geometry.spanPages[at]!) & mask);
    }
    return slot;
  }

  /** Marks a new table linked at `slot`, an entry of `level` that covers `gfn`. */
  private mark(marks: BlockMarks, slot: number, page: number, level: number, gfn: number): void {
    const span = this.geometry.spanPages[level]!;
    let blocks = 0;
    if (this.ahead !== null && span > this.ahead.regionPages) {
      blocks = entriesWithBlocks(this.geometry, this.ahead.segments, level + 1, Math.floor(gfn / span) * span);
      marks.linkedAhead(page, slot, blocks);
    } else {
      marks.linked(page, slot, 0);
    }
    this.mem.words[2 * slot + 1]! |= marks.bits(blocks);
  }
}

/**
 * How many entries of the table of `level` that begins at `tableGfn` are blocks, or have blocks
 * below, once all segments are mapped. By the fill rule the whole level-2 spans of a segment are
 * what blocks cover, in blocks of level 2 or larger ones.
 */
function entriesWithBlocks(geometry: Geometry, index: SegmentIndex, level: number, tableGfn: number): number {
  const blockPages = geometry.spanPages[PAGE_LEVEL - 1]!;
  const span = geometry.spanPages[level]!;
  const tableEnd = tableGfn + span * geometry.entries;
  let count = 0;
  let uncounted = tableGfn / span;
  for (const { segment } of index.within(tableGfn, tableEnd)) {
    if (segment.level === PAGE_LEVEL) continue;
    const from = Math.max(tableGfn, Math.ceil(segment.startGfn / blockPages) * blockPages);
    const to = Math.min(tableEnd, Math.floor(segment.endGfn / blockPages) * blockPages);
    if (from >= to) continue;
    const first = Math.max(uncounted, Math.floor(from / span));
    const end = Math.ceil(to / span);
    if (end <= first) continue;
    count += end - first;
    uncounted = end;
  }
  return count;
}
