import { framesIn, SmallTree, TOP_PAGES, type TopEntry } from "../../exhaustive/trees.js";
import { bitsOf } from "../../exhaustive/verdict.js";
import { childOf, DIRTY, isTable, PFN_OFFSET, PRESENT, type TdpTree, WRITABLE } from "../tree.js";
import { baseOf } from "./geometry.js";
import type { Clear, Enable, Work } from "./works.js";

/** What can be wrong, with the codes of `findings.ts`; the index is the bit in a verdict. */
export const SMALL_FAULTS = [
  "livelock",
  "missed-entries",
  "not-zapped",
  "unsplit-huge-page",
  "split-outside-range",
  "lost-page",
  "stray-page",
  "wrong-frame",
  "still-writable",
  "write-protected-needlessly",
  "still-dirty",
  "dirty-bit-lost",
  "page-tables-unaccounted",
  "table-bookkeeping-wrong",
] as const;
/** The bit of each in a verdict. */
export const BIT = bitsOf(SMALL_FAULTS);

/**
 * Judges a finished tree of the small geometry from what it was and what was asked, frame by frame,
 * by plain recursion over its tables; no walk of the engine is used.
 */
export class Judge {
  /** What the tree is before the work; frames count from its first. */
  readonly tree = new SmallTree();
  /** Its first frame. */
  base = 0;
  private frames = 0;
  /** By frame: level of the leaf that maps it (0: none), and its WRITABLE and DIRTY. */
  private readonly level = new Uint8Array(this.tree.span.length);
  private readonly flags = new Uint8Array(this.tree.span.length);
  /** The same as they must be afterwards. */
  private readonly wantLevel = new Uint8Array(this.tree.span.length);
  private readonly wantFlags = new Uint8Array(this.tree.span.length);
  /** A bit for each frame that is mapped. */
  private mapped = 0;
  private verdict = 0;
  private linked = 0;

  /** A new tree. */
  begin(tops: readonly TopEntry[]): void {
    const { tree } = this;
    tree.set(tops);
    this.base = baseOf(tops);
    this.frames = tops.length * TOP_PAGES;
    this.mapped = 0;
    for (let f = 0; f < tree.span.length; f++) {
      const span = tree.span[f]!;
      if (span !== 0) this.mapped |= 1 << f;
      this.level[f] = span === 16 ? 3 : span === 4 ? 2 : span;
      this.flags[f] = span === 0 || tree.protectedFirst[f] === 1 ? 0 : WRITABLE | DIRTY;
    }
  }

  /** What a work must make of the tree. A zap leaves nothing, which {@link presentAt} tells. */
  expect(work: Work): void {
    this.wantLevel.set(this.level);
    this.wantFlags.set(this.flags);
    if (work.kind === "split") this.split(work.start, work.end, work.targetLevel);
    else if (work.kind === "enable") this.enable(work);
    else if (work.kind === "clear") this.clear(work);
  }

  /**
   * Bits of {@link SMALL_FAULTS} for a tree that was split, or whose log was enabled or cleared; 0
   * is right.
   *
   * @param tables that there must be: those of before, and what the work says that it took
   */
  judge(tree: TdpTree, tables: number): number {
    this.verdict = this.linked = 0;
    this.table(tree, tree.root, tree.rootLevel, 0);
    if (this.linked !== tables || tree.tables !== tables) this.verdict |= BIT["page-tables-unaccounted"];
    return this.verdict;
  }

  /**
   * Every page of a range at the target level or below, and its neighbours in the same 1G page no
   * higher than 2M.
   */
  private split(start: number, end: number, target: number): void {
    const { wantLevel } = this;
    for (let f = 0; f < this.frames; f++) {
      const span = wantLevel[f] === 3 ? 16 : wantLevel[f] === 2 ? 4 : 1;
      const first = f - (f % span);
      if (wantLevel[f]! <= target || first >= end || first + span <= start) continue;
      wantLevel.fill(wantLevel[f]! - 1, first, first + span);
      // Once more, for what this page has become.
      f--;
    }
  }

  private enable({ start, end, pml, eager }: Enable): void {
    if (eager) this.split(start, end, 1);
    for (let f = start; f < end; f++) {
      const huge = this.wantLevel[f]! > 1;
      this.wantFlags[f]! &= ~(pml ? DIRTY | (huge ? WRITABLE : 0) : WRITABLE);
    }
  }

  /** A page that was cleared is seen when it is written next; nothing else has lost a bit. */
  private clear({ base, wordPages, words, initiallySet, eager, pml }: Clear): void {
    for (const { index, low } of words) {
      const first = base + index * wordPages;
      const end = first + 32 - Math.clz32(low);
      if (initiallySet && eager) this.split(first + 31 - Math.clz32(low & -low), end, 1);
    }
    for (const { index, low } of words) {
      for (let bit = 0; bit < wordPages; bit++) {
        if (((low >> bit) & 1) !== 0) this.cleared(base + index * wordPages + bit, initiallySet, pml);
      }
    }
  }

  private cleared(f: number, initiallySet: boolean, pml: boolean): void {
    const { wantLevel, wantFlags } = this;
    if (wantLevel[f] === 1) wantFlags[f]! &= ~(pml ? DIRTY : WRITABLE);
    if (wantLevel[f]! < 2 || !initiallySet) return;
    const span = wantLevel[f] === 3 ? 16 : 4;
    const first = f - (f % span);
    for (let at = first; at < first + span; at++) wantFlags[at]! &= ~WRITABLE;
  }

  private table(tree: TdpTree, table: number, level: number, tableGfn: number): void {
    const { words, geometry } = tree;
    const span = geometry.pages[level]!;
    let present = 0;
    let bits = 0;
    this.linked++;
    for (let i = 0; i < geometry.entries; i++) {
      const at = table + i;
      const spte = words[at]!;
      const f = tableGfn + i * span - this.base;
      if ((spte & PRESENT) === 0) {
        if ((this.mapped & framesIn(f, f + span)) !== 0) this.verdict |= BIT["lost-page"];
        continue;
      }
      present++;
      bits |= 1 << i;
      if (isTable(spte)) this.table(tree, childOf(spte), level - 1, tableGfn + i * span);
      else this.leaf(tree, at, level, f);
    }
    const kept = (tree.bitmap[table >> 5]! >>> (table & 31)) & (2 ** geometry.entries - 1);
    if (tree.used[table >> geometry.levelBits] !== present || kept !== bits)
      this.verdict |= BIT["table-bookkeeping-wrong"];
  }

  private leaf(tree: TdpTree, at: number, level: number, f: number): void {
    if (f < 0 || f >= this.frames || this.level[f]! < level) {
      this.verdict |= BIT["stray-page"];
      return;
    }
    if (tree.pfns[at] !== PFN_OFFSET + this.base + f) this.verdict |= BIT["wrong-frame"];
    const want = this.wantLevel[f]!;
    if (level !== want) {
      this.verdict |= level > want ? BIT["unsplit-huge-page"] : BIT["split-outside-range"];
      return;
    }
    const has = tree.words[at]! & (WRITABLE | DIRTY);
    const wrong = has ^ this.wantFlags[f]!;
    if ((wrong & WRITABLE) !== 0)
      this.verdict |= has & WRITABLE ? BIT["still-writable"] : BIT["write-protected-needlessly"];
    if ((wrong & DIRTY) !== 0) this.verdict |= has & DIRTY ? BIT["still-dirty"] : BIT["dirty-bit-lost"];
  }
}

/** Whether a table or one below it has a present entry of a level that begins before `end`. */
export function presentAt(
  tree: TdpTree,
  wanted: number,
  end: number,
  table = tree.root,
  level = tree.rootLevel,
  gfn = 0,
): boolean {
  const span = tree.geometry.pages[level]!;
  for (let i = 0; i < tree.entries && gfn + i * span < end; i++) {
    const spte = tree.words[table + i]!;
    if ((spte & PRESENT) === 0) continue;
    if (level === wanted) return true;
    if (isTable(spte) && presentAt(tree, wanted, end, childOf(spte), level - 1, gfn + i * span)) return true;
  }
  return false;
}
