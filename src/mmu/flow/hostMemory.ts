import type { FrameRange } from "./slots.js";

/** A run of host memory that is mapped alike, in pages of the MMU, by host frame. */
export interface HostSegment {
  readonly startFrame: number;
  readonly endFrame: number;
  /** Level of the largest host page wanted. */
  readonly level: number;
}

/** A memslot and the host memory behind it. */
export interface HostedSlot<Segment extends HostSegment = HostSegment> extends FrameRange {
  /** The host frame behind the slot's first page. */
  readonly hostFrame: number;
  readonly host: readonly Segment[];
}

/** The segment of a frame. Binary search: a fragmented guest has many. */
export function segmentAt<Segment extends HostSegment>(segments: readonly Segment[], frame: number): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle]!.endFrame <= frame) low = middle + 1;
    else high = middle;
  }
  return segments[low]!;
}
