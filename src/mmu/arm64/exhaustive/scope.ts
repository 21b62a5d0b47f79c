import type { Bound } from "../../exhaustive.js";
import type { Arm64Scenario } from "../scenario.js";
import { furtherScenarios } from "./masks.js";
import { placeScenarios } from "./places.js";
import { CHUNKS, type Work } from "./session.js";
import { BLOCK, HOLE_ENTRY, type Level2Entry, PROTECTED_BLOCK, TOP_PAGES, type TopEntry, topEntries } from "./trees.js";

/** All that a bound has: trees with what is done to each, and layouts of the real geometry. */
export interface Scope {
  /** The lightest first. */
  readonly trees: readonly (readonly TopEntry[])[];
  /** What is done to a tree of one top entry, and to one of two. */
  readonly works: readonly [oneTop: readonly Work[], twoTops: readonly Work[]];
  readonly places: readonly Arm64Scenario[];
  /** The bound in words. */
  readonly text: string;
}

/** Level-2 entries of the small bound: of the 16 level-3 tables those that are full or have their first or last page alone. */
const FEW_ENTRIES: readonly Level2Entry[] = [HOLE_ENTRY, BLOCK, PROTECTED_BLOCK, 0b1111, 0b0001, 0b1000];
const EVERY_ENTRY: readonly Level2Entry[] = [
  HOLE_ENTRY,
  BLOCK,
  PROTECTED_BLOCK,
  ...Array.from({ length: 16 }, (_, i) => i),
];
/** Top entries whose pairs the small bound has: what one leaves in the page cache is what the next begins with. */
const LIGHT_TOPS: readonly TopEntry[] = [
  HOLE_ENTRY,
  BLOCK,
  [BLOCK, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY],
  [HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY, BLOCK],
  [0b1111, HOLE_ENTRY, HOLE_ENTRY, 0b1111],
];

/** Pages that a word of the small geometry covers: two words for a top entry. */
const WORD_PAGES = 8;

const FEW_WORDS =
  "whose level-2 entries are a hole, a block, a write-protected block, or a table with all pages, its first or its last";
const LIGHT_WORDS = "that are a hole, a block, or a table with a block first or last or with pages at both ends";

export function scopeOf(bound: Bound): Scope {
  const [trees, words] = TREES[bound]();
  const places = [...placeScenarios(bound === "small" ? "some" : "all"), ...furtherScenarios()];
  return {
    trees,
    works: [[...enables(TOP_PAGES), ...clears()], enables(2 * TOP_PAGES)],
    places,
    text:
      `${words}; in tables of 4 entries, with every start and end of a range, below one top entry also every first and last bit of a word ` +
      `beside a full one, ${chunkWords()}; and ${count(places)} layouts of the real geometry whose ends, or whose dirty bits, lie at those of tables, blocks and words`,
  };
}

const TREES: Readonly<Record<Bound, () => readonly [trees: readonly (readonly TopEntry[])[], words: string]>> = {
  small: () => {
    const single = topEntries(FEW_ENTRIES).map((top) => [top]);
    const double = pairs(LIGHT_TOPS);
    const words = `all ${count(single)} trees below one top entry ${FEW_WORDS}, and ${count(double)} below two ${LIGHT_WORDS}`;
    return [[...single, ...double], words];
  },
  medium: () => {
    const single = topEntries(EVERY_ENTRY).map((top) => [top]);
    const double = pairs(LIGHT_TOPS);
    const words =
      `all ${count(single)} trees below one top entry: every entry a hole, a block, a write-protected block or a table, every page mapped or not; ` +
      `and ${count(double)} below two ${LIGHT_WORDS}`;
    return [[...single, ...double], words];
  },
  large: () => {
    const double = pairs(topEntries(FEW_ENTRIES));
    return [double, `all ${count(double)} trees below two top entries ${FEW_WORDS}`];
  },
};

function count(list: readonly unknown[]): string {
  return list.length.toLocaleString("en-US");
}

function chunkWords(): string {
  const [chunks, caches] = [
    CHUNKS.map(({ chunkPages }) => chunkPages),
    CHUNKS.map(({ cacheCapacity }) => cacheCapacity),
  ];
  const words = (sizes: readonly number[]) => [...new Set(sizes)].join(", ").replace(/, (\d+)$/, " and $1");
  return `chunks of ${words(chunks)} pages and page caches of ${words(caches)}, the largest chunk once more with the walk's loops over runs`;
}

/** Every start and end, the shortest range first. */
function enables(frames: number): Work[] {
  const works: Work[] = [];
  for (let length = 1; length <= frames; length++) {
    for (let start = 0; start + length <= frames; start++)
      works.push({ mode: "enable", spans: [[start, start + length]] });
  }
  return works;
}

/**
 * Clears of two words: every first and last bit of one, with the other full, which leaves its mark on the page cache. What a word does
 * depends on its first and last set bit alone (Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_arch_mmu_enable_log_dirty_pt_masked()`), so
 * masks with the same ends are counted once; a test holds that.
 */
function clears(): Work[] {
  const works: Work[] = [];
  const full: readonly (readonly [number, number])[] = [
    [0, WORD_PAGES],
    [WORD_PAGES, 2 * WORD_PAGES],
  ];
  for (const word of [0, 1]) {
    for (let first = 0; first < WORD_PAGES; first++) {
      for (let end = first + 1; end <= WORD_PAGES; end++) {
        if (word === 1 && end - first === WORD_PAGES) continue;
        const span = [first + word * WORD_PAGES, end + word * WORD_PAGES] as const;
        works.push({ mode: "clear", spans: full.map((whole, i) => (i === word ? span : whole)) });
      }
    }
  }
  return works;
}

/** By the sum of both places in the list, which is by weight: what is simpler comes first. */
function pairs(tops: readonly TopEntry[]): (readonly TopEntry[])[] {
  const all: (readonly TopEntry[])[] = [];
  for (let sum = 0; sum <= 2 * (tops.length - 1); sum++) {
    for (let i = Math.max(0, sum - tops.length + 1); i <= Math.min(sum, tops.length - 1); i++) {
      all.push([tops[i]!, tops[sum - i]!]);
    }
  }
  return all;
}
