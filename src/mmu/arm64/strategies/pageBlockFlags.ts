/**
 * page-block-flags: Oliver Upton's answer to the RFC, 2026-05-18.
 *
 * LEAF is split into PAGE (entries of level 3) and BLOCK (every other leaf, invalid ones too); the
 * split walk asks for BLOCK only. A level-2 table holds nothing but pages below, so it is stepped
 * over without being entered.
 */

import { strategyFrom } from "../strategy.js";
import { WALK_BLOCK } from "../walkRules.js";

export const pageBlockFlags = strategyFrom({
  id: "page-block-flags",
  summary: "LEAF becomes PAGE and BLOCK; the split walk asks for BLOCK and never enters a level-3 table",
  origin: "Oliver Upton, 2026-05-18",
  flags: WALK_BLOCK,
});
