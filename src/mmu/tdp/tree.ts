import { REAL_TABLES, type TableGeometry } from "../x86/pages.js";

/**
 * The page tables of one TDP root, in typed arrays. Levels as in arch/x86/kvm/mmu: 1 is 4K, 2 is
 * 2M, 3 is 1G, 4 or 5 is the root; 512 entries a table, or fewer in the small geometry of an
 * exhaustive search.
 *
 * An entry (SPTE) is one 32-bit word of flags and, for a table, where the child's entries begin, so
 * that a walk reads small integers only; the frame number of a leaf stands in an array of its own
 * that no walk reads. Entry `i` of table `t` is at `entries * t + i`.
 */

/** The entry is shadow-present: a leaf or a table. */
export const PRESENT = 1;
/** The entry maps memory (a "last" SPTE). */
export const LEAF = 2;
/** The leaf may be written. */
export const WRITABLE = 4;
/** The leaf's dirty bit, as PML uses it. */
export const DIRTY = 8;
/** Bits of flags. Tables begin at multiples of 4: of 28 bits for a child 2 more are known. */
const FLAG_BITS = 4;

/** The highest root level. */
export const MAX_LEVEL = 5;

/** Frame that gfn 0 maps to in a built guest; the frame of gfn g is this + g, modulo 2^32. */
export const PFN_OFFSET = 0x8000000;

/** Whether an entry is a present, non-leaf SPTE. */
export function isTable(spte: number): boolean {
  return (spte & (PRESENT | LEAF)) === PRESENT;
}

/** Whether an entry is a present leaf. */
export function isLeaf(spte: number): boolean {
  return (spte & (PRESENT | LEAF)) === (PRESENT | LEAF);
}

/**
 * Offset of the first entry of the table that an entry points to; only for {@link isTable} entries.
 */
export function childOf(spte: number): number {
  return (spte >>> FLAG_BITS) << 2;
}

/** A root and its tables. */
export class TdpTree {
  readonly rootLevel: number;
  readonly geometry: TableGeometry;
  /** Entries of a table. */
  readonly entries: number;
  /** Offset of the root's first entry: the root is table 0. */
  readonly root = 0;
  /** The entries. Replaced when the tree grows: walks take it anew when they start. */
  words: Int32Array;
  /** Frame number of each leaf, modulo 2^32; of other entries it means nothing. */
  pfns: Uint32Array;
  /** Present entries of each table, as `used-count` keeps them. */
  used: Uint16Array;
  /**
   * One bit an entry, set while it is present, as `used-bitmap` keeps them: bit `at & 31` of word
   * `at >> 5`.
   */
  bitmap: Int32Array;
  /** Level of each table; 0 while it is free. */
  levels: Uint8Array;
  private readonly levelBits: number;
  private made = 0;
  private free: number[] = [];

  /**
   * @param capacity tables to make room for; the tree grows beyond when it must
   * @param geometry default: that of x86
   */
  constructor(rootLevel: number, capacity = 8, geometry = REAL_TABLES) {
    this.rootLevel = rootLevel;
    this.geometry = geometry;
    this.entries = geometry.entries;
    this.levelBits = geometry.levelBits;
    const entries = capacity * geometry.entries;
    this.words = new Int32Array(entries);
    this.pfns = new Uint32Array(entries);
    this.used = new Uint16Array(capacity);
    this.bitmap = new Int32Array(Math.ceil(entries / 32));
    this.levels = new Uint8Array(capacity);
    this.allocate(rootLevel);
  }

  /** Tables in use, the root included. */
  get tables(): number {
    return this.made - this.free.length;
  }

  /**
   * Makes room for so many tables more, so that none of the arrays is replaced while they are
   * taken.
   */
  reserve(more: number): void {
    const need = this.tables + more;
    const have = this.levels.length;
    if (need <= have) return;
    const capacity = Math.max(need, have + (have >> 1));
    const entries = capacity * this.entries;
    this.words = grown(this.words, new Int32Array(entries));
    this.pfns = grown(this.pfns, new Uint32Array(entries));
    this.used = grown(this.used, new Uint16Array(capacity));
    this.bitmap = grown(this.bitmap, new Int32Array(Math.ceil(entries / 32)));
    this.levels = grown(this.levels, new Uint8Array(capacity));
  }

  /** Takes an empty table of a level. @returns the offset of its first entry */
  allocate(level: number): number {
    const reused = this.free.pop();
    if (reused === undefined && this.made === this.levels.length) this.reserve(1);
    const table = reused ?? this.made++;
    this.levels[table] = level;
    return table * this.entries;
  }

  /** Sets a leaf where nothing present was, or over a leaf. */
  setLeaf(at: number, pfn: number, flags: number): void {
    this.mark(at);
    this.words[at] = PRESENT | LEAF | flags;
    this.pfns[at] = pfn;
  }

  /** Lets an entry point to a table, over nothing or over a leaf. */
  setTable(at: number, child: number): void {
    this.mark(at);
    this.words[at] = PRESENT | ((child >> 2) << FLAG_BITS);
  }

  /**
   * Makes the present entries [from, to) of one table non-present. What they pointed to is left
   * alone: see {@link freeTable}.
   */
  clearRun(from: number, to: number): void {
    if (to - from === 1) this.words[from] = 0;
    else this.words.fill(0, from, to);
    this.used[from >> this.levelBits]! -= to - from;
    this.unmark(from, to);
  }

  /**
   * Frees a table that nothing points to any more, and every table below it. @returns how many were
   * freed
   */
  freeTable(table: number): number {
    const number = table >> this.levelBits;
    let freed = 1;
    // An empty table, as zapping level by level leaves it, has nothing below it and nothing to
    // wipe.
    if (this.used[number] !== 0) {
      const { words } = this;
      const end = table + this.entries;
      for (let at = table; at < end; at++) {
        const spte = words[at]!;
        if (isTable(spte)) freed += this.freeTable(childOf(spte));
      }
      words.fill(0, table, end);
      this.unmark(table, end);
      this.used[number] = 0;
    }
    this.levels[number] = 0;
    this.free.push(number);
    return freed;
  }

  /** A tree with the same contents in the same places. */
  clone(): TdpTree {
    const copy = new TdpTree(this.rootLevel, this.levels.length, this.geometry);
    copy.copyFrom(this);
    return copy;
  }

  /** Takes over the contents of another tree of the same root level and geometry. */
  copyFrom(other: TdpTree): void {
    if (this.levels.length < other.levels.length) this.reserve(other.levels.length - this.tables);
    this.made = other.made;
    this.free = other.free.slice();
    copyInto(this.words, other.words);
    copyInto(this.pfns, other.pfns);
    copyInto(this.used, other.used);
    copyInto(this.bitmap, other.bitmap);
    copyInto(this.levels, other.levels);
  }

  /**
   * Index of the first present entry of a table from an index on; the number of entries where there
   * is none.
   */
  firstUsed(base: number, from: number): number {
    const { entries, bitmap } = this;
    if (from >= entries) return entries;
    // Tables of fewer than 32 entries share a word.
    const last = (base + entries + 31) >> 5;
    let word = (base + from) >> 5;
    let bits = bitmap[word]! & (-1 << ((base + from) & 31));
    while (bits === 0) {
      word++;
      if (word >= last) return entries;
      bits = bitmap[word]!;
    }
    return Math.min(entries, word * 32 + (31 - Math.clz32(bits & -bits)) - base);
  }

  private mark(at: number): void {
    if ((this.words[at]! & PRESENT) !== 0) return;
    this.used[at >> this.levelBits]!++;
    this.bitmap[at >> 5]! |= 1 << (at & 31);
  }

  private unmark(from: number, to: number): void {
    for (let at = from; at < to; ) {
      const stop = Math.min(to, (at | 31) + 1);
      const bits = stop - at === 32 ? -1 : ((1 << (stop - at)) - 1) << (at & 31);
      this.bitmap[at >> 5]! &= ~bits;
      at = stop;
    }
  }
}

type Numbers = Int32Array | Uint32Array | Uint16Array | Uint8Array;

function grown<T extends Numbers>(from: Numbers, to: T): T {
  to.set(from);
  return to;
}

function copyInto(to: Numbers, from: Numbers): void {
  to.set(from);
  to.fill(0, from.length);
}
