import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import type { LeafSink } from "../leafLines.js";
import { TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { TableMemory } from "./memory.js";

/** Goes over the tree's entries in [from, to), in frames, outside any counted walk. */
export function scanLeaves(geometry: Geometry, mem: TableMemory, from: number, to: number, sink: LeafSink): void {
  const rootSpan = geometry.spanPages[geometry.startLevel]! * geometry.entries;
  for (let root = 0; root < geometry.pgdPages; root++) {
    scanTable(geometry, mem, geometry.startLevel, root, root * rootSpan, from, to, sink);
  }
}

function scanTable(
  geometry: Geometry,
  mem: TableMemory,
  level: number,
  page: number,
  tableGfn: number,
  from: number,
  to: number,
  sink: LeafSink,
): void {
  const span = geometry.spanPages[level]!;
  const first = Math.max(0, Math.floor((from - tableGfn) / span));
  const last = Math.min(geometry.entries, Math.ceil((to - tableGfn) / span));
  if (first >= last) return;
  const words = mem.words;
  const base = page * geometry.entries;
  if (level === PAGE_LEVEL) {
    sink.pages(words, 2 * (base + first), tableGfn + first, last - first);
    return;
  }
  for (let index = first; index < last; index++) {
    const lo = words[2 * (base + index)]!;
    if ((lo & VALID) === 0) continue;
    const hi = words[2 * (base + index) + 1]!;
    const gfn = tableGfn + index * span;
    if ((lo & TYPE_MASK) === TABLE_OR_PAGE) {
      scanTable(geometry, mem, level + 1, mem.childOf(lo, hi), gfn, from, to, sink);
    } else {
      sink.block(level, gfn, lo, hi);
    }
  }
}

/**
 * Frees every table that lies wholly in [from, to) and empties the entries that pointed to them.
 * Returns how many.
 */
export function freeTables(geometry: Geometry, mem: TableMemory, from: number, to: number): number {
  let freed = 0;
  const go = (level: number, page: number, tableGfn: number): void => {
    const span = geometry.spanPages[level]!;
    const first = Math.max(0, Math.floor((from - tableGfn) / span));
    const last = Math.min(geometry.entries, Math.ceil((to - tableGfn) / span));
    for (let index = first; index < last; index++) {
      const slot = page * geometry.entries + index;
      const lo = mem.words[2 * slot]!;
      const hi = mem.words[2 * slot + 1]!;
      const gfn = tableGfn + index * span;
      const inside = gfn >= from && gfn + span <= to;
      if (level < PAGE_LEVEL && (lo & TYPE_MASK) === TABLE_OR_PAGE) {
        const child = mem.childOf(lo, hi);
        if (level + 1 < PAGE_LEVEL) go(level + 1, child, gfn);
        if (!inside) continue;
        mem.release(child);
        freed++;
      }
      if (inside) {
        mem.words[2 * slot] = 0;
        mem.words[2 * slot + 1] = 0;
      }
    }
  };
  const rootSpan = geometry.spanPages[geometry.startLevel]! * geometry.entries;
  for (let root = 0; root < geometry.pgdPages; root++) go(geometry.startLevel, root, root * rootSpan);
  return freed;
}
