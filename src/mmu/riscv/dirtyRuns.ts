import { badInput, clip } from "../../errors.js";
import type { DirtyFields } from "../slotFields.js";

/** A run of dirty pages: first page, number of pages. */
export type Run = readonly [number, number];

/** What of a memslot its dirty bitmap depends on, in frames. */
export interface DirtySlot {
  readonly startGfn: number;
  /** Exclusive. */
  readonly endGfn: number;
  /** Runs of dirty pages relative to the slot, ascending and disjoint; null is all. */
  readonly dirty: readonly Run[] | null;
}

/** Pages that a word of the bitmap covers. */
export const WORD_PAGES = 64;

/** Runs of dirty pages of a slot, ascending and merged, and how many pages past its end were given. */
interface DirtyRuns {
  readonly runs: readonly Run[];
  readonly pagesPastEnd: number;
}

/**
 * Runs of dirty pages, ascending and merged. What reaches past the slot's end does nothing: the kernel's own bitmap does not have it.
 *
 * @throws UserError for a run that does not begin in the slot, a word that is none
 */
export function dirtyRuns(dirty: DirtyFields, npages: number, input: string): DirtyRuns {
  const given = "runs" in dirty ? checkedRuns(dirty.runs, npages, input) : wordRuns(dirty.words, input);
  const merged: [number, number][] = [];
  let pagesPastEnd = 0;
  for (const [first, asked] of [...given].sort((a, b) => a[0] - b[0])) {
    const count = Math.max(0, Math.min(asked, npages - first));
    pagesPastEnd += asked - count;
    if (count === 0) continue;
    const last = merged.at(-1);
    if (last !== undefined && first <= last[0] + last[1]) last[1] = Math.max(last[1], first + count - last[0]);
    else merged.push([first, count]);
  }
  return { runs: merged, pagesPastEnd };
}

function checkedRuns(runs: readonly Run[], npages: number, input: string): readonly Run[] {
  for (const [first, asked] of runs) {
    const whole = Number.isSafeInteger(first) && Number.isSafeInteger(asked);
    if (!whole || first < 0 || first >= npages || asked < 1) {
      const run = `${input} [${first}, ${asked}]`;
      throw badInput(run, "not a run of pages of this slot", `[first, count] that begins within ${npages} pages`);
    }
  }
  return runs;
}

function wordRuns(words: readonly string[], input: string): Run[] {
  const runs: [number, number][] = [];
  for (const [index, word] of words.entries()) {
    if (!/^(?:0|0x[0-9a-f]{1,16})$/i.test(word)) {
      const which = `${input}.words[${index}] "${clip(word)}"`;
      throw badInput(which, "not a 64-bit word", "hexadecimal with 0x, at most 16 digits");
    }
    const bits = BigInt(word);
    for (let bit = 0; bit < WORD_PAGES; bit++) {
      if (((bits >> BigInt(bit)) & 1n) === 0n) continue;
      const page = WORD_PAGES * index + bit;
      const last = runs.at(-1);
      if (last !== undefined && last[0] + last[1] === page) last[1]++;
      else runs.push([page, 1]);
    }
  }
  return runs;
}

/**
 * Goes over the non-zero words of a slot in order, counted from the slot's first page, whatever its base is aligned to. One object, moved
 * on: a slot of 1 TiB has four million words.
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

  constructor(slot: DirtySlot) {
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

/**
 * What the words of a slot span, first to last set bit of each, in frames, ascending; neighbours are joined, so that there are no more
 * spans than runs.
 */
export function wordSpans(slot: DirtySlot): readonly Run[] {
  if (slot.dirty === null) return [[slot.startGfn, slot.endGfn]];
  const spans: [number, number][] = [];
  for (const [start, count] of slot.dirty) {
    const last = spans.at(-1);
    const end = slot.startGfn + start + count;
    const lastPage = last === undefined ? -1 : last[1] - 1 - slot.startGfn;
    const sameWord = last !== undefined && Math.floor(lastPage / WORD_PAGES) === Math.floor(start / WORD_PAGES);
    if (last !== undefined && (sameWord || lastPage + 1 === start)) last[1] = end;
    else spans.push([slot.startGfn + start, end]);
  }
  return spans;
}
