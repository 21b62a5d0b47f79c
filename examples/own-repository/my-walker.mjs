import { defineStrategy, FRESH_PAGES } from "s2split";

export default defineStrategy({
  id: "my-walker",
  summary: "never below level 2, nor into a new table that is split down to pages",
  maxLevel: 2,
  enter: (at) => at.fresh !== FRESH_PAGES,
});
