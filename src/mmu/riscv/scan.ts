import type { LeafSink } from "../leafLines.js";
import { LEAF_MASK, VALID } from "./entry.js";
import { ENTRIES, type GStageGeometry, ROOT_ENTRIES, SPAN } from "./geometry.js";
import type { TableMemory } from "./memory.js";

/** Goes over the tree's entries in [from, to), in frames, outside any counted walk. */
export function scanLeaves(geometry: GStageGeometry, mem: TableMemory, from: number, to: number, sink: LeafSink): void {
  scanTable(mem, geometry.rootLevel, 0, ROOT_ENTRIES, 0, from, to, sink);
}

function scanTable(
  mem: TableMemory,
  level: number,
  page: number,
  entries: number,
  tableGfn: number,
  from: number,
  to: number,
  sink: LeafSink,
): void {
  const span = SPAN[level]!;
  const first = Math.max(0, Math.floor((from - tableGfn) / span));
  const last = Math.min(entries, Math.ceil((to - tableGfn) / span));
  if (first >= last) return;
  const words = mem.words;
  const base = page * ENTRIES;
  if (level === 0) {
    sink.pages(words, 2 * (base + first), tableGfn + first, last - first);
    return;
  }
  for (let index = first; index < last; index++) {
    const lo = words[2 * (base + index)]!;
    if ((lo & VALID) === 0) continue;
    const hi = words[2 * (base + index) + 1]!;
    const gfn = tableGfn + index * span;
    if ((lo & LEAF_MASK) !== 0) sink.block(level, gfn, lo, hi);
    else scanTable(mem, level - 1, mem.childOf(lo, hi), ENTRIES, gfn, from, to, sink);
  }
}

/**
 * Frees every table that lies wholly in [from, to) and empties the entries that pointed to them.
 * Returns how many.
 */
export function freeTables(geometry: GStageGeometry, mem: TableMemory, from: number, to: number): number {
  return freeIn(mem, geometry.rootLevel, 0, ROOT_ENTRIES, 0, from, to);
}

function freeIn(
  mem: TableMemory,
  level: number,
  page: number,
  entries: number,
  tableGfn: number,
  from: number,
  to: number,
): number {
  let freed = 0;
  const span = SPAN[level]!;
  const first = Math.max(0, Math.floor((from - tableGfn) / span));
  const last = Math.min(entries, Math.ceil((to - tableGfn) / span));
  for (let index = first; index < last; index++) {
    const word = 2 * (page * ENTRIES + index);
    const lo = mem.words[word]!;
    const gfn = tableGfn + index * span;
    const inside = gfn >= from && gfn + span <= to;
    if ((lo & VALID) !== 0 && (lo & LEAF_MASK) === 0) {
      const child = mem.childOf(lo, mem.words[word + 1]!);
      // The pages of a level-0 table go with it.
      if (level > 1) freed += freeIn(mem, level - 1, child, ENTRIES, gfn, from, to);
      if (!inside) continue;
      mem.release(child);
      freed++;
    }
    if (inside) {
      mem.words[word] = 0;
      mem.words[word + 1] = 0;
    }
  }
  return freed;
}

/** Table pages that are linked in the tree, root excluded. */
export function linkedTables({ rootLevel, shape }: GStageGeometry, mem: TableMemory): number {
  return tablesBelow(mem, rootLevel, 0, shape.rootEntries);
}

/** Table pages linked below the table `page`, whose entries are of `level`. */
export function tablesBelow(mem: TableMemory, level: number, page: number, entries = mem.entries): number {
  if (level === 0) return 0;
  let tables = 0;
  for (let index = 0; index < entries; index++) {
    const word = 2 * (page * mem.entries + index);
    const lo = mem.words[word]!;
    if ((lo & VALID) === 0 || (lo & LEAF_MASK) !== 0) continue;
    tables += 1 + tablesBelow(mem, level - 1, mem.childOf(lo, mem.words[word + 1]!));
  }
  return tables;
}
