/**
 * split-mark: this project's own proposal.
 *
 * Bit 55 of a table descriptor, which hardware ignores, says "no block is mapped anywhere below". A
 * marked table is inspected, not visited, not entered, at any level: a range of pages costs one
 * entry per level-1 table rather than one per 2M. Whatever maps, splits or unmaps keeps the mark
 * exact, with a count of blocks per table page (arm64/marks.ts); each change of a mark in a
 * descriptor that is already linked costs a store, which is counted.
 */
import { MARK_HI } from "../descriptor.js";
import { strategyFrom } from "../strategy.js";

export const splitMark = strategyFrom({
  id: "split-mark",
  summary: "a software bit in table descriptors says that no block is mapped below; marked tables are not entered",
  origin: "s2split",
  marks: true,
  enter: (at) => (at.hi & MARK_HI) === 0,
});
