import type { Geometry } from "../../guest/geometry.js";
import type { DirtyBitmap } from "../flow/dirtyBitmap.js";
import type { FaultSlot } from "./faults.js";
import type { FlowSlotLayout } from "./flowLayout.js";
import { naturalLevel } from "./hostMemory.js";

/** A memslot of a running guest: the memory behind it, and its dirty bitmap while logging is enabled. */
export class Memslot implements FaultSlot {
  readonly pages: number;
  /** null while logging is disabled. */
  bitmap: DirtyBitmap | null = null;
  /** The copy that userspace got last, for the clear that follows. */
  lastGot: DirtyBitmap | null = null;

  constructor(
    private readonly geometry: Geometry,
    readonly layout: FlowSlotLayout,
  ) {
    this.pages = layout.endGfn - layout.startGfn;
  }

  get logging(): boolean {
    return this.bitmap !== null;
  }

  naturalLevel(gfn: number): number {
    const { startGfn, hostFrame, host } = this.layout;
    return naturalLevel(this.geometry, gfn, hostFrame + gfn - startGfn, this.layout, host);
  }

  markDirty(gfn: number): boolean {
    return this.bitmap!.set(gfn - this.layout.startGfn);
  }
}
