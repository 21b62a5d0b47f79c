// An idea for the split walk: a table that this visit has just made holds what was just put there.
// Why enter it? It is wrong, and verify says why; second-idea.mjs is what became of it.
import { defineStrategy, NOT_FRESH, WALK_BLOCK } from "s2split";

export default defineStrategy({
  id: "first-idea",
  summary: "blocks only, and never into a table that this visit has made",
  flags: WALK_BLOCK,
  enter: (at) => at.fresh === NOT_FRESH,
});
