import type { Geometry } from "../../guest/geometry.js";
import { VALID } from "./descriptor.js";

/**
 * Table pages, in one typed array. Descriptor `slot` has its words at `words[2 * slot]` (lo) and
 * `words[2 * slot + 1]` (hi); table page `t` has the slots `t * entries` to
 * `(t + 1) * entries - 1`. Pages 0 to pgdPages - 1 are the root.
 *
 * A table descriptor holds the page number as its output address, as a real one does; frames of
 * tables are numbered from 0, apart from the guest's memory.
 */
export class TableMemory {
  /** Replaced when the memory grows: read it again after anything that may allocate. */
  words: Uint32Array;
  readonly entries: number;
  private readonly pageShift: number;
  private readonly highShift: number;
  private readonly rootPages: number;
  /** Pages ever handed out, root included; freed ones are in `free`. */
  private used: number;
  private readonly free: number[] = [];

  constructor(geometry: Geometry, pages = 16) {
    this.entries = geometry.entries;
    this.pageShift = geometry.pageShift;
    this.highShift = 32 - geometry.pageShift;
    this.rootPages = geometry.pgdPages;
    this.used = geometry.pgdPages;
    this.words = new Uint32Array(2 * this.entries * Math.max(pages, this.used + 1));
  }

  /** Table pages in use, root excluded. */
  get tables(): number {
    return this.used - this.free.length - this.rootPages;
  }

  /** A zeroed table page. */
  alloc(): number {
    const wordsPerPage = 2 * this.entries;
    const recycled = this.free.pop();
    if (recycled !== undefined) {
      this.words.fill(0, recycled * wordsPerPage, (recycled + 1) * wordsPerPage);
      return recycled;
    }
    const page = this.used++;
    if (this.used * wordsPerPage > this.words.length) {
      const grown = new Uint32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    // Pages past `used` may hold what a run before a reset left there.
    this.words.fill(0, page * wordsPerPage, (page + 1) * wordsPerPage);
    return page;
  }

  release(page: number): void {
    this.free.push(page);
  }

  /** lo word of a table descriptor for this page. */
  tableLo(page: number): number {
    return ((page << this.pageShift) | 3) >>> 0;
  }

  /** hi word of a table descriptor for this page. */
  tableHi(page: number): number {
    return page >>> this.highShift;
  }

  /** The page that a table descriptor points to. */
  childOf(lo: number, hi: number): number {
    // The shift drops all of `hi` that is no address.
    return ((lo >>> this.pageShift) | (hi << this.highShift)) >>> 0;
  }

  /** Whether what is in use is as in a snapshot. */
  holds({ words, used }: MemorySnapshot): boolean {
    if (used !== this.used) return false;
    const own = this.words;
    const { length } = words;
    for (let word = 0; word < length; word++) if (own[word] !== words[word]) return false;
    return true;
  }

  /** A copy of what is in use, for {@link restore}. */
  snapshot(): MemorySnapshot {
    return { words: this.words.slice(0, this.used * 2 * this.entries), used: this.used, free: [...this.free] };
  }

  /** Puts a snapshot back; nothing is allocated unless the memory is smaller than it was. */
  restore(snapshot: MemorySnapshot): void {
    if (this.words.length < snapshot.words.length) this.words = new Uint32Array(snapshot.words.length * 2);
    this.words.set(snapshot.words);
    this.used = snapshot.used;
    if (this.free.length > 0) this.free.length = 0;
    for (const page of snapshot.free) this.free.push(page);
  }
}

/**
 * How many of `count` descriptors from word `word` on are valid. Every one is read.
 *
 * `| 0` says that numbers are 32-bit, or the engine would check each sum for overflow; and a
 * constant of another module is copied before the loop, or the engine would load it each time
 * round. So in the other loops over runs of pages.
 */
export function countValid(words: Uint32Array, word: number, count: number): number {
  const validBit = VALID;
  const endWord = (word + 2 * count) | 0;
  let valid = 0;
  for (let at = word | 0; at < endWord; at = (at + 2) | 0) valid = (valid + (words[at]! & validBit)) | 0;
  return valid;
}

export interface MemorySnapshot {
  readonly words: Uint32Array;
  readonly used: number;
  readonly free: readonly number[];
}
