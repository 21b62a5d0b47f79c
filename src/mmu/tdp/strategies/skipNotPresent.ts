/**
 * skip-not-present: "KVM: x86: Fast forward the iterator when zapping the TDP MMU", Bernhard Kauer, 2024-10-23.
 *
 * The body of the zap loop, where it finds a non-present entry, steps aside up to 32 times before it looks again.
 *
 * As posted it then sets the mark, the gfn that a yield goes on from, in every iteration, also where nothing was skipped. After a
 * yield the walk restarts at the root, whose entry covers the mark: the body runs there and sets the mark back to the start of that
 * entry's span. Where a yield comes before the walk is past the place where it yielded last, it never gets there: livelock. The mended
 * variant sets the mark only after it skipped an entry. Without yields the two count the same.
 */
import type { IterVariant } from "../variant.js";
import { baseline } from "./baseline.js";

/** Entries stepped over at once, as in the mail. */
const COUNT = 32;

export const skipNotPresentPosted: IterVariant = { ...baseline, aside: COUNT, asideMark: "always" };

export const skipNotPresent: IterVariant = { ...baseline, aside: COUNT, asideMark: "moved" };
