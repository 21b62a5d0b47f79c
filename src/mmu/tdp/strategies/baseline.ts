/**
 * baseline: the iterator of Linux 7.3, every entry of every table it enters, present or not.
 */
import type { IterVariant } from "../variant.js";

export const baseline: IterVariant = {
  enter: (_table, index) => index,
  next: (_table, index) => index + 1,
  body: "every",
  aside: 0,
  asideMark: "moved",
  fast: "each",
};
