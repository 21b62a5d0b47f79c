import { createHash, type Hash } from "node:crypto";
import { VALID } from "./descriptor.js";
import { type Geometry, PAGE_LEVEL } from "./geometry.js";
import type { LeafSink } from "./scan.js";

const HEX = new Uint8Array([..."0123456789abcdef"].map((digit) => digit.charCodeAt(0)));
const LINE_MAX = 40;
const BUFFER = 1 << 16;

/**
 * SHA-256 over one line per valid leaf in address order: `"<ipa> <level> <descriptor>\n"`, IPA in lower-case hex unpadded, level in
 * decimal, descriptor as 16 lower-case hex digits (golden/README).
 */
export class TreeDigest implements LeafSink {
  private readonly hash: Hash = createHash("sha256");
  private readonly buffer = new Uint8Array(BUFFER);
  private at = 0;
  private readonly pageBytes: number;

  constructor(geometry: Geometry) {
    this.pageBytes = geometry.pageBytes;
  }

  block(level: number, gfn: number, lo: number, hi: number): void {
    this.line(gfn, level, lo, hi);
  }

  pages(words: Uint32Array, word: number, gfn: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const lo = words[word + 2 * i]!;
      if ((lo & VALID) !== 0) this.line(gfn + i, PAGE_LEVEL, lo, words[word + 2 * i + 1]!);
    }
  }

  /** Ends the digest: 64 hexadecimal digits. */
  hex(): string {
    this.flush();
    return this.hash.digest("hex");
  }

  private line(gfn: number, level: number, lo: number, hi: number): void {
    if (this.at > BUFFER - LINE_MAX) this.flush();
    const ipa = gfn * this.pageBytes;
    const high = Math.floor(ipa / 2 ** 32);
    const low = ipa % 2 ** 32;
    const buffer = this.buffer;
    let at = this.at;
    let started = false;
    for (let shift = 28; shift >= 0; shift -= 4) {
      const digit = (high >>> shift) & 15;
      started ||= digit !== 0;
      if (started) buffer[at++] = HEX[digit]!;
    }
    for (let shift = 28; shift >= 0; shift -= 4) {
      const digit = (low >>> shift) & 15;
      started ||= digit !== 0 || shift === 0;
      if (started) buffer[at++] = HEX[digit]!;
    }
    buffer[at++] = 0x20;
    buffer[at++] = 0x30 + level;
    buffer[at++] = 0x20;
    for (let shift = 28; shift >= 0; shift -= 4) buffer[at++] = HEX[(hi >>> shift) & 15]!;
    for (let shift = 28; shift >= 0; shift -= 4) buffer[at++] = HEX[(lo >>> shift) & 15]!;
    buffer[at++] = 0x0a;
    this.at = at;
  }

  private flush(): void {
    this.hash.update(this.buffer.subarray(0, this.at));
    this.at = 0;
  }
}
