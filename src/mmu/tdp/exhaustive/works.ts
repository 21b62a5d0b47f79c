import { HOLE_ENTRY, SmallTree, type TopEntry } from "../../exhaustive/trees.js";
import type { ClearWord } from "../dirtyLog.js";

/** What is done to a tree; frames count from the tree's first. */
export type Work = Zap | Split | Enable | Clear;

interface Timed {
  /** With each of these schedules: a yield at every n-th poll; 0 is never. */
  readonly schedules: readonly number[];
}

/** The whole root is zapped. */
export interface Zap extends Timed {
  readonly kind: "zap";
  readonly rootLevel: 4 | 5;
  /** Physical address bits of the host, which say where a zap ends. */
  readonly maxphyaddr: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Split extends Timed, Range {
  readonly kind: "split";
  readonly targetLevel: 1 | 2;
}

interface Logging {
  readonly pml: boolean;
  readonly eager: boolean;
}

export interface Enable extends Timed, Range, Logging {
  readonly kind: "enable";
}

/** A slot from `base` to the tree's end, of which some pages are cleared. */
export interface Clear extends Timed, Logging {
  readonly kind: "clear";
  readonly base: number;
  readonly wordPages: 2 | 4;
  readonly initiallySet: boolean;
  readonly words: readonly ClearWord[];
}

/** What is done to a tree of one top entry, and to one of two. */
export type Works = readonly [oneTop: readonly Work[], twoTops: readonly Work[]];

export function worksFor(works: Works, tops: readonly TopEntry[]): readonly Work[] {
  return works[tops.length === 1 ? 0 : 1];
}

/**
 * Counts the combinations of trees; trees whose huge pages lie in the same places have equally
 * many, and are counted once.
 */
export class CombinationCounter {
  private readonly known = new Map<string, number>();
  private readonly tree = new SmallTree();

  constructor(private readonly works: Works) {}

  of(tops: readonly TopEntry[]): number {
    const { known, tree } = this;
    const key = tops.map(hugeIn).join();
    let sum = known.get(key);
    if (sum === undefined) {
      sum = 0;
      tree.set(tops);
      for (const work of worksFor(this.works, tops)) if (isLegal(work, tree)) sum += work.schedules.length;
      known.set(key, sum);
    }
    return sum;
  }
}

/** Where a top entry has huge pages, as a number. */
function hugeIn(top: TopEntry): number {
  if (typeof top === "number") return top === HOLE_ENTRY ? 0 : 16;
  return top.reduce<number>((bits, entry, i) => (entry < HOLE_ENTRY ? bits | (1 << i) : bits), 0);
}

/**
 * Whether KVM can come to do this: it maps no huge page across an edge of a slot. Splits have
 * ranges of their own.
 */
export function isLegal(work: Work, tree: SmallTree): boolean {
  if (work.kind === "enable") return !isCut(tree, work.start) && !isCut(tree, work.end);
  return work.kind !== "clear" || !isCut(tree, work.base);
}

/** Whether a huge page lies across the beginning of a frame. */
function isCut(tree: SmallTree, frame: number): boolean {
  const span = frame < tree.span.length ? tree.span[frame]! : 0;
  return span > 1 && frame % span !== 0;
}

/** Every range, the shortest first. */
function ranges(frames: number): Range[] {
  const all: Range[] = [];
  for (let length = 1; length <= frames; length++) {
    for (let start = 0; start + length <= frames; start++) all.push({ start, end: start + length });
  }
  return all;
}

export function zaps(maxphyaddrs: readonly number[], schedules: readonly number[]): Zap[] {
  return ([4, 5] as const).flatMap((rootLevel) =>
    maxphyaddrs.map((maxphyaddr): Zap => ({ kind: "zap", rootLevel, maxphyaddr, schedules })),
  );
}

export function splits(frames: number, schedules: readonly number[]): Split[] {
  return ([1, 2] as const).flatMap((targetLevel) =>
    ranges(frames).map((range): Split => ({ kind: "split", ...range, targetLevel, schedules })),
  );
}

const ON_OFF = [true, false] as const;

/**
 * Eager splitting is what a split does, and yields there are tried with splits: enabling with it is
 * tried without.
 */
export function enables(frames: number, schedules: readonly number[]): Enable[] {
  return ranges(frames).flatMap((range) =>
    ON_OFF.flatMap((eager) =>
      ON_OFF.map((pml): Enable => ({ kind: "enable", ...range, pml, eager, schedules: eager ? [0] : schedules })),
    ),
  );
}

/**
 * Clears of a slot of so many frames: every mask of one word, of 4 or of 2 pages, all else being
 * dirty. Only what is split is polled for: see {@link enables}. Without initially-all-set nothing
 * is split, whether splitting is eager or not.
 *
 * @param bases how many first frames of a slot, from 0; no more than a word has pages
 */
export function clears(frames: number, bases: number): Clear[] {
  const works: Clear[] = [];
  for (const wordPages of [4, 2] as const) {
    for (let base = 0; base < Math.min(bases, wordPages); base++) {
      for (const words of wordMasks(frames - base, wordPages)) {
        const clear = { kind: "clear", base, wordPages, words, schedules: [0] } as const;
        works.push(
          { ...clear, pml: true, eager: true, initiallySet: true },
          { ...clear, pml: true, eager: false, initiallySet: true },
          { ...clear, pml: true, eager: false, initiallySet: false },
          { ...clear, pml: false, eager: false, initiallySet: true },
        );
      }
    }
  }
  return works;
}

function wordMasks(pages: number, wordPages: number): ClearWord[][] {
  const masks = Array.from({ length: 2 ** wordPages - 1 }, (_, i) => i + 1);
  // Neighbours before pages with others between them, few before many: the first that fails is
  // simple.
  masks.sort((a, b) => runs(a) - runs(b) || bits(a) - bits(b) || a - b);
  return masks.flatMap((low) =>
    Array.from({ length: Math.ceil(pages / wordPages) }, (_, index) => [{ index, low, high: 0 }]).filter(
      ([word]) => word!.index * wordPages + 31 - Math.clz32(low) < pages,
    ),
  );
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** How many runs of set bits there are. */
function runs(mask: number): number {
  return bits(mask & ~(mask << 1));
}
