/**
 * posted-v1: v1 of 2026-05-13 and v2 of 2026-06-03, rebuilt from the change log of v3 and from what
 * later patches quote.
 *
 * Differs from what was merged in four points: the loop starts at `start`, not aligned down to 2M;
 * mmu_lock is dropped without a flush; in clear mode each split is flushed at once; a mask is
 * write-protected as the range from its first to its last bit.
 *
 * What it gets wrong: in clear mode, where a word's pages lie on both sides of a 2M boundary, the
 * step from the unaligned start jumps over the second block, which stays a block unless another of
 * its words is cleared. In enable mode the lock is dropped with up to 30 splits a top-up unflushed.
 */

import { strategyFrom } from "../strategy.js";

export const postedV1 = strategyFrom({
  id: "posted-v1",
  mmu: "riscv",
  summary: "starts unaligned, drops mmu_lock without a flush, flushes each split of a clear, masks as ranges",
  origin: "Wang Yechao, 2026-05-13 (v1) and 2026-06-03 (v2)",
  knownFaults: ["in clear mode a block is passed over where a word of 64 pages lies across a 2M boundary"],
  start: "as-given",
  flushBeforeDrop: false,
  flushEachInClear: true,
  masks: "span",
});
