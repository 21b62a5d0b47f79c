import { type FrameRange, pagesIn } from "./slots.js";

/**
 * A part of a slot that is in memory at once, in frames; the whole slot where the whole tree is
 * kept.
 */
export type Windows = (slot: FrameRange, work: WindowWork) => void;
export type WindowWork = (start: number, end: number) => void;

/** A slot as one window. */
export function wholeSlot(slot: FrameRange, work: WindowWork): void {
  work(slot.startGfn, slot.endGfn);
}

/**
 * Guest memory that comes and goes region by region: a region is built when a window first needs
 * it, and finished when the last slot that has a part in it is done. So the memory that is needed
 * does not grow with the guest.
 *
 * With `regionPages` Infinity there is one region, and the whole tree is kept to the end.
 */
export abstract class Regions {
  /** Slots that are not done yet, by region. */
  private readonly pending = new Map<number, number>();
  private readonly built = new Set<number>();
  private readonly pages: number;
  private pagesDone = 0;

  /**
   * @param reaches whether work at the end of a window may reach into the next region
   * @param onProgress told the share of the guest that is done, 0 to 1
   */
  constructor(
    slots: readonly FrameRange[],
    private readonly regionPages: number,
    private readonly reaches: boolean,
    private readonly onProgress?: (share: number) => void,
  ) {
    this.pages = pagesIn(slots);
    for (const slot of slots) {
      for (const region of this.regionsOf(slot)) this.pending.set(region, (this.pending.get(region) ?? 0) + 1);
    }
  }

  /** Builds a region, [start, end) in frames, before a window needs it; the end may be Infinity. */
  protected abstract build(start: number, end: number): void;
  /** Finishes it when no slot needs it any more. */
  protected abstract finish(start: number, end: number): void;

  /** Builds everything now; for guests whose whole tree is kept. */
  buildAll(): void {
    for (const region of [...this.pending.keys()].sort((a, b) => a - b)) this.buildRegion(region);
  }

  /** The windows of a slot, each built before it is worked on. */
  readonly windows = (slot: FrameRange, work: WindowWork): void => {
    for (const region of this.regionsOf(slot)) {
      const start = Math.max(slot.startGfn, this.startOf(region));
      const end = Math.min(slot.endGfn, this.startOf(region + 1));
      this.buildRegion(region);
      if (this.reaches && end < slot.endGfn) this.buildRegion(region + 1);
      work(start, end);
      const left = this.pending.get(region)! - 1;
      this.pending.set(region, left);
      if (left === 0) this.finishRegion(region);
      this.pagesDone += end - start;
      this.onProgress?.(this.pagesDone / this.pages);
    }
  };

  /** Finishes what is still there. */
  finishAll(): void {
    for (const region of [...this.built].sort((a, b) => a - b)) this.finishRegion(region);
  }

  private buildRegion(region: number): void {
    if (this.built.has(region) || !this.pending.has(region)) return;
    this.built.add(region);
    this.build(this.startOf(region), this.startOf(region + 1));
  }

  private finishRegion(region: number): void {
    this.finish(this.startOf(region), this.startOf(region + 1));
    this.built.delete(region);
    this.pending.delete(region);
  }

  protected get whole(): boolean {
    return this.regionPages === Number.POSITIVE_INFINITY;
  }

  private startOf(region: number): number {
    if (this.whole) return region === 0 ? 0 : Number.POSITIVE_INFINITY;
    return region * this.regionPages;
  }

  private *regionsOf({ startGfn, endGfn }: FrameRange): Generator<number> {
    if (this.whole) {
      yield 0;
      return;
    }
    const { regionPages } = this;
    for (let region = Math.floor(startGfn / regionPages); region * regionPages < endGfn; region++) yield region;
  }
}
