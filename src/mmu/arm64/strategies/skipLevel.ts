/**
 * skip-level: "[PATCH v1 to v3] Optimize S2 page splitting", Leonardo Bras, June and July 2026.
 *
 * Walk flags SKIP_LEVEL0 to SKIP_LEVEL3; the split walk sets SKIP_LEVEL3. Counts as max-level for
 * this walk; TABLE_POST calls are still made for a table whose level below is skipped, and skipping
 * the start level is refused. Its author measured it on AmpereOne (v1) and ThunderX2 (v2).
 */

import { strategyFrom } from "../strategy.js";
import { WALK_LEAF, WALK_SKIP_LEVEL0 } from "../walkRules.js";

export const skipLevel = strategyFrom({
  id: "skip-level",
  summary: "walk flag SKIP_LEVEL3: level-3 tables are not entered; TABLE_POST calls are still made",
  origin: "Leonardo Bras, v1 to v3, June and July 2026",
  flags: WALK_LEAF | (WALK_SKIP_LEVEL0 << 3),
});
