import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import { LeafLines } from "../leafLines.js";
import { VALID } from "./descriptor.js";
import type { LeafSink } from "./scan.js";

/** The digest of a tree: {@link LeafLines} over its valid leaves. */
export class TreeDigest implements LeafSink {
  private readonly lines = new LeafLines();
  private readonly pageBytes: number;

  constructor(geometry: Geometry) {
    this.pageBytes = geometry.pageBytes;
  }

  block(level: number, gfn: number, lo: number, hi: number): void {
    this.lines.line(gfn * this.pageBytes, level, lo, hi);
  }

  pages(words: Uint32Array, word: number, gfn: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const lo = words[word + 2 * i]!;
      if ((lo & VALID) !== 0) this.lines.line((gfn + i) * this.pageBytes, PAGE_LEVEL, lo, words[word + 2 * i + 1]!);
    }
  }

  /** Ends the digest: 64 hexadecimal digits. */
  hex(): string {
    return this.lines.hex();
  }
}
