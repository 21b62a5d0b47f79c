/**
 * skip-return-rfc: "[RFC PATCH 0/2] Optimize S2 page splitting", Leonardo Bras, 2026-05-15, as
 * posted.
 *
 * The split visitor returns SKIP_SIBLINGS at level 3, for every entry, and SKIP_CHILDREN after
 * every split. The walk then moves its address, to the end of the parent's span or of the entry's,
 * and returns 0 - and the loop over the table's entries goes on with the next index, which is not
 * computed again.
 *
 * What it gets wrong: address and index drift apart. (1) Each further entry of a level-3 table
 * moves the address another 2M that nobody has looked at: blocks stay unsplit. (2) In a slot whose
 * base is not 2M-aligned the level-2 index lags behind the address: a block is split, but the TLBI
 * goes to another IPA. (3) A 1G block with too small a cache becomes 512 blocks of 2M that are not
 * entered: the first stays a block. The return code is 0 each time.
 */

import { strategyFrom } from "../strategy.js";
import { CONTINUE, FRESH_PAGES, FRESH_TABLE, SKIP_CHILDREN, SKIP_SIBLINGS } from "../walkRules.js";

export const skipReturnRfc = strategyFrom({
  id: "skip-return-rfc",
  summary: "the visitor returns skip codes, which move the address while the loop goes on (as posted, faults included)",
  origin: "Leonardo Bras, RFC of 2026-05-15",
  knownFaults: [
    "pages followed by blocks: blocks stay unsplit",
    "slot base off the 2M grid: TLBIs go to a wrong IPA",
    "1G block with a 2M chunk: the first 2M stays a block",
  ],
  skips: "as-posted",
  // Every entry of level 3, valid or not.
  afterPage: SKIP_SIBLINGS,
  afterVisit: (at) => (at.fresh === FRESH_TABLE || at.fresh === FRESH_PAGES ? SKIP_CHILDREN : CONTINUE),
});
