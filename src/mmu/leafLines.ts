import { createHash, type Hash } from "node:crypto";

/**
 * The two lower-case hexadecimal digits of each byte, as character codes: the first in bits 7:0,
 * the second in bits 15:8.
 */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const text = byte.toString(16).padStart(2, "0");
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
});
const LINE_MAX = 40;
const BUFFER = 1 << 16;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/**
 * SHA-256 over one line per leaf in address order: `"<address> <level> <entry>\n"`, address in
 * lower-case hex unpadded, level in decimal, entry as 16 lower-case hex digits (golden/README).
 * What an MMU's digest of a tree is made of.
 */
export class LeafLines {
  private readonly hash: Hash = createHash("sha256");
  private readonly buffer = new Uint8Array(BUFFER);
  private at = 0;

  /**
   * Adds a leaf. @param address in bytes: a multiple of a page, so that it is exact beyond 2^53 as
   * well
   */
  line(address: number, level: number, lo: number, hi: number): void {
    if (this.at > BUFFER - LINE_MAX) this.flush();
    const { buffer } = this;
    const high = Math.floor(address / 2 ** 32);
    let at = this.at;
    if (high !== 0) at = putWord(buffer, at, high);
    at = putWord(buffer, at, address | 0);
    at = withoutLeadingZeros(buffer, this.at, at);
    buffer[at] = SPACE;
    buffer[at + 1] = ZERO + level;
    buffer[at + 2] = SPACE;
    at = putWord(buffer, at + 3, hi | 0);
    at = putWord(buffer, at, lo | 0);
    buffer[at] = NEWLINE;
    this.at = at + 1;
  }

  /** Ends the digest: 64 hexadecimal digits. */
  hex(): string {
    this.flush();
    return this.hash.digest("hex");
  }

  private flush(): void {
    this.hash.update(this.buffer.subarray(0, this.at));
    this.at = 0;
  }
}

/** What a scan of a tree meets, in address order. */
export interface LeafSink {
  /** A leaf above the level of pages. */
  block(level: number, gfn: number, lo: number, hi: number): void;
  /**
   * `count` entries of one table of pages, valid or not, from entry word `word` on; the first maps
   * `gfn`.
   */
  pages(words: Uint32Array, word: number, gfn: number, count: number): void;
}

/**
 * The digest of a tree of 64-bit entries whose bit 0 says that they are valid: {@link LeafLines}
 * over its leaves.
 */
export class TreeDigest implements LeafSink {
  private readonly lines = new LeafLines();

  constructor(
    private readonly pageBytes: number,
    private readonly pageLevel: number,
  ) {}

  block(level: number, gfn: number, lo: number, hi: number): void {
    this.lines.line(gfn * this.pageBytes, level, lo, hi);
  }

  pages(words: Uint32Array, word: number, gfn: number, count: number): void {
    const { lines, pageBytes, pageLevel } = this;
    for (let i = 0; i < count; i++) {
      const lo = words[word + 2 * i]!;
      if ((lo & 1) !== 0) lines.line((gfn + i) * pageBytes, pageLevel, lo, words[word + 2 * i + 1]!);
    }
  }

  /** Ends the digest: 64 hexadecimal digits. */
  hex(): string {
    return this.lines.hex();
  }
}

/** Writes the 8 hexadecimal digits of a word, and returns where they end. */
function putWord(buffer: Uint8Array, at: number, word: number): number {
  const pairs = HEX_PAIRS;
  const a = pairs[word >>> 24]!;
  const b = pairs[(word >>> 16) & 255]!;
  const c = pairs[(word >>> 8) & 255]!;
  const d = pairs[word & 255]!;
  buffer[at] = a;
  buffer[at + 1] = a >>> 8;
  buffer[at + 2] = b;
  buffer[at + 3] = b >>> 8;
  buffer[at + 4] = c;
  buffer[at + 5] = c >>> 8;
  buffer[at + 6] = d;
  buffer[at + 7] = d >>> 8;
  return at + 8;
}

/**
 * Moves the digits in [start, end) up to where their leading zeros begin; one digit stays. Returns
 * where they end now.
 */
function withoutLeadingZeros(buffer: Uint8Array, start: number, end: number): number {
  let first = start;
  while (first < end - 1 && buffer[first] === ZERO) first++;
  if (first === start) return end;
  for (let from = first; from < end; from++) buffer[start + from - first] = buffer[from]!;
  return end - (first - start);
}
