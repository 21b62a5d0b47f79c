import { badInput } from "../../errors.js";
import { type Geometry, geometryOf, splitCacheCapacity } from "../../guest/geometry.js";
import { parseSize } from "../../guest/sizes.js";
import { type FlowPages, flowPages } from "../flow/flowPages.js";
import { hostedSlot } from "../flow/hostMemory.js";
import type { FlowInput, FlowStepInput } from "./flowInput.js";
import type { FlowSlotLayout } from "./hostMemory.js";
import { chunkOf, type Layout, type LayoutNote, spaceOf, variantOf } from "./layout.js";
import { DEFAULT_OUTPUT_OFFSET, LeafFormat } from "./leafFormat.js";

/** A flow's guest resolved into frames, checked. */
export interface FlowLayout extends FlowPages {
  readonly geometry: Geometry;
  /** In the order of the input. */
  readonly slots: readonly FlowSlotLayout[];
  /** What a `Stage2` is made from; nothing in it is mapped. */
  readonly stage2: Layout;
  /** What the user should know of the input, although it is taken. */
  readonly notes: readonly LayoutNote[];
}

/**
 * Checks a flow's guest and turns it into frames.
 *
 * @throws UserError for a chunk or mapping that the granule does not have, slots that overlap or
 * lie beyond the IPA width, backing that does not fill its slot, steps that reach beyond memory
 */
export function flowLayoutOf(input: FlowInput): FlowLayout {
  const geometry = geometryOf(input.granule, input.ipaBits, input.lpa2);
  const chunkBytes = chunkOf(input.granule, input.chunk, "chunk");
  const slots = input.slots.map((slot, i) => hostedSlot(slot, `slots[${i}]`, spaceOf(geometry), (segment) => segment));
  const guestPageBytes = input.guestPage === undefined ? geometry.pageBytes : parseSize(input.guestPage, "guestPage");
  return {
    geometry,
    slots,
    stage2: {
      geometry,
      leaf: new LeafFormat(geometry, DEFAULT_OUTPUT_OFFSET),
      slots: slots.map(({ startGfn, endGfn }) => ({ startGfn, endGfn, segments: [], dirty: null })),
      mode: input.manual === 0 ? "enable" : "clear",
      chunkPages: chunkBytes / geometry.pageBytes,
      cacheCapacity: splitCacheCapacity(input.granule, chunkBytes),
      ...variantOf(input, chunkBytes / geometry.pageBytes),
      notes: [],
    },
    notes: input.steps.flatMap((step) => (step.op === "clear_part" ? clearNotes(step, slots) : [])),
    ...flowPages(input, slots, geometry.pageBytes, guestPageBytes),
  };
}

/**
 * A part of a slot to clear, checked as the ioctl does; bits past the slot's end do nothing, and
 * are noted.
 *
 * Source: Linux 7.3, virt/kvm/kvm_main.c, `kvm_clear_dirty_log_protect()`.
 */
function clearNotes(step: FlowStepInput & { op: "clear_part" }, slots: readonly FlowSlotLayout[]): LayoutNote[] {
  const slot = slots[step.slot];
  if (slot === undefined) throw badInput(`${step.name}: slot ${step.slot}`, "unknown", `below ${slots.length}`);
  const pages = slot.endGfn - slot.startGfn;
  const toEnd = step.firstPage + step.numPages === pages;
  let past = 0;
  for (const [bit, count] of step.runs) {
    const begins = bit >= 0 && bit < step.numPages && step.firstPage + bit < pages && count >= 1;
    if (!begins || (!toEnd && bit + count > step.numPages)) {
      throw badInput(`${step.name}: run [${bit}, ${count}]`, "beyond what is cleared", `${step.numPages} pages`);
    }
    past += Math.max(0, step.firstPage + bit + count - pages);
  }
  return past === 0 ? [] : [{ code: "dirty-past-end", input: `${step.name}.runs`, pages: past }];
}
