import type { DirtyBitmap } from "../flow/dirtyBitmap.js";
import type { FaultSlot } from "./faults.js";
import { type FlowSlotLayout, mapLevel, segmentAt } from "./hostMemory.js";
import type { SlotLayout } from "./layout.js";

/** A memslot of a running guest: the memory behind it, and its dirty bitmap while logging is enabled. */
export class FlowSlot implements FaultSlot {
  readonly pages: number;
  readonly layout: FlowSlotLayout & SlotLayout;
  /** null while logging is disabled. */
  bitmap: DirtyBitmap | null = null;
  /** The copy that userspace got last, for the clear that follows. */
  lastGot: DirtyBitmap | null = null;

  constructor(layout: FlowSlotLayout) {
    this.layout = { ...layout, segments: [], dirty: null };
    this.pages = layout.endGfn - layout.startGfn;
  }

  get logging(): boolean {
    return this.bitmap !== null;
  }

  mapLevel(gfn: number): number {
    const frame = this.frameOf(gfn);
    return mapLevel(this.layout, frame, segmentAt(this.layout.host, frame));
  }

  isThp(gfn: number): boolean {
    return !segmentAt(this.layout.host, this.frameOf(gfn)).hugetlb;
  }

  markDirty(gfn: number): boolean {
    return this.bitmap!.set(gfn - this.layout.startGfn);
  }

  private frameOf(gfn: number): number {
    return this.layout.hostFrame + gfn - this.layout.startGfn;
  }
}
