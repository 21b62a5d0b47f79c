import { LEAF_MASK, leafHi, leafLo, PFN_STEP, pfnOf, VALID } from "./entry.js";
import { ENTRIES, type GStageGeometry, SPAN } from "./geometry.js";
import { HOLE, leafLevelAt, type SegmentLayout } from "./layout.js";
import type { TableMemory } from "./memory.js";

/** Builds trees as they are before dirty logging: nothing is counted. */
export class Populator {
  constructor(
    private readonly geometry: GStageGeometry,
    private readonly mem: TableMemory,
  ) {}

  /**
   * Maps the part of a segment that lies in [from, to), in frames: multiples of every leaf's span,
   * or the segment's ends.
   */
  map(segment: SegmentLayout, from: number, to: number): void {
    if (segment.level === HOLE) return;
    const end = Math.min(to, segment.endGfn);
    let gfn = Math.max(from, segment.startGfn);
    while (gfn < end) {
      const level = leafLevelAt(segment, gfn);
      const slot = this.slotFor(gfn, level);
      if (level > 0) {
        const pfn = pfnOf(gfn);
        this.mem.words[2 * slot] = leafLo(pfn, !segment.writeProtected);
        this.mem.words[2 * slot + 1] = leafHi(pfn);
        gfn += SPAN[level]!;
      } else {
        gfn += this.pageRun(slot, gfn, end, !segment.writeProtected);
      }
    }
  }

  /**
   * Makes the tables on the way to an entry of `level`: they are there also where only other
   * regions fill them.
   */
  tablesTo(gfn: number, level: number): void {
    this.slotFor(gfn, level);
  }

  /**
   * Pages to the end of the present level-0 table or of the segment: a block begins only where a
   * table does.
   */
  private pageRun(slot: number, gfn: number, end: number, writable: boolean): number {
    const count = Math.min(ENTRIES - (gfn & (ENTRIES - 1)), end - gfn);
    const words = this.mem.words;
    const pfn = pfnOf(gfn);
    const hi = leafHi(pfn) | 0;
    let lo = leafLo(pfn, writable) | 0;
    const endWord = (2 * (slot + count)) | 0;
    for (let word = (2 * slot) | 0; word < endWord; word = (word + 2) | 0) {
      words[word] = lo;
      words[word + 1] = hi;
      lo = (lo + PFN_STEP) | 0;
    }
    return count;
  }

  /**
   * The slot of the entry for `gfn` at `level`; tables on the way are made where there are none.
   */
  private slotFor(gfn: number, level: number): number {
    const { mem } = this;
    const { rootLevel, shape } = this.geometry;
    let at = rootLevel;
    let slot = shape.rootIndex(gfn, at);
    while (at > level) {
      const lo = mem.words[2 * slot]!;
      if ((lo & LEAF_MASK) !== 0) throw new Error(`frame ${gfn} is mapped twice`);
      let page: number;
      if ((lo & VALID) !== 0) {
        page = mem.childOf(lo, mem.words[2 * slot + 1]!);
      } else {
        page = mem.alloc();
        mem.link(slot, page);
      }
      at--;
      slot = page * shape.entries + shape.index(gfn, at);
    }
    return slot;
  }
}
