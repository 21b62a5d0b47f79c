/**
 * One bit a page of a memslot, page 0 of the slot in bit 0 of word 0; in 32-bit halves of the
 * kernel's 64-bit words.
 */
export class DirtyBitmap {
  /** An even number of halves. */
  readonly words: Uint32Array;

  constructor(readonly pages: number) {
    this.words = new Uint32Array(2 * Math.ceil(pages / 64));
  }

  /** Sets a page's bit; false where it was set. */
  set(page: number): boolean {
    const bit = 1 << (page & 31);
    const word = page >>> 5;
    const before = this.words[word]!;
    if ((before & bit) !== 0) return false;
    this.words[word] = before | bit;
    return true;
  }

  /** Sets a run of pages. */
  setRun(first: number, count: number): void {
    for (let page = first; page < first + count; page++) this.set(page);
  }

  setAll(): void {
    this.words.fill(0xffffffff);
    // Bits past the last page do not exist.
    for (let page = this.pages; page < this.words.length * 32; page++) this.words[page >>> 5]! &= ~(1 << (page & 31));
  }

  /** Bits set. */
  count(): number {
    let sum = 0;
    for (const word of this.words) sum += popcount(word);
    return sum;
  }

  copy(): DirtyBitmap {
    const copy = new DirtyBitmap(this.pages);
    copy.words.set(this.words);
    return copy;
  }

  /**
   * Takes out what is set both here and in `asked` (here alone if null), 64 pages at a time; `work`
   * gets each non-zero word's first and last page (exclusive), relative to the slot, its number of
   * bits, and the bits themselves, those of its lower 32 pages first.
   */
  take(
    asked: DirtyBitmap | null,
    work: (first: number, end: number, bits: number, low: number, high: number) => void,
  ): void {
    const taken = new TakenWords(this, asked);
    while (taken.next()) work(taken.first, taken.end, taken.bits, taken.low, taken.high);
  }
}

/** The same word by word, for whoever looks ahead: each `next` takes one word out of the bitmap. */
export class TakenWords {
  /** First and last page (exclusive), relative to the slot. */
  first = 0;
  end = 0;
  /** Number of bits. */
  bits = 0;
  low = 0;
  high = 0;
  private at = 0;

  constructor(
    private readonly bitmap: DirtyBitmap,
    private readonly asked: DirtyBitmap | null,
  ) {}

  /** Takes the next word that is not zero; false where there is none. */
  next(): boolean {
    const { words } = this.bitmap;
    const asked = this.asked?.words;
    for (let i = this.at; i < words.length; i += 2) {
      const low = (asked === undefined ? words[i]! : words[i]! & asked[i]!) >>> 0;
      const high = (asked === undefined ? words[i + 1]! : words[i + 1]! & asked[i + 1]!) >>> 0;
      if ((low | high) === 0) continue;
      words[i]! &= ~low;
      words[i + 1]! &= ~high;
      this.first = 32 * i + (low !== 0 ? lowest(low) : 32 + lowest(high));
      this.end = 32 * i + (high !== 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low));
      this.bits = popcount(low) + popcount(high);
      this.low = low;
      this.high = high;
      this.at = i + 2;
      return true;
    }
    this.at = words.length;
    return false;
  }
}

function lowest(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function popcount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
