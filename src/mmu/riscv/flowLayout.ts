import { badInput } from "../../errors.js";
import { type FlowPages, flowPages } from "../flow/flowPages.js";
import type { GuestFlowSlot } from "../flow/guestFlow.js";
import { type HostSegment as AnyHostSegment, hostedSlot } from "../flow/hostMemory.js";
import type { RiscvFlowInput } from "./flowInput.js";
import { type GStageGeometry, geometryOf } from "./geometry.js";
import type { FlowSlotLayout, HostSegment } from "./hostMemory.js";
import { spaceOf } from "./layout.js";

/** A flow's guest resolved into frames, checked. */
export interface FlowLayout extends FlowPages {
  readonly geometry: GStageGeometry;
  /** In the order of the input. */
  readonly slots: readonly FlowSlotLayout[];
}

/**
 * Checks a flow's guest and turns it into frames.
 *
 * @throws UserError for slots that overlap or lie beyond the guest physical space, backing that
 * does not fill its slot, passes that reach beyond memory, steps after `destroy`
 */
export function flowLayoutOf(input: RiscvFlowInput): FlowLayout {
  const geometry = geometryOf(input.gstage);
  const slots = input.slots.map((slot, i) => hostedSlot(slot, `slots[${i}]`, spaceOf(geometry), segmentOf));
  const end = input.steps.findIndex(({ op }) => op === "destroy");
  if (end >= 0 && end < input.steps.length - 1)
    throw badInput(`steps[${end + 1}]`, "comes after the VM has ended", "destroy as the last step");
  return { geometry, slots, ...flowPages(input, slots, 4096, 4096) };
}

function segmentOf(
  segment: AnyHostSegment,
  { map, hugetlb }: GuestFlowSlot["backing"][number],
  input: string,
): HostSegment {
  if (segment.level > 2) throw badInput(`${input} "${map}"`, "no host maps it", "4K, 2M or 1G");
  return { ...segment, hugetlb: segment.level === 2 || hugetlb === true };
}
