import { HOLE, type SegmentLayout } from "../guest/layout.js";
import { LEAF_RWX, S2AP_WRITE, TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import { type Geometry, PAGE_LEVEL } from "./geometry.js";
import type { BlockMarks } from "./marks.js";
import type { TableMemory } from "./memory.js";

/** Output address of an IPA: (IPA + 2^39) mod 2^48, in bytes. A convention of the golden files, so that the two differ. */
export const OA_OFFSET = 2 ** 39;
const OA_SPACE = 2 ** 48;

/** lo word of a leaf that maps `gfn` at `level`. */
export function leafLo(geometry: Geometry, gfn: number, level: number, writable: boolean): number {
  const type = level === PAGE_LEVEL ? TABLE_OR_PAGE : VALID;
  const attributes = writable ? LEAF_RWX : LEAF_RWX & ~S2AP_WRITE;
  return (((gfn * geometry.pageBytes) % 2 ** 32) | attributes | type) >>> 0;
}

/** hi word of a leaf that maps `gfn`: output address bits 47:32, execute allowed. */
export function leafHi(geometry: Geometry, gfn: number): number {
  return Math.floor(((gfn * geometry.pageBytes + OA_OFFSET) % OA_SPACE) / 2 ** 32);
}

/** The level of the leaf at `gfn` of a segment: the largest wanted, aligned, fitting, allowed one. */
export function leafLevelAt(geometry: Geometry, segment: SegmentLayout, gfn: number): number {
  for (const level of geometry.blockLevels) {
    const span = geometry.spanPages[level]!;
    if (level >= segment.level && gfn % span === 0 && gfn + span <= segment.endGfn) return level;
  }
  return PAGE_LEVEL;
}

/** Builds trees as they are before dirty logging: nothing is counted. */
export class Populator {
  constructor(
    private readonly geometry: Geometry,
    private readonly mem: TableMemory,
    private readonly marks: BlockMarks | null,
  ) {}

  /** Maps the part of a segment that lies in [from, to), in frames. Both are multiples of every block size, or the segment's ends. */
  map(segment: SegmentLayout, from: number, to: number): void {
    if (segment.level === HOLE) return;
    const { geometry, mem } = this;
    const end = Math.min(to, segment.endGfn);
    let gfn = Math.max(from, segment.startGfn);
    while (gfn < end) {
      const level = leafLevelAt(geometry, segment, gfn);
      const slot = this.slotFor(gfn, level);
      if (level < PAGE_LEVEL) {
        mem.words[2 * slot] = leafLo(geometry, gfn, level, !segment.writeProtected);
        mem.words[2 * slot + 1] = leafHi(geometry, gfn);
        if (this.marks !== null) this.marks.added(slot);
        gfn += geometry.spanPages[level]!;
      } else {
        gfn += this.pageRun(slot, gfn, end, segment);
      }
    }
  }

  /** Pages to the end of the present level-3 table, of the segment, or to where a block begins. */
  private pageRun(slot: number, gfn: number, end: number, segment: SegmentLayout): number {
    const { geometry } = this;
    const count = Math.min(geometry.entries - (gfn % geometry.entries), end - gfn);
    const words = this.mem.words;
    const hi = leafHi(geometry, gfn) | 0;
    const step = geometry.pageBytes | 0;
    let lo = leafLo(geometry, gfn, PAGE_LEVEL, !segment.writeProtected) | 0;
    const endWord = (2 * (slot + count)) | 0;
    for (let word = (2 * slot) | 0; word < endWord; word = (word + 2) | 0) {
      words[word] = lo;
      words[word + 1] = hi;
      lo = (lo + step) | 0;
    }
    return count;
  }

  /** The slot of the entry for `gfn` at `level`; tables on the way are made where there are none. */
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
        mem.words[2 * slot + 1] = mem.tableHi(page) | (this.marks === null ? 0 : this.marks.bits(0));
        if (this.marks !== null) this.marks.linked(page, slot, 0);
      }
      at++;
      slot = page * geometry.entries + ((gfn / geometry.spanPages[at]!) & mask);
    }
    return slot;
  }
}
