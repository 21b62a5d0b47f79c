import { badInput, clip } from "../errors.js";
import type { FrameRange } from "./flow/slots.js";
import type { DirtyBitmap } from "./memslots.js";
import { firstWhere } from "./sorted.js";

/** Pages of one word of a dirty bitmap: what KVM_CLEAR_DIRTY_LOG handles at a time. */
export const WORD_PAGES = 64;

/** A run of dirty pages: first page, number of pages. */
export type Run = readonly [number, number];

/**
 * Runs of dirty pages of a slot, ascending and merged, and how many pages past its end were given.
 */
export interface DirtyRuns {
  readonly runs: readonly Run[];
  readonly pagesPastEnd: number;
}

/**
 * Runs of dirty pages, ascending and merged. Bits past the slot's end do nothing, for the kernel
 * ANDs each word with the slot's bitmap (Linux 7.3, virt/kvm/kvm_main.c,
 * `kvm_clear_dirty_log_protect()`).
 *
 * @throws UserError for a run that does not begin in the slot, a word that is none
 */
export function dirtyRuns(dirty: DirtyBitmap, npages: number, input: string): DirtyRuns {
  const given =
    "runs" in dirty
      ? checkedRuns(dirty.runs, npages, input)
      : wordRuns(dirty.words.map((word, index) => wordOf(word, `${input}.words[${index}]`)));
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

/** A word of a bitmap, as a number. */
function wordOf(word: string, which: string): bigint {
  if (/^(?:0|0x[0-9a-f]{1,16})$/i.test(word)) return BigInt(word);
  throw badInput(`${which} "${clip(word)}"`, "not a 64-bit word", "hexadecimal with 0x, at most 16 digits");
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

function wordRuns(words: readonly bigint[]): Run[] {
  const runs: [number, number][] = [];
  for (const [index, bits] of words.entries()) {
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
 * What the words of a slot cover, first to last set bit of each, in frames, ascending: neighbours
 * are joined, so that there are no more spans than runs.
 */
export function dirtySpans(slot: FrameRange, runs: readonly Run[]): readonly Run[] {
  const spans: [number, number][] = [];
  for (const [start, count] of runs) {
    const last = spans.at(-1);
    const end = slot.startGfn + start + count;
    // The bits between two runs are covered too where both runs have a bit in one word.
    const joined =
      last !== undefined && Math.floor((last[1] - 1 - slot.startGfn) / WORD_PAGES) === Math.floor(start / WORD_PAGES);
    if (joined || last?.[1] === slot.startGfn + start) last[1] = end;
    else spans.push([slot.startGfn + start, end]);
  }
  return spans;
}

/**
 * Index of the first span that ends beyond `gfn`, or the number of spans. Spans `[start, end)` are
 * ascending and disjoint.
 */
function firstEndingAfter(spans: readonly Run[], gfn: number): number {
  return firstWhere(spans, ([, end]) => end > gfn);
}

/** Whether any span meets [start, end). */
export function meets(spans: readonly Run[], start: number, end: number): boolean {
  const span = spans[firstEndingAfter(spans, start)];
  return span !== undefined && span[0] < end;
}

/** The spans that meet [start, end). */
export function* spansMeeting(spans: readonly Run[], start: number, end: number): Generator<Run> {
  for (let i = firstEndingAfter(spans, start); i < spans.length && spans[i]![0] < end; i++) yield spans[i]!;
}
