// A strategy in TypeScript: max-level, told by a hook.
import { defineStrategy, type WalkPosition } from "s2split";

export default defineStrategy({
  id: "typed-idea",
  summary: "never enters a table of pages, told by its level",
  enter: (at: WalkPosition): boolean => at.level < 2,
});
