import { count, treesOf } from "../../exhaustive/bounds.js";
import { TOP_PAGES, type TopEntry } from "../../exhaustive/trees.js";
import type { Bound } from "../../exhaustive.js";
import type { WrittenTdpScenario } from "../scenario.js";
import { placeScenarios } from "./places.js";
import { clears, enables, splits, type Work, type Works, zaps } from "./works.js";

/** All that a bound has: trees with what is done to each, and layouts of the real geometry. */
export interface BoundScope {
  readonly text: string;
  /** The lightest first. */
  readonly trees: readonly (readonly TopEntry[])[];
  readonly works: Works;
  readonly places: readonly WrittenTdpScenario[];
}

/**
 * @param maxphyaddrs address bits of hosts: a zap ends with the tree, with the table that has it,
 *   or with the root
 * @param bases of slots that are cleared
 */
function worksOf(frames: number, maxphyaddrs: readonly number[], bases: number): readonly Work[] {
  return [
    ...zaps(maxphyaddrs, [0, 1, 2, 3, 4, 5, 6, 7]),
    ...splits(frames, [0, 1]),
    ...enables(frames, [0, 1]),
    ...clears(frames, bases),
  ];
}

export function boundOf(bound: Bound): BoundScope {
  const { trees, words } = treesOf(bound, "2M");
  const places = placeScenarios(bound === "small" ? "some" : "all");
  const bases = bound === "small" ? 2 : 4;
  return {
    trees,
    works: [worksOf(TOP_PAGES, [16, 18, 20], bases), worksOf(2 * TOP_PAGES, [19, 20], bases)],
    places,
    text:
      `${words}; in tables of 4 entries, where a 2M page is 4 pages and a 1G page 16 (the write-protected ones are ` +
      "clean too), each tree is zapped below roots of 4 and 5 levels, to its end and beyond, with yields never, at " +
      "every poll and so on to every 7th; split in every range to 4K and to 2M, with yields never or at every poll; " +
      "enabled as every slot that cuts no huge page, with PML on and off, and with eager splitting or, with yields " +
      "too, without; and cleared by every mask of one word of 4 or of 2 pages in slots that begin at page 0 " +
      `${bases === 2 ? "or 1" : "to 3"}, without initially-all-set, or with it, eager splitting on or off, or PML ` +
      "off (strategies that are for zaps alone are tried on zaps); and " +
      `${count(places)} layouts of the real geometry whose ends lie at those of tables and huge pages, ` +
      "zapped, split, enabled or cleared",
  };
}
