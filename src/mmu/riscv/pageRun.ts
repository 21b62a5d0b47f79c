import { VALID, WRITE } from "./entry.js";

/**
 * Write-protects pages of one level-0 table, entry by entry, in a loop that does nothing else. One
 * object, whose fields say what the last run met. An empty entry is 0 and stays so; a leaf is
 * stored whether or not it was writable.
 */
export class PageRun {
  /** Entries read. */
  count = 0;
  /** Leaves among them, and those of them that lost their write permission. */
  found = 0;
  changed = 0;

  /** `count` entries from entry word `word` on. */
  all(words: Uint32Array, word: number, count: number): void {
    const [valid, write] = [VALID | 0, WRITE | 0];
    const end = (word + 2 * count) | 0;
    let found = 0;
    let changed = 0;
    for (let at = word | 0; at < end; at = (at + 2) | 0) {
      const lo = words[at]! | 0;
      found = (found + (lo & valid)) | 0;
      changed = (changed + (lo & write)) | 0;
      words[at] = lo & ~write;
    }
    this.count = count;
    this.found = found;
    this.changed = changed / write;
  }

  /**
   * The entries of the set bits in [from, to) of a word of pages; `word` is the entry word of bit
   * `from`.
   */
  bits(words: Uint32Array, word: number, from: number, to: number, low: number, high: number): void {
    const [valid, write] = [VALID | 0, WRITE | 0];
    let count = 0;
    let found = 0;
    let changed = 0;
    let at = word | 0;
    for (let bit = from | 0; bit < to; bit = (bit + 1) | 0, at = (at + 2) | 0) {
      const half = bit < 32 ? low : high;
      if (((half >>> (bit & 31)) & 1) === 0) continue;
      const lo = words[at]! | 0;
      count = (count + 1) | 0;
      found = (found + (lo & valid)) | 0;
      changed = (changed + (lo & write)) | 0;
      words[at] = lo & ~write;
    }
    this.count = count;
    this.found = found;
    this.changed = changed / write;
  }
}
