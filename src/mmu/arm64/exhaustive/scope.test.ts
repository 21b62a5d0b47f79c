import { expect, it } from "vitest";
import { boundOf } from "./scope.js";

it("the small bound is said whole: its trees, what is done to them, and its layouts", () => {
  expect(boundOf("small").text).toBe(
    "all 1,299 trees below one top entry whose level-2 entries are a hole, a block, a write-protected block, " +
      "or a table with all pages, its first or its last, and 25 below two that are a hole, a block, or a table " +
      "with a block first or last or with pages at both ends; in tables of 4 entries, with every start and end " +
      "of a range, below one top entry also every first and last bit of a word beside a full one, chunks of 1, " +
      "4 and 16 pages and page caches of 2, 4 and 5, the largest chunk once more with the walk's loops over " +
      "runs; and 751 layouts of the real geometry whose ends, or whose dirty bits, lie at those of tables, " +
      "blocks and words",
  );
});
