import { badInput } from "../errors.js";
import { formatAddress, formatSize, parseSize } from "../guest/sizes.js";
import { dirtyRuns, dirtySpans, type Run } from "./dirtyRuns.js";
import type { FrameRange } from "./flow/slots.js";
import type { DirtyLogMode, Memslot } from "./memslots.js";
import { firstWhere } from "./sorted.js";

/** A memslot of a scenario, in frames. */
export interface SlotLayout extends FrameRange {
  readonly segments: readonly SegmentLayout[];
  /**
   * Runs of dirty pages `[first, count]` relative to the slot, ascending and disjoint; null is all.
   */
  readonly dirty: readonly Run[] | null;
}

export interface SegmentLayout extends FrameRange {
  /** Level of the largest leaf wanted, as the MMU counts them, which has one for holes too. */
  readonly level: number;
  readonly writeProtected: boolean;
}

/** Where the memory of an MMU's guest may lie, and how it is read. */
export interface GuestSpace {
  readonly pageBytes: number;
  readonly endGfn: number;
  /** "the 40-bit IPA space" */
  readonly words: string;
  /** What has more room: "more IPA bits". */
  readonly wider: string;
  /** The frame of a page-aligned address. @throws UserError */
  gfnOf(address: string, input: string): number;
  /** The level of a mapping size. @throws UserError */
  levelOf(map: string, input: string): number;
}

/** A size as a number of pages, at least one. @throws UserError */
export function parsePages(text: string, input: string, pageBytes: number): number {
  const bytes = parseSize(text, input);
  if (bytes === 0 || bytes % pageBytes !== 0) {
    const expected = `a multiple of ${formatSize(pageBytes)}, at least one`;
    throw badInput(`${input} "${text}"`, "not a whole number of pages", expected);
  }
  return bytes / pageBytes;
}

/** @throws UserError for memory that ends beyond its space */
export function refuseBeyond({ pageBytes, endGfn, words, wider }: GuestSpace, end: number, input: string): void {
  if (end <= endGfn) return;
  const [ends, below] = [formatAddress(end * pageBytes), formatAddress(endGfn * pageBytes)];
  throw badInput(input, `ends at ${ends}, beyond ${words}`, `memory below ${below}, or ${wider}`);
}

/**
 * A memslot in frames.
 *
 * @param hole the level of a hole
 * @param pastEnd told how many dirty pages lie past the slot's end, if any do, and which part of
 *   the input has them
 * @throws UserError for memory that cannot be
 */
export function slotLayout(
  { base, segments: given, dirty }: Memslot,
  name: string,
  space: GuestSpace,
  hole: number,
  pastEnd: (input: string, pages: number) => void,
): SlotLayout {
  const startGfn = space.gfnOf(base, `${name}.base`);
  let endGfn = startGfn;
  const segments = given.map(({ map, size, writeProtected }, i): SegmentLayout => {
    const path = `${name}.segments[${i}]`;
    const start = endGfn;
    endGfn += parsePages(size, `${path}.size`, space.pageBytes);
    const level = map === "hole" ? hole : space.levelOf(map, `${path}.map`);
    refuseBeyond(space, endGfn, path);
    return { startGfn: start, endGfn, level, writeProtected: writeProtected === true };
  });
  if (segments.length === 0) throw badInput(name, "has no segments", "at least one segment");
  if (dirty === undefined) return { startGfn, endGfn, segments, dirty: null };
  const { runs, pagesPastEnd } = dirtyRuns(dirty, endGfn - startGfn, `${name}.dirty`);
  if (pagesPastEnd > 0) pastEnd(`${name}.dirty`, pagesPastEnd);
  return { startGfn, endGfn, segments, dirty: runs };
}

/**
 * What the work touches of a slot, in frames, ascending: all of it, or its words from first to last
 * bit.
 */
export function touchedSpans(mode: DirtyLogMode, slot: SlotLayout): readonly Run[] {
  return mode === "enable" || slot.dirty === null ? [[slot.startGfn, slot.endGfn]] : dirtySpans(slot, slot.dirty);
}

/** A segment that is mapped, whose memory it is, and what the work touches of that. */
export interface MappedSegment {
  readonly segment: SegmentLayout;
  readonly slot: SlotLayout;
  readonly spans: readonly Run[];
}

/**
 * The mapped segments of all slots in address order: a region's are found without going over those
 * of the whole guest.
 */
export class SegmentIndex {
  /** Ascending and disjoint; holes are left out. */
  private readonly segments: readonly MappedSegment[];

  /** @param hole the level of a hole */
  constructor({ mode, slots }: { readonly mode: DirtyLogMode; readonly slots: readonly SlotLayout[] }, hole: number) {
    this.segments = [...slots]
      .sort((a, b) => a.startGfn - b.startGfn)
      .flatMap((slot) => {
        const spans = touchedSpans(mode, slot);
        return slot.segments.filter(({ level }) => level !== hole).map((segment) => ({ segment, slot, spans }));
      });
  }

  /** The segments that have a part in [from, to), in frames. */
  *within(from: number, to: number): Generator<MappedSegment> {
    const { segments } = this;
    const first = firstWhere(segments, ({ segment }) => segment.endGfn > from);
    for (let i = first; i < segments.length && segments[i]!.segment.startGfn < to; i++) yield segments[i]!;
  }

  /** Whether a segment has a part in [from, to). */
  hasWithin(from: number, to: number): boolean {
    return this.within(from, to).next().done !== true;
  }
}
