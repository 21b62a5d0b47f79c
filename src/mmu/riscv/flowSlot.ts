import { segmentAt } from "../flow/hostMemory.js";
import { LoggedSlot } from "../flow/loggedSlot.js";
import type { FaultSlot } from "./faults.js";
import { type FlowSlotLayout, mapLevel } from "./hostMemory.js";
import type { SlotLayout } from "./layout.js";

/** A memslot of a running guest, and the memory behind it. */
export class FlowSlot extends LoggedSlot<FlowSlotLayout & SlotLayout> implements FaultSlot {
  constructor(layout: FlowSlotLayout) {
    super({ ...layout, segments: [], dirty: null });
  }

  mapLevel(gfn: number): number {
    const frame = this.frameOf(gfn);
    return mapLevel(this.layout, frame, segmentAt(this.layout.host, frame));
  }

  isThp(gfn: number): boolean {
    return !segmentAt(this.layout.host, this.frameOf(gfn)).hugetlb;
  }

  private frameOf(gfn: number): number {
    return this.layout.hostFrame + gfn - this.layout.startGfn;
  }
}
