import { badInput } from "../../errors.js";
import { formatSize } from "../../guest/sizes.js";
import type { GuestFlowSlot } from "../flow/guestFlow.js";
import { pageFinder } from "../flow/slots.js";
import type { RiscvFlowInput } from "./flowInput.js";
import { formatGfn, type GStageGeometry, geometryOf, levelOfMap } from "./geometry.js";
import type { FlowSlotLayout, HostSegment } from "./hostMemory.js";
import { parseGfn, parsePages } from "./layout.js";

/** A flow's guest resolved into frames, checked. */
export interface FlowLayout {
  readonly geometry: GStageGeometry;
  /** In the order of the input. */
  readonly slots: readonly FlowSlotLayout[];
  /** Pages in all slots. */
  readonly npages: number;
  /** Accesses of each vCPU's pass, and the modulus of its random pages. */
  readonly passPages: number;
  /** Page, counted through all slots in address order, to frame. */
  readonly gfnOfPage: (page: number) => number;
}

/**
 * Checks a flow's guest and turns it into frames.
 *
 * @throws UserError for slots that overlap or lie beyond the guest physical space, backing that does not fill its slot, passes that reach
 * beyond memory, steps after `destroy`
 */
export function flowLayoutOf(input: RiscvFlowInput): FlowLayout {
  const geometry = geometryOf(input.gstage);
  if (!Number.isInteger(input.vcpus) || input.vcpus < 1) throw badInput("vcpus", `is ${input.vcpus}`, "at least 1");
  const slots = input.slots.map((slot, index) => flowSlot(slot, geometry, `slots[${index}]`));
  const ascending = [...slots].sort((a, b) => a.startGfn - b.startGfn);
  for (let i = 1; i < ascending.length; i++) {
    if (ascending[i]!.startGfn < ascending[i - 1]!.endGfn) {
      const at = formatGfn(ascending[i]!.startGfn);
      throw badInput(`the slot at ${at}`, "overlaps another", "memslots that do not overlap");
    }
  }
  const npages = slots.reduce((sum, slot) => sum + slot.endGfn - slot.startGfn, 0);
  const hasPasses = input.steps.some((step) => step.op === "guest" || (step.op === "disable" && step.guests));
  if (hasPasses && !(input.pagesPerVcpu * input.vcpus <= npages)) {
    const vcpus = `${input.vcpus} vCPUs with ${input.pagesPerVcpu} pages each`;
    throw badInput(vcpus, "need more than there is", `at most the ${npages} pages of the memslots`);
  }
  const end = input.steps.findIndex(({ op }) => op === "destroy");
  if (end >= 0 && end < input.steps.length - 1)
    throw badInput(`steps[${end + 1}]`, "comes after the VM has ended", "destroy as the last step");
  const passPages = input.partitioned ? input.pagesPerVcpu : input.pagesPerVcpu * input.vcpus;
  return { geometry, slots, npages, passPages, gfnOfPage: pageFinder(ascending) };
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
