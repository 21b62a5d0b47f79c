import { VALID } from "./entry.js";
import { ROOT_PAGES, type TableShape } from "./geometry.js";

/** log2 of the page numbers that a table entry holds in its lo word. */
const LO_PAGE_BITS = 22;

/**
 * Page-table pages, in one typed array. Entry `slot` has its words at `words[2 * slot]` (lo) and
 * `words[2 * slot + 1]` (hi); page `p` has the 512 slots from `512 p` on. Pages 0 to 3 are the
 * root.
 *
 * A table entry holds the page's number as its PFN; frames of tables are numbered from 0, apart
 * from the guest's memory.
 */
export class TableMemory {
  /** Replaced when the memory grows: read it again after anything that may allocate. */
  words: Uint32Array;
  /** Pages ever handed out, root included; freed ones are in `free`. */
  private used = ROOT_PAGES;
  private readonly free: number[] = [];

  /** Entries of a table page. */
  readonly entries: number;
  private readonly wordsPerPage: number;

  constructor({ entries }: TableShape, pages = 16) {
    this.entries = entries;
    this.wordsPerPage = 2 * entries;
    this.words = new Uint32Array(this.wordsPerPage * Math.max(pages, ROOT_PAGES + 1));
  }

  /** Table pages in use, root excluded. */
  get tables(): number {
    return this.used - this.free.length - ROOT_PAGES;
  }

  /**
   * A table page. @param zeroed false where the caller stores all its entries before it is linked
   */
  alloc(zeroed = true): number {
    const page = this.free.pop() ?? this.fresh();
    if (zeroed) this.words.fill(0, page * this.wordsPerPage, (page + 1) * this.wordsPerPage);
    return page;
  }

  private fresh(): number {
    const page = this.used++;
    if (this.used * this.wordsPerPage > this.words.length) {
      const grown = new Uint32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    return page;
  }

  release(page: number): void {
    this.free.push(page);
  }

  /** The page that a table entry points to. */
  childOf(lo: number, hi: number): number {
    return (lo >>> 10) + hi * 2 ** LO_PAGE_BITS;
  }

  /** Points the entry at `slot` to a table page: one store. */
  link(slot: number, page: number): void {
    this.words[2 * slot] = ((page << 10) | VALID) >>> 0;
    this.words[2 * slot + 1] = page >>> LO_PAGE_BITS;
  }

  /** A copy of what is in use, for {@link restore}. */
  snapshot(): MemorySnapshot {
    return { words: this.words.slice(0, this.used * this.wordsPerPage), used: this.used, free: [...this.free] };
  }

  /** Puts a snapshot back; nothing is allocated unless the memory is smaller than it was. */
  restore(snapshot: MemorySnapshot): void {
    if (this.words.length < snapshot.words.length) this.words = new Uint32Array(snapshot.words.length * 2);
    this.words.set(snapshot.words);
    this.used = snapshot.used;
    this.free.length = 0;
    for (const page of snapshot.free) this.free.push(page);
  }
}

export interface MemorySnapshot {
  readonly words: Uint32Array;
  readonly used: number;
  readonly free: readonly number[];
}
