/**
 * Linux 7.3: Wang Yechao's series as merged, and the later change to masks.
 *
 * The split loop looks each 2M up from the root and flushes what is pending before it drops
 * mmu_lock. In clear mode a call is one word, and what is pending is forgotten between words: the
 * lock is dropped with up to 510 splits unflushed. The ioctl's last flush mends that before
 * userspace sees the result.
 */

import { strategyFrom } from "../strategy.js";

export const baseline = strategyFrom({
  id: "baseline",
  mmu: "riscv",
  summary: "each 2M is looked up from the root; pending splits are flushed before mmu_lock is dropped, per call",
  origin: "Linux 7.3 (Wang Yechao)",
});
