import type { HostSegment as AnyHostSegment, HostedSlot } from "../flow/hostMemory.js";
import { alignDown, SPAN } from "./geometry.js";

/**
 * Level 0: pages. 1: 2M, huge pages as they come (thp) unless `hugetlb`. 2: 1G pages of hugetlb.
 */
export interface HostSegment extends AnyHostSegment {
  readonly hugetlb: boolean;
}

/** A memslot of a flow. */
export type FlowSlotLayout = HostedSlot<HostSegment>;

/**
 * The level that a fault maps while its slot is not logging. Hugetlb memory: the largest of its
 * page size and below that fits. Otherwise 2M where that fits and the host maps a block there:
 * aligned by host address, wholly inside its segment.
 *
 * Source: Linux 7.3, arch/riscv/kvm/mmu.c, `kvm_riscv_mmu_map()`,
 * `fault_supports_gstage_huge_mapping()`, `transparent_hugepage_adjust()`.
 *
 * @param frame host frame of the access
 */
export function mapLevel(slot: FlowSlotLayout, frame: number, segment: HostSegment): number {
  if (segment.hugetlb) {
    for (let level = segment.level; level > 0; level--) if (fits(slot, frame, level)) return level;
    return 0;
  }
  if (segment.level === 0 || !fits(slot, frame, 1)) return 0;
  const block = alignDown(frame, 1);
  return block >= segment.startFrame && block + SPAN[1]! <= segment.endFrame ? 1 : 0;
}

/**
 * Whether guest and host address agree modulo the size, and the access lies in the part of the slot
 * that whole blocks cover.
 */
function fits({ startGfn, endGfn, hostFrame }: FlowSlotLayout, frame: number, level: number): boolean {
  const span = SPAN[level]!;
  if ((hostFrame - startGfn) % span !== 0) return false;
  const hostEnd = hostFrame + endGfn - startGfn;
  return frame >= Math.ceil(hostFrame / span) * span && frame < alignDown(hostEnd, level);
}
