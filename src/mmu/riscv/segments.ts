import type { Run } from "../dirtyRuns.js";
import { wordSpans } from "./dirtyWords.js";
import { HOLE, type Layout, type SegmentLayout, type SlotLayout } from "./layout.js";

/** A segment that is mapped, and whose memory it is. */
export interface MappedSegment {
  readonly segment: SegmentLayout;
  readonly slot: SlotLayout;
  /** What the work touches of the slot, in frames, ascending: all of it, or its words from first to last bit. */
  readonly spans: readonly Run[];
}

/** The mapped segments of all slots in address order: a region's are found without going over those of the whole guest. */
export class SegmentIndex {
  /** Ascending and disjoint; holes are left out. */
  readonly segments: readonly MappedSegment[];

  constructor(layout: Layout) {
    this.segments = [...layout.slots]
      .sort((a, b) => a.startGfn - b.startGfn)
      .flatMap((slot) => {
        const spans: readonly Run[] = layout.mode === "enable" ? [[slot.startGfn, slot.endGfn]] : wordSpans(slot);
        return slot.segments.filter(({ level }) => level !== HOLE).map((segment) => ({ segment, slot, spans }));
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
}
