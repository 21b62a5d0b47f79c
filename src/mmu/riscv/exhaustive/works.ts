import { BLOCK_PAGES, type SmallTree, TOP_PAGES } from "../../exhaustive/trees.js";

/**
 * Pages that a word of the small geometry covers: as many as a block, so that a word has parts of
 * two blocks at most, as with 64 pages and blocks of 512.
 */
export const WORD_PAGES = BLOCK_PAGES;
const FULL = (1 << WORD_PAGES) - 1;

/** A word of the dirty bitmap that is not 0. Frames are counted from the tree's first. */
export interface SmallWord {
  /** Frame of bit 0. */
  readonly gfn: number;
  readonly bits: number;
  /** Frames of the lowest set bit and behind the highest. */
  readonly firstGfn: number;
  readonly endGfn: number;
}

/**
 * What is done to a tree: logging is enabled on a slot; or words of it are cleared, one after the
 * other.
 */
export interface Work {
  /** The slot, in frames from the tree's first. */
  readonly startGfn: number;
  readonly endGfn: number;
  /** null: enable. */
  readonly words: readonly SmallWord[] | null;
}

/** Slots of every start and end, the shortest first: logging is enabled. */
function enables(frames: number): Work[] {
  const works: Work[] = [];
  for (let length = 1; length <= frames; length++) {
    for (let startGfn = 0; startGfn + length <= frames; startGfn++)
      works.push({ startGfn, endGfn: startGfn + length, words: null });
  }
  return works;
}

/**
 * Clears in slots from each page of the first block on, which is every way that words can lie to
 * blocks: every mask of each word, alone and after a full one; with `both`, beside every mask of
 * the word before.
 */
export function clears(frames: number, both: boolean): Work[] {
  const works: Work[] = [];
  for (let startGfn = 0; startGfn < BLOCK_PAGES; startGfn++) {
    const clear = (words: SmallWord[]): Work => ({ startGfn, endGfn: frames, words });
    for (const { gfn, bits } of masks(startGfn, frames)) {
      const word = wordOf(gfn, bits);
      works.push(clear([word]));
      if (gfn === startGfn) continue;
      for (let before = both ? 1 : FULL; before <= FULL; before++)
        works.push(clear([wordOf(gfn - WORD_PAGES, before), word]));
    }
  }
  return works;
}

/**
 * Clears around where two top entries meet: every mask of each word that touches it, alone and
 * after a full one.
 */
export function clearsAcross(): Work[] {
  return clears(2 * TOP_PAGES, false).filter(({ words }) => {
    const { gfn } = words!.at(-1)!;
    return gfn > TOP_PAGES - WORD_PAGES && gfn <= TOP_PAGES;
  });
}

function* masks(startGfn: number, frames: number): Generator<{ readonly gfn: number; readonly bits: number }> {
  for (let gfn = startGfn; gfn < frames; gfn += WORD_PAGES) {
    const pages = Math.min(WORD_PAGES, frames - gfn);
    for (let bits = 1; bits < 1 << pages; bits++) yield { gfn, bits };
  }
}

function wordOf(gfn: number, bits: number): SmallWord {
  const [first, end] = [31 - Math.clz32(bits & -bits), 32 - Math.clz32(bits)];
  return { gfn, bits, firstGfn: gfn + first, endGfn: gfn + end };
}

/**
 * All that is done to trees of so many frames: logging is enabled on every slot, and some clears.
 */
export class Works {
  readonly all: readonly Work[];
  /** Clears by the start of their slot, which ends where the tree does. */
  private readonly clearsFrom = new Map<number, number>();

  constructor(
    private readonly frames: number,
    clears: readonly Work[],
  ) {
    this.all = [...enables(frames), ...clears];
    for (const { startGfn } of clears) this.clearsFrom.set(startGfn, (this.clearsFrom.get(startGfn) ?? 0) + 1);
  }

  /** How many of them a tree allows: no leaf sticks out of a slot. */
  legal(tree: SmallTree): number {
    let places = 0;
    for (let gfn = 0; gfn <= this.frames; gfn++) if (!cuts(tree, gfn)) places++;
    let legal = (places * (places - 1)) / 2;
    for (const [startGfn, clears] of this.clearsFrom) if (!cuts(tree, startGfn)) legal += clears;
    return legal;
  }
}

/** Whether a slot can be: no leaf sticks out of it. */
export function isLegal({ startGfn, endGfn }: Work, tree: SmallTree): boolean {
  return !cuts(tree, startGfn) && !cuts(tree, endGfn);
}

/** Whether a leaf lies on both sides of the start of a frame. */
function cuts(tree: SmallTree, gfn: number): boolean {
  if (gfn === 0) return false;
  const span = tree.span[gfn - 1]!;
  return span > 0 && (gfn & (span - 1)) !== 0;
}
