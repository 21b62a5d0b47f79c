import { ENTRIES, framesIn, type SmallTree } from "../../exhaustive/trees.js";
import { bitsOf } from "../../exhaustive/verdict.js";
import { FLAGS_MASK, LEAF_MASK, leafHi, leafLo, pfnOf, VALID, WRITE } from "../entry.js";
import type { FlushKind } from "../flushLog.js";
import type { GStage, GStageObserver } from "../gstage.js";
import type { Work } from "./works.js";

/**
 * What a finished small tree, or the way there, can have wrong, as in `check.ts` and beyond; the
 * index is the bit in a verdict.
 */
export const SMALL_FAULTS = [
  "unsplit-block",
  "split-outside-range",
  "lost-coverage",
  "stray-mapping",
  "wrong-output-address",
  "wrong-attributes",
  "not-write-protected",
  "needlessly-write-protected",
  "tables-unaccounted",
  "not-flushed",
  "page-missing",
] as const;
/** The bit of each in a verdict. */
export const BIT = bitsOf(SMALL_FAULTS);

const PFN_HI = 0x3fffff;
/** All frames of the deepest small geometry: the writable leaf of each. */
const FRAMES = 4 ** 6;
const LEAF_LO = Int32Array.from({ length: FRAMES }, (_, gfn) => leafLo(pfnOf(gfn), true));
const LEAF_HI = Int32Array.from({ length: FRAMES }, (_, gfn) => leafHi(pfnOf(gfn)));

/**
 * Judges a finished tree of the small geometry from what it was and what was asked, without a
 * walker: it goes over the tables themselves. Sets of frames are bits, the tree's first frame in
 * bit 0.
 *
 * - A leaf that a touched span meets is split down to pages, and no other is split.
 * - Write permission is gone from the leaves that a bit meets, and from no others; a page between
 *   two bits of a word may be either, for a mask may be write-protected as a range, which loses
 *   nothing.
 * - What changed was flushed after it changed.
 */
export class Judge implements GStageObserver {
  /** Table pages that were met, root excluded, after {@link judge}. */
  tables = 0;
  private frames = 0;
  private base = 0;
  /**
   * Frames that a touched span covers, those that must have lost write permission, and those that
   * may have.
   */
  private covered = 0;
  private mustProtect = 0;
  private mayProtect = 0;
  /**
   * Frames whose leaf is another than it was, and those that something may have changed since their
   * last flush.
   */
  private changed = 0;
  private stale = 0;
  private splits = true;
  private verdict = 0;

  constructor(private readonly tree: SmallTree) {}

  /** For what is done next. @param base the tree's first frame @param frames how many it has */
  begin(work: Work, base: number, frames: number): void {
    this.frames = frames;
    this.base = base;
    this.covered = this.mustProtect = this.mayProtect = 0;
    if (work.words === null) this.touch(work.startGfn, work.endGfn, -1);
    else for (const { gfn, bits, firstGfn, endGfn } of work.words) this.touch(firstGfn, endGfn, bits << gfn);
  }

  private touch(start: number, end: number, protect: number): void {
    const { tree } = this;
    this.covered |= framesIn(start, end);
    for (let gfn = start; gfn < end; gfn++) {
      const span = tree.span[gfn]!;
      if (span === 0) continue;
      const first = gfn & -span;
      const leaf = framesIn(first, first + span);
      if ((protect & (1 << gfn)) !== 0) this.mustProtect |= leaf;
      else if (span === 1) this.mayProtect |= leaf;
    }
  }

  /** A run begins: nothing has changed. */
  start(): void {
    this.stale = 0;
  }

  call(walk: "write-protect" | "split", start: number, end: number): void {
    if (walk === "write-protect") this.stale |= this.leavesIn(start, end);
  }

  split(level: number, gfn: number): void {
    this.stale |= this.clipped(gfn, gfn + ENTRIES ** level);
  }

  flush(kind: FlushKind, gfn: number, pages: number): void {
    this.stale &= kind === "all" ? 0 : ~this.clipped(gfn, gfn + pages);
  }

  private clipped(start: number, end: number): number {
    return framesIn(Math.max(0, start - this.base), Math.min(this.frames, end - this.base));
  }

  /** What a write-protect of [start, end) may change: whole leaves. */
  private leavesIn(start: number, end: number): number {
    const { tree, base, frames } = this;
    let [first, last] = [Math.max(0, start - base), Math.min(frames, end - base) - 1];
    if (tree.span[first]! > 1) first &= -tree.span[first]!;
    if (tree.span[last]! > 1) last |= tree.span[last]! - 1;
    return framesIn(first, last + 1);
  }

  /** Bits of {@link SMALL_FAULTS}; 0 is right. @param splits whether eager splitting is on */
  judge({ mem, geometry }: GStage, splits: boolean): number {
    this.verdict = this.changed = this.tables = 0;
    this.splits = splits;
    this.table(mem.words, geometry.rootLevel, 0, geometry.shape.rootEntries, -this.base);
    if ((this.stale & this.changed) !== 0) this.verdict |= BIT["not-flushed"];
    return this.verdict;
  }

  private table(words: Uint32Array, level: number, slot: number, entries: number, tableGfn: number): void {
    const span = ENTRIES ** level;
    for (let index = 0; index < entries; index++) {
      const gfn = tableGfn + index * span;
      const lo = words[2 * (slot + index)]! | 0;
      const hi = words[2 * (slot + index) + 1]! | 0;
      if ((lo & VALID) === 0) this.empty(lo | hi, gfn, span);
      else if ((lo & LEAF_MASK) !== 0) this.leaf(level, gfn, span, lo, hi);
      else {
        this.tables++;
        if (level <= 2) this.tableOver(gfn, span);
        // Frames of tables are small: their numbers are in the lo word.
        this.table(words, level - 1, (lo >>> 10) * ENTRIES, ENTRIES, gfn);
      }
    }
  }

  private empty(bits: number, gfn: number, span: number): void {
    if (bits !== 0) this.verdict |= BIT["stray-mapping"];
    const end = Math.min(this.frames, gfn + span);
    for (let at = Math.max(0, gfn); at < end; at++) if (this.tree.span[at] !== 0) this.verdict |= BIT["lost-coverage"];
  }

  /** A table where a leaf was: right only where a span meets what it stands for. */
  private tableOver(gfn: number, span: number): void {
    if (gfn < 0 || gfn >= this.frames || this.tree.span[gfn]! < span) return;
    const frames = framesIn(gfn, gfn + span);
    this.changed |= frames;
    if (!this.splits || (this.covered & frames) === 0) this.verdict |= BIT["split-outside-range"];
  }

  private leaf(level: number, gfn: number, span: number, lo: number, hi: number): void {
    if (gfn < 0 || gfn >= this.frames || this.tree.span[gfn]! < span) {
      this.verdict |= BIT["stray-mapping"];
      return;
    }
    const frames = framesIn(gfn, gfn + span);
    if (level > 0 && this.splits && (this.covered & frames) !== 0) this.verdict |= BIT["unsplit-block"];
    const at = gfn + this.base;
    const different = lo ^ LEAF_LO[at]!;
    const differentHi = hi ^ LEAF_HI[at]!;
    if ((different & ~FLAGS_MASK) !== 0 || (differentHi & PFN_HI) !== 0) this.verdict |= BIT["wrong-output-address"];
    if ((different & FLAGS_MASK & ~WRITE) !== 0 || (differentHi & ~PFN_HI) !== 0)
      this.verdict |= BIT["wrong-attributes"];
    this.permission(frames, gfn, (different & WRITE) === 0);
  }

  private permission(frames: number, gfn: number, writable: boolean): void {
    const wasWritable = this.tree.protectedFirst[gfn] === 0;
    if (writable !== wasWritable) this.changed |= frames;
    const must = !wasWritable || (this.mustProtect & frames) !== 0;
    if (writable && must) this.verdict |= BIT["not-write-protected"];
    else if (!writable && !must && (this.mayProtect & frames) === 0) this.verdict |= BIT["needlessly-write-protected"];
  }
}
