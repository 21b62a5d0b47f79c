import type { Geometry } from "../../../guest/geometry.js";
import { PAGE_LEVEL } from "../../../guest/geometry.js";
import { buildTop, TOP_PAGES, type TopEntry, type TreeBuilder } from "../../exhaustive/trees.js";
import { DEFAULT_OUTPUT_OFFSET, LeafFormat } from "../leafFormat.js";
import type { BlockMarks } from "../marks.js";
import type { TableMemory } from "../memory.js";

/**
 * The small geometry: tables of 4 entries, three levels as with 40 IPA bits at the 4K granule,
 * blocks at levels 1 and
 * 2. A page is 1 frame, a level-2 block 4, a level-1 block 16; the root has 4 entries.
 */
export const SMALL: Geometry = {
  granule: "4K",
  pageShift: 12,
  pageBytes: 4096,
  levelBits: 2,
  entries: 4,
  ipaBits: 18,
  lpa2: false,
  endGfn: 64,
  startLevel: 1,
  pgdPages: 1,
  spanPages: [64, 16, 4, 1],
  blockLevels: [1, 2],
  resetStepPages: 16,
};

/** How its leaves hold output addresses. */
export const SMALL_LEAF = new LeafFormat(SMALL, DEFAULT_OUTPUT_OFFSET);

/** Builds the tree in table memory that is empty; nothing is counted. */
export function buildSmall(tops: readonly TopEntry[], mem: TableMemory, marks: BlockMarks | null): void {
  const builder = new Builder(mem, marks);
  for (const [i, top] of tops.entries()) buildTop(top, i, i * TOP_PAGES, builder);
}

class Builder implements TreeBuilder {
  constructor(
    private readonly mem: TableMemory,
    private readonly marks: BlockMarks | null,
  ) {}

  table(slot: number): number {
    const { mem, marks } = this;
    const page = mem.alloc();
    mem.words[2 * slot] = mem.tableLo(page);
    mem.words[2 * slot + 1] = mem.tableHi(page) | (marks === null ? 0 : marks.bits(0));
    marks?.linked(page, slot, 0);
    return page * SMALL.entries;
  }

  leaf(slot: number, gfn: number, height: number, writable: boolean): void {
    this.mem.words[2 * slot] = SMALL_LEAF.lo(gfn, PAGE_LEVEL - height, writable);
    this.mem.words[2 * slot + 1] = SMALL_LEAF.hi(gfn);
    if (height > 0) this.marks?.built(slot);
  }
}
