/**
 * exact: for comparison, nothing beyond the minimum: each descriptor that is taken makes the next
 * split top up, and so drop the lock.
 */
import { MIN_DESCRIPTORS } from "../splitCaches.js";
import { strategyFrom } from "../strategy.js";

export const exact = strategyFrom({
  id: "exact",
  mmu: "x86-shadow",
  summary: "descriptors for one split: 513",
  origin: "s2split, for comparison",
  descriptorCapacity: MIN_DESCRIPTORS,
});
