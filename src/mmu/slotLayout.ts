import { dirtySpans, type Run } from "./dirtyRuns.js";
import type { FrameRange } from "./flow/slots.js";
import type { DirtyLogMode } from "./memslots.js";

/** A memslot of a scenario, in frames. */
export interface SlotLayout extends FrameRange {
  readonly segments: readonly SegmentLayout[];
  /** Runs of dirty pages `[first, count]` relative to the slot, ascending and disjoint; null is all. */
  readonly dirty: readonly Run[] | null;
}

export interface SegmentLayout extends FrameRange {
  /** Level of the largest leaf wanted, as the MMU counts them, which has one for holes too. */
  readonly level: number;
  readonly writeProtected: boolean;
}

/** What the work touches of a slot, in frames, ascending: all of it, or its words from first to last bit. */
export function touchedSpans(mode: DirtyLogMode, slot: SlotLayout): readonly Run[] {
  return mode === "enable" || slot.dirty === null ? [[slot.startGfn, slot.endGfn]] : dirtySpans(slot, slot.dirty);
}

/** A segment that is mapped, whose memory it is, and what the work touches of that. */
export interface MappedSegment {
  readonly segment: SegmentLayout;
  readonly slot: SlotLayout;
  readonly spans: readonly Run[];
}

/** The mapped segments of all slots in address order: a region's are found without going over those of the whole guest. */
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
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (segments[middle]!.segment.endGfn <= from) low = middle + 1;
      else high = middle;
    }
    for (; low < segments.length && segments[low]!.segment.startGfn < to; low++) yield segments[low]!;
  }

  /** Whether a segment has a part in [from, to). */
  hasWithin(from: number, to: number): boolean {
    return this.within(from, to).next().done !== true;
  }
}
