/**
 * posted-v4: v3 of 2026-06-23 and v4 of 2026-07-01.
 *
 * As merged, but for masks: a clear write-protects all pages from the first to the last bit of a
 * word, not only those of its bits. Each page in a gap costs its guest a fault; nothing is lost.
 */

import { strategyFrom } from "../strategy.js";

export const postedV4 = strategyFrom({
  id: "posted-v4",
  mmu: "riscv",
  summary: "as merged, but a clear write-protects from the first to the last bit of a word, gaps included",
  origin: "Wang Yechao, 2026-06-23 (v3) and 2026-07-01 (v4)",
  masks: "span",
});
