import type { Bound } from "../exhaustive.js";
import {
  BLOCK,
  FULL_TABLE,
  HOLE_ENTRY,
  type MiddleEntry,
  PROTECTED_BLOCK,
  pairs,
  type TopEntry,
  topEntries,
} from "./trees.js";

/** The trees of a bound, the lightest first, and in words. */
export interface BoundTrees {
  readonly trees: readonly (readonly TopEntry[])[];
  readonly words: string;
}

/**
 * Middle entries of the small bound: of the 16 tables of pages those that are full or have their
 * first or last page alone.
 */
export const FEW_ENTRIES: readonly MiddleEntry[] = [HOLE_ENTRY, BLOCK, PROTECTED_BLOCK, FULL_TABLE, 0b0001, 0b1000];
const EVERY_ENTRY: readonly MiddleEntry[] = [
  HOLE_ENTRY,
  BLOCK,
  PROTECTED_BLOCK,
  ...Array.from({ length: 16 }, (_, i) => i),
];
/**
 * Top entries whose pairs the small bound has: what one leaves in a page cache is what the next
 * begins with.
 */
export const LIGHT_TOPS: readonly TopEntry[] = [
  HOLE_ENTRY,
  BLOCK,
  [BLOCK, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY],
  [HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY, BLOCK],
  [FULL_TABLE, HOLE_ENTRY, HOLE_ENTRY, FULL_TABLE],
];

export const LIGHT_WORDS = "that are a hole, a block, or a table with a block first or last or with pages at both ends";

/**
 * The trees of a bound below one or two top entries. @param middle what an MMU calls the entries of
 * the table below a top entry
 */
export function treesOf(bound: Bound, middle: string): BoundTrees {
  const few =
    `whose ${middle} entries are a hole, a block, a write-protected block, or a table with all pages, its first or ` +
    "its last";
  if (bound === "large") {
    const trees = pairs(topEntries(FEW_ENTRIES));
    return { trees, words: `all ${count(trees)} trees below two top entries ${few}` };
  }
  const single = topEntries(bound === "small" ? FEW_ENTRIES : EVERY_ENTRY).map((top) => [top]);
  const double = pairs(LIGHT_TOPS);
  const two = `${count(double)} below two ${LIGHT_WORDS}`;
  const every = "every entry a hole, a block, a write-protected block or a table, every page mapped or not";
  return {
    trees: [...single, ...double],
    words:
      bound === "small"
        ? `all ${count(single)} trees below one top entry ${few}, and ${two}`
        : `all ${count(single)} trees below one top entry: ${every}; and ${two}`,
  };
}

/** How many, as texts of bounds say it. */
export function count(list: readonly unknown[]): string {
  return list.length.toLocaleString("en-US");
}
