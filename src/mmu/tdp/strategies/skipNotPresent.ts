/**
 * skip-not-present: Bernhard Kauer's patch of 2024-10-23, mended by s2split.
 *
 * As skip-not-present-posted, but the mark is set only where an entry was skipped, so that a yield
 * goes on from where the walk was. Without yields the two count the same.
 */
import { strategyFrom } from "../strategy.js";
import { ASIDE } from "./skipNotPresentPosted.js";

export const skipNotPresent = strategyFrom({
  id: "skip-not-present",
  mmu: "x86-tdp",
  summary: "the same, with the mark moved only where entries were skipped",
  origin: "Bernhard Kauer, 2024-10-23, mended by s2split",
  aside: ASIDE,
  asideMark: "moved",
  fast: "each",
});
