import { badInput } from "../../errors.js";
import { formatSize } from "../../guest/sizes.js";
import { type FlowPages, flowPages } from "../flow/flowPages.js";
import type { GuestFlowSlot } from "../flow/guestFlow.js";
import type { RiscvFlowInput } from "./flowInput.js";
import { formatGfn, type GStageGeometry, geometryOf, levelOfMap } from "./geometry.js";
import type { FlowSlotLayout, HostSegment } from "./hostMemory.js";
import { parseGfn, parsePages } from "./layout.js";

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
  const slots = input.slots.map((slot, index) => flowSlot(slot, geometry, `slots[${index}]`));
  const end = input.steps.findIndex(({ op }) => op === "destroy");
  if (end >= 0 && end < input.steps.length - 1)
    throw badInput(`steps[${end + 1}]`, "comes after the VM has ended", "destroy as the last step");
  return { geometry, slots, ...flowPages(input, slots, 4096, 4096) };
}

function flowSlot(slot: GuestFlowSlot, geometry: GStageGeometry, name: string): FlowSlotLayout {
  const startGfn = parseGfn(slot.base, `${name}.base`);
  const pages = parsePages(slot.size, `${name}.size`);
  const hostFrame = parseGfn(slot.hva, `${name}.hva`);
  const endGfn = startGfn + pages;
  if (endGfn > geometry.endGfn) {
    throw badInput(
      name,
      `ends at ${formatGfn(endGfn)}, beyond the ${geometry.gpaBits} bits of ${geometry.mode}`,
      `memory below ${formatGfn(geometry.endGfn)}, or a deeper mode`,
    );
  }
  let frame = hostFrame;
  const host = slot.backing.map(({ map, size, hugetlb }, i): HostSegment => {
    const path = `${name}.backing[${i}]`;
    const level = levelOfMap(map, geometry, `${path}.map`);
    if (level > 2) throw badInput(`${path}.map "${map}"`, "no host maps it", "4K, 2M or 1G");
    const startFrame = frame;
    frame += parsePages(size, `${path}.size`);
    return { startFrame, endFrame: frame, level, hugetlb: level === 2 || hugetlb === true };
  });
  if (frame !== hostFrame + pages) {
    throw badInput(`${name}.backing`, `has ${formatSize((frame - hostFrame) * 4096)}`, slot.size);
  }
  return { startGfn, endGfn, hostFrame, host };
}
