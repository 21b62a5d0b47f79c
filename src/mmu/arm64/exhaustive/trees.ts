import type { Geometry } from "../../../guest/geometry.js";
import { PAGE_LEVEL } from "../../../guest/geometry.js";
import { DEFAULT_OUTPUT_OFFSET, LeafFormat } from "../leafFormat.js";
import type { BlockMarks } from "../marks.js";
import type { TableMemory } from "../memory.js";

/**
 * The small geometry: tables of 4 entries, three levels as with 40 IPA bits at the 4K granule, blocks at levels 1 and 2. A page is
 * 1 frame, a level-2 block 4, a level-1 block 16; the root has 4 entries.
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

/** Frames that one top entry covers. */
export const TOP_PAGES = SMALL.spanPages[1]!;
const BLOCK_PAGES = SMALL.spanPages[2]!;

/** Nothing is mapped. */
export const HOLE_ENTRY = -1;
/** A writable block. */
export const BLOCK = -2;
/** A block that is write-protected from the start. */
export const PROTECTED_BLOCK = -3;

/** An entry of a level-2 table: HOLE_ENTRY, BLOCK, PROTECTED_BLOCK, or a level-3 table as the bits of its mapped pages (0 to 15). */
export type Level2Entry = number;
/** A top entry: HOLE_ENTRY, BLOCK, PROTECTED_BLOCK, or the four entries of a level-2 table. */
export type TopEntry = number | readonly [Level2Entry, Level2Entry, Level2Entry, Level2Entry];

/** What there is to look at in a tree: tables count most, then leaves; protection is a detail. The search goes by it. */
export function weightOf(top: TopEntry): number {
  if (typeof top === "number") return leafWeight(top);
  return top.reduce((sum, entry) => sum + (entry >= 0 ? 100 + 10 * bits(entry) : leafWeight(entry)), 1000);
}

function leafWeight(entry: number): number {
  return entry === HOLE_ENTRY ? 0 : entry === BLOCK ? 10 : 11;
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Every top entry whose level-2 entries are among `entries`, the lightest first; equal ones in a fixed order. */
export function topEntries(entries: readonly Level2Entry[]): readonly TopEntry[] {
  const all: TopEntry[] = [HOLE_ENTRY, BLOCK, PROTECTED_BLOCK];
  for (const a of entries)
    for (const b of entries) for (const c of entries) for (const d of entries) all.push([a, b, c, d]);
  const weighed = all.map((top, index) => ({ top, index, weight: weightOf(top) }));
  weighed.sort((a, b) => a.weight - b.weight || a.index - b.index);
  return weighed.map(({ top }) => top);
}

/** A tree as it is before logging is enabled, and what is to be known of each frame to judge what became of it. */
export class SmallTree {
  /** By frame: level of the leaf that maps it, 0 where none does. */
  readonly level = new Uint8Array(SMALL.endGfn);
  /** By frame: first frame and end of that leaf. */
  readonly leafStart = new Uint8Array(SMALL.endGfn);
  readonly leafEnd = new Uint8Array(SMALL.endGfn);
  /** By frame: 1 where the leaf is write-protected from the start. */
  readonly protectedFirst = new Uint8Array(SMALL.endGfn);
  /** Blocks by level. */
  readonly blocks = new Uint8Array(4);

  /** Takes the place of the tree that was here before. */
  set(tops: readonly TopEntry[]): void {
    this.level.fill(0);
    this.blocks.fill(0);
    for (const [i, top] of tops.entries()) {
      const gfn = i * TOP_PAGES;
      if (typeof top === "number") this.#leaf(top, gfn, 1);
      else for (let j = 0; j < 4; j++) this.#level2(top[j] as Level2Entry, gfn + j * BLOCK_PAGES);
    }
  }

  #level2(entry: Level2Entry, gfn: number): void {
    if (entry < 0) this.#leaf(entry, gfn, 2);
    else for (let k = 0; k < 4; k++) if ((entry & (1 << k)) !== 0) this.#leaf(BLOCK, gfn + k, PAGE_LEVEL);
  }

  #leaf(kind: number, gfn: number, level: number): void {
    if (kind === HOLE_ENTRY) return;
    const span = SMALL.spanPages[level]!;
    this.level.fill(level, gfn, gfn + span);
    this.leafStart.fill(gfn, gfn, gfn + span);
    this.leafEnd.fill(gfn + span, gfn, gfn + span);
    this.protectedFirst.fill(kind === PROTECTED_BLOCK ? 1 : 0, gfn, gfn + span);
    if (level < PAGE_LEVEL) this.blocks[level] = this.blocks[level]! + 1;
  }
}

/** Builds the tree in table memory that is empty; nothing is counted. */
export function buildSmall(tops: readonly TopEntry[], mem: TableMemory, marks: BlockMarks | null): void {
  for (const [i, top] of tops.entries()) {
    const gfn = i * TOP_PAGES;
    if (typeof top === "number") {
      putLeaf(mem, marks, i, gfn, 1, top);
      continue;
    }
    const page = putTable(mem, marks, i);
    for (const [j, entry] of top.entries()) {
      const slot = page * SMALL.entries + j;
      const entryGfn = gfn + j * BLOCK_PAGES;
      if (entry < 0) {
        putLeaf(mem, marks, slot, entryGfn, 2, entry);
        continue;
      }
      const pages = putTable(mem, marks, slot);
      for (let k = 0; k < 4; k++) {
        if ((entry & (1 << k)) !== 0) putLeaf(mem, null, pages * SMALL.entries + k, entryGfn + k, PAGE_LEVEL, BLOCK);
      }
    }
  }
}

function putTable(mem: TableMemory, marks: BlockMarks | null, slot: number): number {
  const page = mem.alloc();
  mem.words[2 * slot] = mem.tableLo(page);
  mem.words[2 * slot + 1] = mem.tableHi(page) | (marks === null ? 0 : marks.bits(0));
  marks?.linked(page, slot, 0);
  return page;
}

function putLeaf(
  mem: TableMemory,
  marks: BlockMarks | null,
  slot: number,
  gfn: number,
  level: number,
  kind: number,
): void {
  if (kind === HOLE_ENTRY) return;
  mem.words[2 * slot] = SMALL_LEAF.lo(gfn, level, kind !== PROTECTED_BLOCK);
  mem.words[2 * slot + 1] = SMALL_LEAF.hi(gfn);
  marks?.built(slot);
}
