/**
 * max-level: Will Deacon's answer to the RFC, 2026-05-18.
 *
 * The walk carries the deepest level it goes to; the split walk sets 2. A table at that level is
 * inspected, neither visited nor entered. x86's `min_level = target + 1` is the same walk.
 */
import { strategyFrom } from "../strategy.js";

export const maxLevel = strategyFrom({
  id: "max-level",
  summary: "the walk carries a deepest level, 2: level-3 tables are never entered",
  origin: "Will Deacon, 2026-05-18",
  maxLevel: 2,
});
