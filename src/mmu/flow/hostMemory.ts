import { badInput } from "../../errors.js";
import { formatSize } from "../../guest/sizes.js";
import { type GuestSpace, parsePages, refuseBeyond } from "../slotLayout.js";
import { firstWhere } from "../sorted.js";
import type { GuestFlowSlot } from "./guestFlow.js";
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
  return segments[firstWhere(segments, ({ endFrame }) => endFrame > frame)]!;
}

/**
 * A memslot of a flow in frames.
 *
 * @param segmentOf what an MMU knows of a run of host memory
 * @throws UserError for memory that cannot be, and backing that does not fill its slot
 */
export function hostedSlot<Segment extends HostSegment>(
  { base, size, hva, backing }: GuestFlowSlot,
  name: string,
  space: GuestSpace,
  segmentOf: (given: HostSegment, backing: GuestFlowSlot["backing"][number], input: string) => Segment,
): HostedSlot<Segment> {
  const startGfn = space.gfnOf(base, `${name}.base`);
  const endGfn = startGfn + parsePages(size, `${name}.size`, space.pageBytes);
  const hostFrame = space.gfnOf(hva, `${name}.hva`);
  refuseBeyond(space, endGfn, name);
  let endFrame = hostFrame;
  const host = backing.map((part, i) => {
    const path = `${name}.backing[${i}]`;
    const startFrame = endFrame;
    endFrame += parsePages(part.size, `${path}.size`, space.pageBytes);
    return segmentOf({ startFrame, endFrame, level: space.levelOf(part.map, `${path}.map`) }, part, `${path}.map`);
  });
  if (endFrame - hostFrame !== endGfn - startGfn) {
    throw badInput(`${name}.backing`, `has ${formatSize((endFrame - hostFrame) * space.pageBytes)}`, size);
  }
  return { startGfn, endGfn, hostFrame, host };
}
