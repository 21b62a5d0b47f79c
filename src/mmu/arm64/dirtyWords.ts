import { WORD_PAGES } from "../dirtyRuns.js";
import type { FrameRange } from "../flow/slots.js";
import type { SlotLayout } from "./layout.js";

/**
 * The words of a dirty bitmap that are not zero, in order; of each, the frames from the first to
 * the last set bit. Words are counted from the slot's first page, not from an absolute address. One
 * object, moved on: a slot of 1 TiB has four million words.
 */
export interface DirtyWords extends FrameRange {
  /** Moves to the next word; false where there is none. */
  next(): boolean;
}

/** The words of a scenario's slot, from its runs of dirty pages. */
export class SlotWords implements DirtyWords {
  startGfn = 0;
  endGfn = 0;
  private readonly slotGfn: number;
  private readonly runs: readonly (readonly [number, number])[];
  private run = 0;
  /**
   * First page that has not been looked at, relative to the slot; it may lie before the present
   * run.
   */
  private at = 0;

  constructor(slot: SlotLayout) {
    this.slotGfn = slot.startGfn;
    this.runs = slot.dirty ?? [[0, slot.endGfn - slot.startGfn]];
  }

  next(): boolean {
    if (this.run === this.runs.length) return false;
    const first = Math.max(this.at, this.runs[this.run]![0]);
    const wordEnd = Math.floor(first / WORD_PAGES) * WORD_PAGES + WORD_PAGES;
    let last = first;
    while (this.run < this.runs.length) {
      const [start, count] = this.runs[this.run]!;
      if (start >= wordEnd) break;
      last = Math.min(start + count, wordEnd);
      if (start + count > wordEnd) break;
      this.run++;
    }
    this.at = last;
    this.startGfn = this.slotGfn + first;
    this.endGfn = this.slotGfn + last;
    return true;
  }
}

/**
 * Ranges of words: a word's range joins the one before where the two touch (the last bit of one
 * word and the first of the next are both in) and are together no longer than a limit. A word
 * longer than the limit is a range all the same.
 *
 * A proposal of this project, not in any kernel; with limit 0 a range is a word, as in Linux 7.3.
 */
export class JoinedWords implements FrameRange {
  startGfn = 0;
  endGfn = 0;
  /** Words taken so far. */
  words = 0;
  private ahead: boolean;

  /** @param limitPages pages of a range of several words, at most */
  constructor(
    private readonly source: DirtyWords,
    private readonly limitPages: number,
  ) {
    this.ahead = source.next();
  }

  /** Moves to the next range; false where there is none. */
  next(): boolean {
    if (!this.ahead) return false;
    const { source } = this;
    this.startGfn = source.startGfn;
    do {
      this.endGfn = source.endGfn;
      this.words++;
      this.ahead = source.next();
    } while (this.ahead && source.startGfn === this.endGfn && source.endGfn - this.startGfn <= this.limitPages);
    return true;
  }
}
