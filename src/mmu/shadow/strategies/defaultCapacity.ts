/**
 * default-capacity: Sean Christopherson's fixup of 2022-06-23, which is what Linux has: the
 * minimum, and the default capacity of a memory cache on top.
 */
import { DEFAULT_CAPACITY, MIN_DESCRIPTORS } from "../splitCaches.js";
import { strategyFrom } from "../strategy.js";

export const defaultCapacity = strategyFrom({
  id: "default-capacity",
  mmu: "x86-shadow",
  summary: "descriptors for one split and the default 40: what Linux has",
  origin: "Sean Christopherson, 2022-06-23",
  descriptorCapacity: MIN_DESCRIPTORS + DEFAULT_CAPACITY,
});
