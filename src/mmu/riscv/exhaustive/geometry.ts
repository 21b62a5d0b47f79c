import { buildTop, ENTRIES, TOP_PAGES, type TopEntry, type TreeBuilder } from "../../exhaustive/trees.js";
import { leafHi, leafLo, pfnOf } from "../entry.js";
import { type GStageGeometry, type GStageMode, geometryOf, TableShape } from "../geometry.js";
import type { TableMemory } from "../memory.js";

const SHAPE = new TableShape(Math.log2(ENTRIES));
/** The level whose entries are a tree's top entries: 1G in the real geometry. */
const TOP_LEVEL = 2;

/**
 * The small geometry of a mode: tables of 4 entries, as many levels as the real one, a root of four
 * tables. A page is 1 frame, a level-1 leaf 4, a level-2 leaf 16.
 */
export function smallGeometry(mode: GStageMode): GStageGeometry {
  const { levels, rootLevel } = geometryOf(mode);
  const gpaBits = 12 + SHAPE.indexBits * levels + 2;
  return { mode, levels, rootLevel, gpaBits, endGfn: 2 ** (gpaBits - 12), shape: SHAPE };
}

/** A tree of the small geometry: one or two top entries, and where they lie. */
export interface PlacedTree {
  readonly mode: GStageMode;
  readonly tops: readonly TopEntry[];
}

/**
 * The first frame of a mode's trees: 0 in Sv39x4; in deeper modes two top entries lie on both sides
 * of where two entries of the root meet, so that all tables but the root change between them.
 */
export function baseOf(mode: GStageMode): number {
  const { rootLevel } = geometryOf(mode);
  return rootLevel === TOP_LEVEL ? 0 : SHAPE.span[rootLevel]! - TOP_PAGES;
}

/** Builds a tree in table memory that is empty; nothing is counted. */
export function buildSmall({ mode, tops }: PlacedTree, mem: TableMemory): void {
  const { rootLevel } = geometryOf(mode);
  const builder = new Builder(mem);
  for (const [i, top] of tops.entries()) {
    const gfn = baseOf(mode) + i * TOP_PAGES;
    buildTop(top, builder.slotFor(gfn, rootLevel), gfn, builder);
  }
}

class Builder implements TreeBuilder {
  constructor(private readonly mem: TableMemory) {}

  /**
   * The slot of a top entry; tables on the way are made, one for each side of where root entries
   * meet.
   */
  slotFor(gfn: number, rootLevel: number): number {
    let slot = SHAPE.rootIndex(gfn, rootLevel);
    for (let level = rootLevel - 1; level >= TOP_LEVEL; level--) slot = this.table(slot) + SHAPE.index(gfn, level);
    return slot;
  }

  table(slot: number): number {
    const page = this.mem.alloc();
    this.mem.link(slot, page);
    return page * SHAPE.entries;
  }

  leaf(slot: number, gfn: number, _height: number, writable: boolean): void {
    this.mem.words[2 * slot] = leafLo(pfnOf(gfn), writable);
    this.mem.words[2 * slot + 1] = leafHi(pfnOf(gfn));
  }
}
