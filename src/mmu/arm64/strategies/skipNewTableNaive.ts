/**
 * skip-new-table-naive: max-level, and never enter a table that this visit has just made. Leonardo
 * Bras, 2026-05-18.
 *
 * What it gets wrong: a 1G block with too small a cache becomes 512 blocks of 2M; the new table is
 * not entered, so they stay blocks but for those that a later chunk meets. The return code is 0.
 */

import { strategyFrom } from "../strategy.js";
import { NOT_FRESH } from "../walkRules.js";

export const skipNewTableNaive = strategyFrom({
  id: "skip-new-table-naive",
  summary: "max-level, and a table that this visit has just made is never entered",
  origin: "Leonardo Bras, 2026-05-18",
  knownFaults: ["1G block with a 2M chunk: the first 2M stays a block"],
  maxLevel: 2,
  enter: (at) => at.fresh === NOT_FRESH,
});
