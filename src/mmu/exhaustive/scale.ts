import { formatSize } from "../../guest/sizes.js";
import { BLOCK, BLOCK_PAGES, ENTRIES, HOLE_ENTRY, PROTECTED_BLOCK, TOP_PAGES, type TopEntry } from "./trees.js";

/**
 * The small geometry at full size: of a table's four entries the first two stand for entries 0 and
 * 1, the others for 510 and 511, for these are the places that a walker can tell apart; what lies
 * between is a hole.
 */
export const REAL_ENTRY = [0, 1, 510, 511] as const;
/** Entries of a table at full size. */
export const REAL_ENTRIES = 512;
const PAGE_BYTES = 4096;

/** The page at full size that a frame of the small geometry stands for. */
export function realPage(frame: number): number {
  const top = Math.floor(frame / TOP_PAGES);
  const entry = Math.floor((frame % TOP_PAGES) / ENTRIES) as 0 | 1 | 2 | 3;
  const page = (frame % ENTRIES) as 0 | 1 | 2 | 3;
  return (top * REAL_ENTRIES + REAL_ENTRY[entry]) * REAL_ENTRIES + REAL_ENTRY[page];
}

/** A range at full size: it ends behind the last page of the last entry that it covers. */
export function realRange([start, end]: readonly [number, number]): readonly [number, number] {
  return [realPage(start), realPage(end - 1) + 1];
}

interface Leaf {
  readonly start: number;
  readonly end: number;
  readonly map: string;
  readonly writeProtected: boolean;
}

/** A segment as scenarios have it. */
export interface ScaledSegment {
  readonly map: string;
  readonly size: string;
  readonly writeProtected?: boolean;
}

/** A tree at full size; positions are pages from its first frame on. */
export class ScaledTree {
  private readonly leaves: readonly Leaf[];

  constructor(tops: readonly TopEntry[]) {
    this.leaves = leavesOf(tops);
  }

  /** Moves an end of a slot out of a block that it would cut, for no block sticks out of a slot. */
  widened(page: number, isEnd: boolean): number {
    const crossing = this.leaves.find((leaf) => leaf.start < page && page < leaf.end && leaf.map !== "4K");
    if (crossing === undefined || crossing.map === "hole") return page;
    return isEnd ? crossing.end : crossing.start;
  }

  /** The memory in [start, end), in pages, as segments; equal neighbours are one. */
  segments(start: number, end: number): ScaledSegment[] {
    const segments: { map: string; pages: number; writeProtected: boolean }[] = [];
    for (const leaf of this.leaves) {
      const pages = Math.min(end, leaf.end) - Math.max(start, leaf.start);
      if (pages <= 0) continue;
      const last = segments.at(-1);
      if (last !== undefined && last.map === leaf.map && last.writeProtected === leaf.writeProtected)
        last.pages += pages;
      else segments.push({ map: leaf.map, pages, writeProtected: leaf.writeProtected });
    }
    return segments.map(({ map, pages, writeProtected }) => ({
      map,
      size: formatSize(pages * PAGE_BYTES),
      ...(writeProtected ? { writeProtected } : {}),
    }));
  }
}

function leavesOf(tops: readonly TopEntry[]): Leaf[] {
  const leaves: Leaf[] = [];
  /** Whatever lies before `start` and was not added is a hole. */
  const add = (kind: number, start: number, pages: number, map: string): void => {
    const at = leaves.at(-1)?.end ?? 0;
    if (at < start) leaves.push({ start: at, end: start, map: "hole", writeProtected: false });
    const isHole = kind === HOLE_ENTRY;
    leaves.push({ start, end: start + pages, map: isHole ? "hole" : map, writeProtected: kind === PROTECTED_BLOCK });
  };
  for (const [i, top] of tops.entries()) {
    if (typeof top === "number") {
      add(top, i * REAL_ENTRIES * REAL_ENTRIES, REAL_ENTRIES * REAL_ENTRIES, "1G");
      continue;
    }
    for (const [j, entry] of top.entries()) {
      const frame = i * TOP_PAGES + j * BLOCK_PAGES;
      if (entry < 0) add(entry, realPage(frame), REAL_ENTRIES, "2M");
      else
        for (let k = 0; k < ENTRIES; k++)
          add((entry & (1 << k)) === 0 ? HOLE_ENTRY : BLOCK, realPage(frame + k), 1, "4K");
    }
  }
  return leaves;
}

/** A tree in words: "[hole, page 0, block, hole]; block". */
export function treeWords(tops: readonly TopEntry[]): string {
  return tops.map((top) => (typeof top === "number" ? leafWord(top) : `[${top.map(entryWord).join(", ")}]`)).join("; ");
}

function leafWord(entry: number): string {
  return entry === HOLE_ENTRY ? "hole" : entry === BLOCK ? "block" : "protected block";
}

function entryWord(entry: number): string {
  if (entry < 0) return leafWord(entry);
  if (entry === 0) return "empty table";
  const pages = [0, 1, 2, 3].filter((k) => (entry & (1 << k)) !== 0);
  return pages.length === 4 ? "all pages" : `page${pages.length === 1 ? "" : "s"} ${pages.join(" ")}`;
}

/** Frames [start, end) in words. */
export function spanWords([start, end]: readonly [number, number]): string {
  return end === start + 1 ? `page ${start}` : `pages ${start} to ${end - 1}`;
}
