import { formatAddress, formatSize } from "../../../guest/sizes.js";
import type { Arm64Scenario, Segment } from "../scenario.js";
import type { WrongCase } from "./session.js";
import { BLOCK, HOLE_ENTRY, PROTECTED_BLOCK, SMALL, TOP_PAGES, type TopEntry } from "./trees.js";

/**
 * A case of the small geometry at full size: of a table's four entries the first two stand for entries 0 and 1, the others for 510
 * and 511, for these are the places that a walker can tell apart; what lies between is a hole.
 */
const REAL_ENTRY = [0, 1, 510, 511] as const;
const ENTRIES = 512;
const PAGE_BYTES = 4096;
const BASE = 2 ** 30;
/** Real chunk for a chunk of the small geometry. */
const REAL_CHUNK: Readonly<Record<number, string>> = { 0: "0", 1: "4K", 4: "2M", 16: "1G" };

/** The page at full size that a frame of the small geometry stands for. */
function realPage(frame: number): number {
  const top = Math.floor(frame / TOP_PAGES);
  const entry = Math.floor((frame % TOP_PAGES) / SMALL.entries) as 0 | 1 | 2 | 3;
  const page = (frame % SMALL.entries) as 0 | 1 | 2 | 3;
  return (top * ENTRIES + REAL_ENTRY[entry]) * ENTRIES + REAL_ENTRY[page];
}

/** A range at full size: it ends behind the last page of the last entry that it covers. */
function realRange([start, end]: readonly [number, number]): readonly [number, number] {
  return [realPage(start), realPage(end - 1) + 1];
}

interface Leaf {
  readonly start: number;
  readonly end: number;
  readonly map: string;
  readonly writeProtected: boolean;
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
      add(top, i * ENTRIES * ENTRIES, ENTRIES * ENTRIES, "1G");
      continue;
    }
    for (const [j, entry] of top.entries()) {
      const frame = i * TOP_PAGES + j * SMALL.entries;
      if (entry < 0) add(entry, realPage(frame), ENTRIES, "2M");
      else for (let k = 0; k < 4; k++) add((entry & (1 << k)) === 0 ? HOLE_ENTRY : BLOCK, realPage(frame + k), 1, "4K");
    }
  }
  return leaves;
}

/** The memory in [start, end), in pages, as segments; equal neighbours are one. */
function segmentsIn(leaves: readonly Leaf[], start: number, end: number): Segment[] {
  const segments: { map: string; pages: number; writeProtected: boolean }[] = [];
  for (const leaf of leaves) {
    const pages = Math.min(end, leaf.end) - Math.max(start, leaf.start);
    if (pages <= 0) continue;
    const last = segments.at(-1);
    if (last !== undefined && last.map === leaf.map && last.writeProtected === leaf.writeProtected) last.pages += pages;
    else segments.push({ map: leaf.map, pages, writeProtected: leaf.writeProtected });
  }
  return segments.map(({ map, pages, writeProtected }) => ({
    map,
    size: formatSize(pages * PAGE_BYTES),
    ...(writeProtected ? { writeProtected } : {}),
  }));
}

/**
 * Scenarios at full size that may show what a case of the small geometry shows; whether one does is for the caller to find out.
 * Enabling works on whole memslots, out of which no block sticks: the range is widened to the blocks at its ends.
 */
export function scaledScenarios(tops: readonly TopEntry[], { work, chunk }: WrongCase): Arm64Scenario[] {
  const leaves = leavesOf(tops);
  const widened = (page: number, isEnd: boolean): number => {
    const crossing = leaves.find((leaf) => leaf.start < page && page < leaf.end && leaf.map !== "4K");
    if (crossing === undefined || crossing.map === "hole") return page;
    return isEnd ? crossing.end : crossing.start;
  };
  const guest = { granule: "4K", ipaBits: 40 } as const;
  const chunkName = REAL_CHUNK[chunk.chunkPages] as string;
  const spans = work.spans.map(realRange);
  const from = widened((spans[0] as readonly [number, number])[0], false);
  const to = widened((spans.at(-1) as readonly [number, number])[1], true);
  const slot = { base: formatAddress(BASE + from * PAGE_BYTES), segments: segmentsIn(leaves, from, to) };
  const enable: Arm64Scenario = { ...guest, memslots: [slot], dirtyLog: { mode: "enable", chunk: chunkName } };
  const runs = spans.map(([start, end]) => [start - from, Math.min(end, to) - start] as const);
  const clear: Arm64Scenario = {
    ...guest,
    memslots: [{ ...slot, dirty: { runs } }],
    dirtyLog: { mode: "clear", chunk: chunkName },
  };
  return work.mode === "enable" ? [enable, clear] : [clear, enable];
}

/** A case in words: "[hole, pages 0, block, hole], enable 10 to 12, chunk 16, cache 5". */
export function caseWords(tops: readonly TopEntry[], { work, chunk }: WrongCase): string {
  const trees = tops.map((top) => (typeof top === "number" ? leafWord(top) : `[${top.map(entryWord).join(", ")}]`));
  const spans = work.spans.map(([start, end]) =>
    end === start + 1 ? `page ${start}` : `pages ${start} to ${end - 1}`,
  );
  const verb = work.mode === "enable" ? "enable over" : "clear of";
  return `${trees.join("; ")}; ${verb} ${spans.join(" and ")}; chunk ${chunk.chunkPages}, cache ${chunk.cacheCapacity}`;
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
