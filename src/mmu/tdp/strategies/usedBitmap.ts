/**
 * used-bitmap: "keep track of the used entries" (Bernhard Kauer, 2024-10-23), as one bit an entry:
 * the walk goes from one present entry to the next and reads no other; a table without one is not
 * entered.
 */
import { strategyFrom } from "../strategy.js";

export const usedBitmap = strategyFrom({
  id: "used-bitmap",
  mmu: "x86-tdp",
  summary: "from present entry to present entry, by a bitmap kept per table",
  origin: "Bernhard Kauer, 2024-10-23 (idea)",
  enter: (table, index) => table.firstUsed(index),
  next: (table, index) => table.firstUsed(index + 1),
  body: "present",
  fast: "bitmap",
});
