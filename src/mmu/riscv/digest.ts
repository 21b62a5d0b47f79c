import { LeafLines } from "../leafLines.js";
import { VALID } from "./entry.js";
import type { LeafSink } from "./scan.js";

/** The digest of a tree: {@link LeafLines} over its leaves. */
export class TreeDigest implements LeafSink {
  private readonly lines = new LeafLines();

  block(level: number, gfn: number, lo: number, hi: number): void {
    this.lines.line(gfn * 4096, level, lo, hi);
  }

  pages(words: Uint32Array, word: number, gfn: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const lo = words[word + 2 * i]!;
      if ((lo & VALID) !== 0) this.lines.line((gfn + i) * 4096, 0, lo, words[word + 2 * i + 1]!);
    }
  }

  /** Ends the digest: 64 hexadecimal digits. */
  hex(): string {
    return this.lines.hex();
  }
}
