// The idea of first-idea.mjs made right: a new table is passed over only where all of it is split
// down to pages.
import { defineStrategy, FRESH_PAGES, WALK_BLOCK } from "s2split";

export default defineStrategy({
  id: "second-idea",
  summary: "blocks only, and not into a new table that is split down to pages",
  flags: WALK_BLOCK,
  enter: (at) => at.fresh !== FRESH_PAGES,
});
