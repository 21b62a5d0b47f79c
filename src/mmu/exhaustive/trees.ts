/**
 * Trees of the small geometry, for any MMU: tables of 4 entries, pages, blocks of 4 pages and
 * blocks of 16. Levels are counted from the pages up here, as heights: 0 is a page, 1 a block of 4,
 * 2 a block of 16, whatever an MMU calls them.
 */

/** Entries of a table. */
export const ENTRIES = 4;
/** Frames that a top entry covers, and an entry of the table below it. */
export const TOP_PAGES = 16;
export const BLOCK_PAGES = 4;
/** Top entries that a tree has at most. */
const MAX_TOPS = 2;

/** Nothing is mapped. */
export const HOLE_ENTRY = -1;
/** A writable block. */
export const BLOCK = -2;
/** A block that is write-protected from the start. */
export const PROTECTED_BLOCK = -3;
/** A table with all its pages. */
export const FULL_TABLE = 0b1111;

/**
 * An entry below the top: HOLE_ENTRY, BLOCK, PROTECTED_BLOCK, or a table of pages as the bits of
 * those that are mapped (0 to 15).
 */
export type MiddleEntry = number;
/** A top entry: HOLE_ENTRY, BLOCK, PROTECTED_BLOCK, or the four entries of the table below. */
export type TopEntry = number | readonly [MiddleEntry, MiddleEntry, MiddleEntry, MiddleEntry];

/**
 * What there is to look at in a tree: tables count most, then leaves; protection is a detail. The
 * search goes by it.
 */
function weightOf(top: TopEntry): number {
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

/**
 * Every top entry whose middle entries are among `entries`, the lightest first; equal ones in a
 * fixed order.
 */
export function topEntries(entries: readonly MiddleEntry[]): readonly TopEntry[] {
  const all: TopEntry[] = entries.filter((entry) => entry < 0);
  for (const a of entries)
    for (const b of entries) for (const c of entries) for (const d of entries) all.push([a, b, c, d]);
  const weighed = all.map((top, index) => ({ top, index, weight: weightOf(top) }));
  weighed.sort((a, b) => a.weight - b.weight || a.index - b.index);
  return weighed.map(({ top }) => top);
}

/** By the sum of both places in the list, which is by weight: what is simpler comes first. */
export function pairs(tops: readonly TopEntry[]): readonly (readonly [TopEntry, TopEntry])[] {
  const all: (readonly [TopEntry, TopEntry])[] = [];
  for (let sum = 0; sum <= 2 * (tops.length - 1); sum++) {
    for (let i = Math.max(0, sum - tops.length + 1); i <= Math.min(sum, tops.length - 1); i++) {
      all.push([tops[i]!, tops[sum - i]!]);
    }
  }
  return all;
}

/** Frames [from, to) of a tree as bits: a tree has 32 at most. */
export function framesIn(from: number, to: number): number {
  const first = Math.max(0, from);
  const count = Math.min(32, to) - first;
  return count <= 0 ? 0 : (-1 >>> (32 - count)) << first;
}

/**
 * A tree as it is before anything is done with it: what is to be known of each frame to judge what
 * became of it.
 */
export class SmallTree {
  /**
   * By frame: pages of the leaf that maps it (1, 4 or 16), 0 where none does. A leaf begins at a
   * multiple of its pages.
   */
  readonly span = new Uint8Array(MAX_TOPS * TOP_PAGES);
  /** By frame: 1 where the leaf is write-protected from the start. */
  readonly protectedFirst = new Uint8Array(MAX_TOPS * TOP_PAGES);
  /** Blocks by height: 1 and 2. */
  readonly blocks = new Uint8Array(3);

  /** Takes the place of the tree that was here before. */
  set(tops: readonly TopEntry[]): void {
    this.span.fill(0);
    this.blocks.fill(0);
    for (const [i, top] of tops.entries()) {
      const gfn = i * TOP_PAGES;
      if (typeof top === "number") this.leaf(top, gfn, 2);
      else for (let j = 0; j < ENTRIES; j++) this.middle(top[j] as MiddleEntry, gfn + j * BLOCK_PAGES);
    }
  }

  private middle(entry: MiddleEntry, gfn: number): void {
    if (entry < 0) this.leaf(entry, gfn, 1);
    else for (let k = 0; k < ENTRIES; k++) if ((entry & (1 << k)) !== 0) this.leaf(BLOCK, gfn + k, 0);
  }

  private leaf(kind: number, gfn: number, height: number): void {
    if (kind === HOLE_ENTRY) return;
    const pages = ENTRIES ** height;
    this.span.fill(pages, gfn, gfn + pages);
    this.protectedFirst.fill(kind === PROTECTED_BLOCK ? 1 : 0, gfn, gfn + pages);
    if (height > 0) this.blocks[height] = this.blocks[height]! + 1;
  }
}

/**
 * Makes tables and leaves in whatever an MMU keeps them in. A slot is the number of an entry; those
 * of a table follow each other.
 */
export interface TreeBuilder {
  /** Links an empty table at a slot. @returns its first slot */
  table(slot: number): number;
  /** Maps a leaf. @param height 0, 1 or 2 */
  leaf(slot: number, gfn: number, height: number, writable: boolean): void;
}

/** Builds a top entry in a slot. @param gfn the first frame that it covers */
export function buildTop(top: TopEntry, slot: number, gfn: number, builder: TreeBuilder): void {
  if (typeof top === "number") {
    buildLeaf(top, slot, gfn, 2, builder);
    return;
  }
  const middle = builder.table(slot);
  for (const [j, entry] of top.entries()) {
    const entryGfn = gfn + j * BLOCK_PAGES;
    if (entry < 0) {
      buildLeaf(entry, middle + j, entryGfn, 1, builder);
      continue;
    }
    const pages = builder.table(middle + j);
    for (let k = 0; k < ENTRIES; k++) {
      if ((entry & (1 << k)) !== 0) builder.leaf(pages + k, entryGfn + k, 0, true);
    }
  }
}

function buildLeaf(kind: number, slot: number, gfn: number, height: number, builder: TreeBuilder): void {
  if (kind !== HOLE_ENTRY) builder.leaf(slot, gfn, height, kind !== PROTECTED_BLOCK);
}
