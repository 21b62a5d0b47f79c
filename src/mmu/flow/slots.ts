import { firstWhere, neighbours } from "../sorted.js";

/** The frames of a memslot. */
export interface FrameRange {
  readonly startGfn: number;
  /** Exclusive. */
  readonly endGfn: number;
}

/** Frames in all slots, holes included. */
export function pagesIn(slots: readonly FrameRange[]): number {
  return slots.reduce((sum, { startGfn, endGfn }) => sum + endGfn - startGfn, 0);
}

/**
 * Whether a run makes digests, which need leaves in address order: as asked, else where the guest
 * is kept whole.
 *
 * @param whole whether all of the tree is kept to the end
 */
export function takesDigest(slots: readonly FrameRange[], whole: boolean, asked = whole): boolean {
  return asked && (whole || [...neighbours(slots)].every(([below, above]) => below.endGfn <= above.startGfn));
}

/** Finds the memslot of a frame; faults of one guest mostly hit the slot of the last one. */
export function slotFinder<T extends { readonly layout: FrameRange }>(slots: readonly T[]): (gfn: number) => T {
  const ascending = [...slots].sort((a, b) => a.layout.startGfn - b.layout.startGfn);
  let last = ascending[0]!;
  return (gfn) => {
    if (gfn >= last.layout.startGfn && gfn < last.layout.endGfn) return last;
    const found = ascending[firstWhere(ascending, ({ layout }) => layout.endGfn > gfn)];
    if (found === undefined || gfn < found.layout.startGfn) throw new Error(`no memslot has frame ${gfn}`);
    last = found;
    return found;
  };
}

/**
 * Pages of the region are those of the slots in ascending order; without gaps, that is an addition.
 */
export function pageFinder(ascending: readonly FrameRange[]): (page: number) => number {
  const start = ascending[0]!.startGfn;
  const gapless = [...neighbours(ascending)].every(([below, above]) => below.endGfn === above.startGfn);
  if (gapless) return (page) => start + page;
  const firsts: number[] = [];
  let first = 0;
  for (const slot of ascending) {
    firsts.push(first);
    first += slot.endGfn - slot.startGfn;
  }
  return (page) => {
    let low = 0;
    let high = firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firsts[middle]! <= page) low = middle;
      else high = middle - 1;
    }
    return ascending[low]!.startGfn + page - firsts[low]!;
  };
}
