import { HOLE, type Layout, type SegmentLayout } from "./layout.js";

/** The mapped segments of all slots in address order: a region's are found without going over those of the whole guest. */
export class SegmentIndex {
  /** Ascending and disjoint; holes are left out. */
  readonly segments: readonly SegmentLayout[];
  /** Index in `layout.slots` of the slot that each segment belongs to. */
  readonly slotOf: Int32Array;

  constructor(layout: Layout) {
    const slots = layout.slots
      .map((slot, index) => ({ slot, index }))
      .sort((a, b) => a.slot.startGfn - b.slot.startGfn);
    const segments: SegmentLayout[] = [];
    const slotOf: number[] = [];
    for (const { slot, index } of slots) {
      for (const segment of slot.segments) {
        if (segment.level === HOLE) continue;
        segments.push(segment);
        slotOf.push(index);
      }
    }
    this.segments = segments;
    this.slotOf = Int32Array.from(slotOf);
  }

  /** Index of the first segment that ends beyond `gfn`; the number of segments where there is none. */
  firstEndingAfter(gfn: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.endGfn <= gfn) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
