import { badInput } from "../../errors.js";
import type { Run } from "../dirtyRuns.js";
import { pageFinder, pagesIn } from "../flow/slots.js";
import { type DirtyLogMode, refuseOverlaps } from "../memslots.js";
import { pastEndNote } from "../slotFields.js";
import { type GuestSpace, type SegmentLayout, type SlotLayout, slotLayout } from "../slotLayout.js";
import { alignDown, type GStageGeometry, geometryOf, levelOfMap, SPAN } from "./geometry.js";
import type { RiscvScenario } from "./scenario.js";

export type { SegmentLayout, SlotLayout };

/** A scenario resolved into frames, checked: what the model works on. */
export interface Layout {
  readonly geometry: GStageGeometry;
  /** In the scenario's order. */
  readonly slots: readonly SlotLayout[];
  readonly mode: DirtyLogMode;
  readonly eagerSplit: boolean;
  /** 0: never. */
  readonly reschedEvery: number;
  /** null: nothing follows. Runs are of frames. */
  readonly after: { readonly thp: boolean; readonly writes: readonly Run[] } | null;
  /** Sentences on what was taken otherwise than it was given. */
  readonly notes: readonly string[];
}

/** {@link SegmentLayout.level} of a hole. */
export const HOLE = -1;

/** 512G leaves are split into tables of 1 GiB each: more than one would not fit in memory. */
const MAX_512G = 1;

/**
 * Checks a scenario and turns it into frames.
 *
 * @throws UserError for a mapping that the mode does not have, slots that overlap or lie beyond the
 * guest physical space, sizes that are no whole number of pages
 */
export function layoutOf(scenario: RiscvScenario): Layout {
  const geometry = geometryOf(scenario.gstage);
  const notes: string[] = [];
  const space = spaceOf(geometry);
  const pastEnd = (input: string, pages: number) => notes.push(pastEndNote(input, pages));
  const slots = scenario.memslots.map((slot, index) => slotLayout(slot, `memslots[${index}]`, space, HOLE, pastEnd));
  refuseOverlaps(slots);
  const giants = slots.flatMap(({ segments }) => segments).filter(({ level }) => level === 3);
  if (pagesIn(giants) > MAX_512G * SPAN[3]!) {
    throw badInput("memslots", `more than ${MAX_512G} leaf of 512G`, "at most one: split, it takes 1 GiB of tables");
  }
  const { mode, eagerSplit, reschedEveryNPolls = 0 } = scenario.dirtyLog;
  return {
    geometry,
    slots,
    mode,
    eagerSplit,
    reschedEvery: reschedEveryNPolls,
    after: afterOf(scenario, slots),
    notes,
  };
}

/**
 * Guests up to this size are kept whole by default, with digests; larger ones go region by region,
 * without.
 */
export const WHOLE_TREE_PAGES = (16 * 2 ** 30) / 4096;

function afterOf({ afterDisable }: RiscvScenario, slots: readonly SlotLayout[]): Layout["after"] {
  if (afterDisable === undefined) return null;
  const ascending = [...slots].sort((a, b) => a.startGfn - b.startGfn);
  const npages = pagesIn(ascending);
  if (npages > WHOLE_TREE_PAGES)
    throw badInput("afterDisable", "needs the whole tree", "memslots of at most 16G in all");
  const gfnOf = pageFinder(ascending);
  const writes = afterDisable.writes.flatMap(([first, count], i): Run[] => {
    if (!(first >= 0 && count >= 1 && first + count <= npages))
      throw badInput(`afterDisable.writes[${i}]`, "not a run of pages of the guest", `[first, count] within ${npages}`);
    // A run over several slots is one run of frames only where they touch: page by page it is right
    // anywhere.
    return Array.from({ length: count }, (_, page): Run => [gfnOf(first + page), 1]);
  });
  return { thp: afterDisable.backing === "thp", writes };
}

/** Where a guest of riscv may lie. */
export function spaceOf(geometry: GStageGeometry): GuestSpace {
  return {
    pageBytes: 4096,
    endGfn: geometry.endGfn,
    words: `the ${geometry.gpaBits} bits of ${geometry.mode}`,
    wider: "a deeper mode",
    gfnOf: parseGfn,
    levelOf: (map, input) => levelOfMap(map, geometry, input),
  };
}

/**
 * A page-aligned address as a frame; up to 2^59, which a double holds only as a frame. @throws
 * UserError
 */
export function parseGfn(text: string, input: string): number {
  if (!/^0x[0-9a-f]{1,16}$/i.test(text)) {
    throw badInput(`${input} "${text}"`, "not an address", "hexadecimal with 0x such as 0x40000000");
  }
  const address = BigInt(text);
  if (address % 4096n !== 0n) throw badInput(`${input} ${text}`, "not page-aligned", "a multiple of 4K");
  return Number(address / 4096n);
}

/**
 * The level of the leaf that the fill rule puts at `gfn` of a segment: the largest wanted, aligned,
 * fitting one.
 */
export function leafLevelAt(segment: SegmentLayout, gfn: number): number {
  for (let level = segment.level; level > 0; level--) {
    if (alignDown(gfn, level) === gfn && gfn + SPAN[level]! <= segment.endGfn) return level;
  }
  return 0;
}

/** The leaf that the fill rule puts over `gfn`: its first frame and its level. */
export function naturalLeaf(segment: SegmentLayout, gfn: number): { readonly start: number; readonly level: number } {
  for (let level = segment.level; level > 0; level--) {
    const start = alignDown(gfn, level);
    if (start >= segment.startGfn && start + SPAN[level]! <= segment.endGfn) return { start, level };
  }
  return { start: gfn, level: 0 };
}

/** Whether the fill rule puts a leaf above level 0 anywhere into a segment. */
export function hasBlocks(segment: SegmentLayout): boolean {
  if (segment.level <= 0) return false;
  const first = Math.ceil(segment.startGfn / SPAN[1]!) * SPAN[1]!;
  return first + SPAN[1]! <= segment.endGfn;
}
