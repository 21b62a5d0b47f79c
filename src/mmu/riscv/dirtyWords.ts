import { type Run, WORD_PAGES } from "../dirtyRuns.js";
import type { SlotLayout } from "../slotLayout.js";

/**
 * Goes over the non-zero words of a slot in order, counted from the slot's first page, whatever its
 * base is aligned to. One object, moved on: a slot of 1 TiB has four million words.
 */
export class WordCursor {
  /** Frame of bit 0. */
  gfn = 0;
  /** Bits 0 to 31, and 32 to 63. */
  low = 0;
  high = 0;
  private readonly slotGfn: number;
  private readonly runs: readonly Run[];
  private run = 0;
  /** First page that has not been looked at, relative to the slot. */
  private at = 0;

  constructor(slot: Pick<SlotLayout, "startGfn" | "endGfn" | "dirty">) {
    this.slotGfn = slot.startGfn;
    this.runs = slot.dirty ?? [[0, slot.endGfn - slot.startGfn]];
  }

  /** Moves to the next non-zero word; false where there is none. */
  next(): boolean {
    if (this.run === this.runs.length) return false;
    const first = Math.max(this.at, this.runs[this.run]![0]);
    const start = Math.floor(first / WORD_PAGES) * WORD_PAGES;
    const end = start + WORD_PAGES;
    this.low = this.high = 0;
    while (this.run < this.runs.length) {
      const [runStart, count] = this.runs[this.run]!;
      if (runStart >= end) break;
      const runEnd = runStart + count;
      this.set(Math.max(runStart, start) - start, Math.min(runEnd, end) - start);
      if (runEnd > end) break;
      this.run++;
    }
    this.at = end;
    this.gfn = this.slotGfn + start;
    return true;
  }

  /** Frame of the lowest set bit. */
  get firstGfn(): number {
    return this.gfn + lowestBit(this.low, this.high);
  }

  /** Frame behind the highest set bit. */
  get endGfn(): number {
    return this.gfn + (this.high !== 0 ? 64 - Math.clz32(this.high) : 32 - Math.clz32(this.low));
  }

  private set(from: number, to: number): void {
    this.low |= bitsBetween(from, Math.min(to, 32));
    this.high |= bitsBetween(Math.max(from - 32, 0), to - 32);
  }
}

/** The lowest set bit of a word that is not 0. */
export function lowestBit(low: number, high: number): number {
  return low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(high & -high);
}

/** Bits [from, to) of 32. */
function bitsBetween(from: number, to: number): number {
  if (to <= from) return 0;
  return to - from === 32 ? -1 : ((1 << (to - from)) - 1) << from;
}
