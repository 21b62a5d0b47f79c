import { count, treesOf } from "../../exhaustive/bounds.js";
import { TOP_PAGES, type TopEntry } from "../../exhaustive/trees.js";
import type { Bound } from "../../exhaustive.js";
import type { Arm64Scenario } from "../scenario.js";
import { furtherScenarios } from "./masks.js";
import { placeScenarios } from "./places.js";
import { CHUNKS, type Work } from "./session.js";

/** All that a bound has: trees with what is done to each, and layouts of the real geometry. */
export interface Arm64Bound {
  /** The lightest first. */
  readonly trees: readonly (readonly TopEntry[])[];
  /** What is done to a tree of one top entry, and to one of two. */
  readonly works: readonly [oneTop: readonly Work[], twoTops: readonly Work[]];
  readonly places: readonly Arm64Scenario[];
  /** The bound in words. */
  readonly text: string;
}

/** Pages that a word of the small geometry covers: two words for a top entry. */
const WORD_PAGES = 8;

export function boundOf(bound: Bound): Arm64Bound {
  const { trees, words } = treesOf(bound, "level-2");
  const places = [...placeScenarios(bound === "small" ? "some" : "all"), ...furtherScenarios()];
  return {
    trees,
    works: [[...enables(TOP_PAGES), ...clears()], enables(2 * TOP_PAGES)],
    places,
    text:
      `${words}; in tables of 4 entries, with every start and end of a range, below one top entry also every ` +
      "first and last bit of a word " +
      `beside a full one, ${chunkWords()}; and ${count(places)} layouts of the real geometry whose ends, or ` +
      "whose dirty bits, lie at those of tables, blocks and words",
  };
}

function chunkWords(): string {
  const [chunks, caches] = [
    CHUNKS.map(({ chunkPages }) => chunkPages),
    CHUNKS.map(({ cacheCapacity }) => cacheCapacity),
  ];
  const words = (sizes: readonly number[]) =>
    [...new Set(sizes)]
      .sort((a, b) => a - b)
      .join(", ")
      .replace(/, (\d+)$/, " and $1");
  return (
    `chunks of ${words(chunks)} pages and page caches of ${words(caches)}, the largest chunk once more with the ` +
    "walk's loops over runs"
  );
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
 * Clears of two words: every first and last bit of one, with the other full, which leaves its mark
 * on the page cache. What a word does depends on its first and last set bit alone (Linux 7.3,
 * arch/arm64/kvm/mmu.c, `kvm_arch_mmu_enable_log_dirty_pt_masked()`), so masks with the same ends
 * are counted once; a test holds that.
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
