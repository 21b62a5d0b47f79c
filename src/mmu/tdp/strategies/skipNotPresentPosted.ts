/**
 * skip-not-present-posted: "KVM: x86: Fast forward the iterator when zapping the TDP MMU", Bernhard
 * Kauer, 2024-10-23, as posted.
 *
 * The body of the zap loop, where it finds a non-present entry, steps aside up to 32 times before
 * it looks again.
 *
 * What it gets wrong: it then sets the mark, the gfn that a yield goes on from, in every iteration,
 * also where nothing was skipped. After a yield the walk restarts at the root, whose entry covers
 * the mark: the body runs there and sets the mark back to the start of that entry's span. Where a
 * yield comes before the walk is past the place where it yielded last, it never gets there:
 * livelock.
 */
import { strategyFrom } from "../strategy.js";

/** Entries stepped over at once, as in the mail. */
export const ASIDE = 32;

export const skipNotPresentPosted = strategyFrom({
  id: "skip-not-present-posted",
  mmu: "x86-tdp",
  summary:
    "the zap loop steps over up to 32 non-present entries, and moves the mark back at every upper entry (as posted)",
  origin: "Bernhard Kauer, 2024-10-23",
  knownFaults: ["where it must yield before it is past the place of the last yield: livelock"],
  aside: ASIDE,
  asideMark: "always",
  fast: "each",
});
