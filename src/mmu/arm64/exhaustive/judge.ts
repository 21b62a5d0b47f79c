import { PAGE_LEVEL } from "../../../guest/geometry.js";
import type { SmallTree } from "../../exhaustive/trees.js";
import { bitsOf } from "../../exhaustive/verdict.js";
import { LOCKED_HI, MARK_HI, S2AP_WRITE, TABLE_OR_PAGE, TYPE_MASK, VALID } from "../descriptor.js";
import type { Stage2 } from "../stage2.js";
import { SMALL, SMALL_LEAF } from "./geometry.js";

/**
 * What a finished small tree can have wrong, as in `check.ts` and `strict.ts`; the index is the bit
 * in a verdict.
 */
export const SMALL_FAULTS = [
  "unsplit-block/passed-over",
  "unsplit-block/left-in-new-table",
  "split-outside-range",
  "lost-coverage",
  "left-locked",
  "stray-mapping",
  "wrong-output-address",
  "wrong-attributes",
  "not-write-protected",
  "needlessly-write-protected",
  "tlbi-wrong-ipa",
  "tlbi-not-one",
  "tables-unaccounted",
  "mark-inexact",
  "read-after-leave",
  "read-beside-address",
  "error-returned",
  "tlbi-before-break",
  "no-barrier",
  "not-flushed",
  "runs-differ",
] as const;
/** The bit of each in a verdict. */
export const BIT = bitsOf(SMALL_FAULTS);

const LEVELS = 4;
/** The descriptors of a leaf by level and frame, writable and write-protected. */
const writableLo = new Int32Array(LEVELS * SMALL.endGfn);
const protectedLo = new Int32Array(LEVELS * SMALL.endGfn);
/** Copies: a hot loop would read them anew from the object each time. */
const OUTPUT_LO = SMALL_LEAF.outputLo;
const OUTPUT_HI = SMALL_LEAF.outputHi;
const leafHigh = new Int32Array(SMALL.endGfn);
for (let gfn = 0; gfn < SMALL.endGfn; gfn++) {
  leafHigh[gfn] = SMALL_LEAF.hi(gfn) | 0;
  for (let level = 1; level < LEVELS; level++) {
    writableLo[level * SMALL.endGfn + gfn] = SMALL_LEAF.lo(gfn, level, true) | 0;
    protectedLo[level * SMALL.endGfn + gfn] = SMALL_LEAF.lo(gfn, level, false) | 0;
  }
}

/**
 * Judges a finished tree of the small geometry from what it was and what was asked, without a
 * walker: it goes over the tables themselves. A leaf that a touched span meets must have lost write
 * permission and be split down to pages; where the cache is too small for the whole subtree of a
 * level-1 block, it becomes level-2 blocks, of which those that a span meets must be split.
 */
export class Judge {
  /** Blocks that are left, by level, after {@link judge}. */
  readonly blocksLeft = new Uint8Array(LEVELS);
  /** By frame: 1 where a touched span covers it, and 1 where one meets the leaf that it had. */
  private readonly touched = new Uint8Array(SMALL.endGfn);
  private readonly met = new Uint8Array(SMALL.endGfn);
  private frames = SMALL.endGfn;
  private splits = true;
  private wholeSubtree = true;
  private verdict = 0;

  constructor(private readonly tree: SmallTree) {}

  /** For a new tree: nothing is touched. @param frames how many from 0 on the tree may map */
  begin(frames: number): void {
    this.frames = frames;
    this.touched.fill(0);
    this.met.fill(0);
  }

  /** The span [start, end), in frames, is write-protected and split. */
  touch(start: number, end: number): void {
    const { touched, met, tree } = this;
    for (let gfn = start; gfn < end; gfn++) touched[gfn] = 1;
    for (let gfn = start; gfn < end; ) {
      const span = tree.span[gfn]!;
      if (span === 0) {
        gfn++;
        continue;
      }
      const leafStart = gfn & -span;
      gfn = leafStart + span;
      for (let at = leafStart; at < gfn; at++) met[at] = 1;
    }
  }

  /**
   * Bits of {@link SMALL_FAULTS}; 0 is right.
   *
   * @param splits false with chunk 0
   * @param wholeSubtree the cache holds the subtree of a level-1 block, which is then split down to
   *   pages at once
   */
  judge(stage2: Stage2, splits: boolean, wholeSubtree: boolean): number {
    this.verdict = 0;
    this.blocksLeft.fill(0);
    this.splits = splits;
    this.wholeSubtree = wholeSubtree;
    this.table(stage2, 1, 0, 0);
    return this.verdict;
  }

  /** Returns whether a block is mapped below. */
  private table(stage2: Stage2, level: number, page: number, tableGfn: number): boolean {
    const words = stage2.mem.words;
    const span = SMALL.spanPages[level]!;
    let blocks = false;
    for (let index = 0; index < SMALL.entries; index++) {
      const gfn = tableGfn + index * span;
      if (gfn >= this.frames) break;
      const word = 2 * (page * SMALL.entries + index);
      const lo = words[word]! | 0;
      const hi = words[word + 1]! | 0;
      if ((lo & VALID) === 0) {
        this.empty(lo, hi, gfn, span);
      } else if ((lo & TYPE_MASK) === TABLE_OR_PAGE) {
        if ((hi & LOCKED_HI) !== 0) this.verdict |= BIT["left-locked"];
        const child = stage2.mem.childOf(lo, hi);
        const below = level === 2 ? this.pages(words, child, gfn) : this.table(stage2, 2, child, gfn);
        if (stage2.marks !== null && ((hi & MARK_HI) !== 0) === below) this.verdict |= BIT["mark-inexact"];
        blocks ||= below;
        this.tableOver(gfn, level);
      } else {
        blocks = true;
        this.block(level, gfn, span, lo, hi);
      }
    }
    return blocks;
  }

  private pages(words: Uint32Array, page: number, tableGfn: number): false {
    const { tree } = this;
    for (let index = 0; index < SMALL.entries; index++) {
      const word = 2 * (page * SMALL.entries + index);
      const lo = words[word]! | 0;
      const hi = words[word + 1]! | 0;
      const gfn = tableGfn + index;
      if ((lo & VALID) === 0) this.empty(lo, hi, gfn, 1);
      else if (tree.span[gfn] === 0) this.verdict |= BIT["stray-mapping"];
      else this.leaf(PAGE_LEVEL, gfn, lo, hi);
    }
    return false;
  }

  private empty(lo: number, hi: number, gfn: number, span: number): void {
    if ((lo | hi) !== 0) this.verdict |= BIT["left-locked"];
    for (let at = gfn; at < gfn + span; at++) {
      if (this.tree.span[at] === 0) continue;
      this.verdict |= BIT["lost-coverage"];
      return;
    }
  }

  /**
   * A table where a block was: right only where a span meets that block, or the part of it that
   * this table stands for.
   */
  private tableOver(gfn: number, level: number): void {
    const natural = this.tree.span[gfn]!;
    const span = SMALL.spanPages[level]!;
    if (natural < span) return;
    if (this.met[gfn] === 0) this.verdict |= BIT["split-outside-range"];
    else if (natural > span && !this.wholeSubtree && !this.touches(gfn, level))
      this.verdict |= BIT["split-outside-range"];
  }

  private block(level: number, gfn: number, span: number, lo: number, hi: number): void {
    const natural = this.tree.span[gfn]!;
    this.blocksLeft[level] = this.blocksLeft[level]! + 1;
    if (natural < span) {
      this.verdict |= BIT["stray-mapping"];
      return;
    }
    this.leaf(level, gfn, lo, hi);
    if (!this.splits || this.met[gfn] === 0) return;
    if (natural === span) this.verdict |= BIT["unsplit-block/passed-over"];
    else if (this.wholeSubtree || this.touches(gfn, level)) this.verdict |= BIT["unsplit-block/left-in-new-table"];
  }

  private leaf(level: number, gfn: number, lo: number, hi: number): void {
    const at = level * SMALL.endGfn + gfn;
    const mustProtect = (this.met[gfn]! | this.tree.protectedFirst[gfn]!) !== 0;
    const different = lo ^ ((mustProtect ? protectedLo[at] : writableLo[at]) as number);
    const differentHi = hi ^ leafHigh[gfn]!;
    if ((different | differentHi) === 0) return;
    if ((different & OUTPUT_LO) !== 0 || (differentHi & OUTPUT_HI) !== 0) this.verdict |= BIT["wrong-output-address"];
    if ((different & S2AP_WRITE) !== 0)
      this.verdict |= (lo & S2AP_WRITE) !== 0 ? BIT["not-write-protected"] : BIT["needlessly-write-protected"];
    const rest = (different & ~OUTPUT_LO & ~S2AP_WRITE) | (differentHi & ~OUTPUT_HI);
    if (rest !== 0) this.verdict |= BIT["wrong-attributes"];
  }

  /** Whether a touched span meets the entry of `level` at `gfn`. */
  private touches(gfn: number, level: number): boolean {
    const end = gfn + SMALL.spanPages[level]!;
    for (let at = gfn; at < end; at++) if (this.touched[at] !== 0) return true;
    return false;
  }
}
