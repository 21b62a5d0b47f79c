/**
 * double: "KVM: x86/mmu: Extend Eager Page Splitting to the shadow MMU", David Matlack, v7,
 * 2022-06-22.
 *
 * Descriptors for two splits, twice the minimum, so that two pages in a row can be split where the
 * first takes all that one can. Where frames are mapped once, which is the common case, it
 * allocates a thousand descriptors for nothing.
 */
import { MIN_DESCRIPTORS } from "../splitCaches.js";
import { strategyFrom } from "../strategy.js";

export const double = strategyFrom({
  id: "double",
  mmu: "x86-shadow",
  summary: "descriptors for two splits: 2 x 513",
  origin: "David Matlack, v7, 2022-06-22",
  descriptorCapacity: 2 * MIN_DESCRIPTORS,
});
