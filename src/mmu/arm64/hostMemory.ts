import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import { type HostedSlot, type HostSegment, segmentAt } from "../flow/hostMemory.js";

/**
 * A memslot of a flow. The host maps the largest page not above a segment's level that lies,
 * aligned by host frame, wholly inside it.
 */
export type FlowSlotLayout = HostedSlot;

/**
 * The level of the leaf that a fault on `gfn` maps while its slot is not logging: the largest block
 * whose guest and host address agree modulo its size, that the host maps by a page no smaller, and
 * that lies inside the slot.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `fault_supports_stage2_huge_mapping()`,
 * `transparent_hugepage_adjust()`.
 */
export function naturalLevel(geometry: Geometry, gfn: number, slot: FlowSlotLayout): number {
  const hostFrame = slot.hostFrame + gfn - slot.startGfn;
  const hostLevel = hostLevelAt(geometry, hostFrame, slot.host);
  for (let level = Math.max(hostLevel, FIRST_BLOCK_LEVEL[geometry.granule]); level < PAGE_LEVEL; level++) {
    const span = geometry.spanPages[level]!;
    const start = Math.floor(gfn / span) * span;
    const agree = gfn % span === hostFrame % span;
    if (agree && start >= slot.startGfn && start + span <= slot.endGfn) return level;
  }
  return PAGE_LEVEL;
}

const FIRST_BLOCK_LEVEL = { "4K": 1, "16K": 2, "64K": 2 } as const;

/**
 * The level of the host page at a frame: the largest not above what its segment wants that lies,
 * aligned, wholly inside it.
 */
function hostLevelAt(geometry: Geometry, frame: number, segments: readonly HostSegment[]): number {
  const segment = segmentAt(segments, frame);
  for (let level = segment.level; level < PAGE_LEVEL; level++) {
    const span = geometry.spanPages[level]!;
    const start = Math.floor(frame / span) * span;
    if (start >= segment.startFrame && start + span <= segment.endFrame) return level;
  }
  return PAGE_LEVEL;
}
