/**
 * used-bitmap: "keep track of the used entries" (Bernhard Kauer, 2024-10-23), as one bit an entry: the walk goes from one present entry to
 * the next and reads no other; a table without one is not entered.
 */
import type { IterVariant } from "../variant.js";

export const usedBitmap: IterVariant = {
  enter: (table, index) => table.firstUsed(index),
  next: (table, index) => table.firstUsed(index + 1),
  body: "present",
  aside: 0,
  asideMark: "moved",
  fast: "bitmap",
};
