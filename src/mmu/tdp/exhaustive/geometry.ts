import { buildTop, TOP_PAGES, type TopEntry, type TreeBuilder } from "../../exhaustive/trees.js";
import { type TableGeometry, tableGeometry } from "../../x86/pages.js";
import { childOf, DIRTY, PFN_OFFSET, TdpTree, WRITABLE } from "../tree.js";

/**
 * Tables of 4 entries: 2M becomes 4 pages and 1G 16. A word of the dirty log is 4 pages; or 2, so
 * that a 2M page has several.
 */
export const SMALL = tableGeometry(2, 4);
export const SMALL_HALF_WORDS = tableGeometry(2, 2);

/**
 * Tables that a tree below two top entries can need with a root of 5 levels, all split, and one
 * kept for a split.
 */
const MAX_TABLES = 16;

/**
 * First frame of a tree: one top entry is the first of its table and of the root; two are the last
 * of a table and the first of the next, so that a walk must go up two levels between them.
 */
export function baseOf(tops: readonly TopEntry[]): number {
  return tops.length === 1 ? 0 : 3 * TOP_PAGES;
}

/**
 * Builds a tree whose top entries are of level 3. Leaves are writable and dirty; protected ones are
 * neither.
 */
export function buildSmall(tops: readonly TopEntry[], rootLevel: number, geometry: TableGeometry = SMALL): TdpTree {
  const tree = new TdpTree(rootLevel, MAX_TABLES, geometry);
  const builder = new Builder(tree);
  const base = baseOf(tops);
  for (const [i, top] of tops.entries()) {
    const gfn = base + i * TOP_PAGES;
    buildTop(top, builder.slotAt(gfn), gfn, builder);
  }
  return tree;
}

class Builder implements TreeBuilder {
  constructor(private readonly tree: TdpTree) {}

  /** The entry of level 3 that covers a frame, with the tables above it. */
  slotAt(gfn: number): number {
    const { tree } = this;
    const { entries, pages } = tree.geometry;
    let table = tree.root;
    for (let level = tree.rootLevel; ; level--) {
      const slot = table + (Math.floor(gfn / pages[level]!) % entries);
      if (level === 3) return slot;
      table = tree.words[slot] === 0 ? this.table(slot) : childOf(tree.words[slot]!);
    }
  }

  table(slot: number): number {
    const { tree } = this;
    const child = tree.allocate(tree.levels[slot >> tree.geometry.levelBits]! - 1);
    tree.setTable(slot, child);
    return child;
  }

  leaf(slot: number, gfn: number, _height: number, writable: boolean): void {
    this.tree.setLeaf(slot, PFN_OFFSET + gfn, writable ? WRITABLE | DIRTY : 0);
  }
}
