import type { IterVariant } from "../variant.js";
import { baseline } from "./baseline.js";
import { onlyPresent } from "./onlyPresent.js";
import { skipNotPresent, skipNotPresentPosted } from "./skipNotPresent.js";
import { usedBitmap } from "./usedBitmap.js";
import { usedCount } from "./usedCount.js";

export { baseline, onlyPresent, skipNotPresent, skipNotPresentPosted, usedBitmap, usedCount };

/** The built-in variants by id, in the order of tables. */
export const VARIANTS = {
  baseline,
  "skip-not-present-posted": skipNotPresentPosted,
  "skip-not-present": skipNotPresent,
  "only-present": onlyPresent,
  "used-count": usedCount,
  "used-bitmap": usedBitmap,
} as const satisfies Record<string, IterVariant>;

/** Id of a built-in variant. */
export type VariantId = keyof typeof VARIANTS;
