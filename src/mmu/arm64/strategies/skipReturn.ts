/**
 * skip-return: the idea of the RFC of 2026-05-15 made right.
 *
 * SKIP_SIBLINGS ends the loop over the present table, so that address and index stay together.
 * SKIP_CHILDREN is returned only where the new subtree is split down to pages; next-level blocks
 * are entered.
 */

import { strategyFrom } from "../strategy.js";
import { CONTINUE, FRESH_PAGES, SKIP_CHILDREN, SKIP_SIBLINGS } from "../walkRules.js";

export const skipReturn = strategyFrom({
  id: "skip-return",
  summary: "the visitor's skip codes end the loop over the table; one page of each level-3 table is still visited",
  origin: "s2split, after Leonardo Bras' RFC of 2026-05-15",
  afterPage: SKIP_SIBLINGS,
  afterVisit: (at) => (at.fresh === FRESH_PAGES ? SKIP_CHILDREN : CONTINUE),
});
