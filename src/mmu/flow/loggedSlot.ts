import type { DirtyBitmap } from "./dirtyBitmap.js";
import type { FrameRange } from "./slots.js";

/** A memslot of a running guest, with its dirty bitmap while logging is enabled. */
export class LoggedSlot<Layout extends FrameRange = FrameRange> {
  readonly pages: number;
  /** null while logging is disabled. */
  bitmap: DirtyBitmap | null = null;
  /** The copy that userspace got last, for the clear that follows. */
  lastGot: DirtyBitmap | null = null;

  constructor(readonly layout: Layout) {
    this.pages = layout.endGfn - layout.startGfn;
  }

  get logging(): boolean {
    return this.bitmap !== null;
  }

  /** Sets the bit of a page while logging; false where it was set. */
  markDirty(gfn: number): boolean {
    return this.bitmap!.set(gfn - this.layout.startGfn);
  }
}
