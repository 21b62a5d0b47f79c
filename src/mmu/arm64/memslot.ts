import type { Geometry } from "../../guest/geometry.js";
import type { DirtyBitmap } from "./dirtyBitmap.js";
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

/** Finds the memslot of a frame; faults of one guest mostly hit the slot of the last one. */
export function slotFinder(slots: readonly Memslot[]): (gfn: number) => Memslot {
  const ascending = [...slots].sort((a, b) => a.layout.startGfn - b.layout.startGfn);
  let last = ascending[0]!;
  return (gfn) => {
    if (gfn >= last.layout.startGfn && gfn < last.layout.endGfn) return last;
    let low = 0;
    let high = ascending.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ascending[middle]!.layout.endGfn <= gfn) low = middle + 1;
      else high = middle;
    }
    const found = ascending[low]!;
    if (gfn < found.layout.startGfn || gfn >= found.layout.endGfn) throw new Error(`no memslot has frame ${gfn}`);
    last = found;
    return found;
  };
}
