import { expect, it } from "vitest";
import { boundOf } from "./scope.js";

it("the small bound is said whole: its trees, what is done to them, and its layouts", () => {
  expect(boundOf("small").text).toBe(
    "all 1,299 trees below one top entry whose level-1 entries are a hole, a block, a write-protected block, " +
      "or a table with all pages, its first or its last, and 25 below two that are a hole, a block, or a table " +
      "with a block first or last or with pages at both ends, in Sv39x4, and 25 simpler ones in each of Sv48x4 " +
      "and Sv57x4, where two entries of the root meet; in tables of 4 entries, enabled in every slot out of " +
      "which no block sticks, and cleared by words of 4 pages from each page of the first block on (below two " +
      "top entries: where they meet), with every mask of a word, alone and after a full one; with a page cache " +
      "of as many pages as a walk may need or of 16 more, of which one is left from earlier work, need_resched " +
      "never or at every second poll, and without eager splitting; and 494 layouts of the real geometry whose " +
      "ends lie at those of tables and blocks",
  );
});
