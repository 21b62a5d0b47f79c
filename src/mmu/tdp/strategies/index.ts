import type { TdpStrategy } from "../strategy.js";
import { baseline } from "./baseline.js";
import { onlyPresent } from "./onlyPresent.js";
import { skipNotPresent } from "./skipNotPresent.js";
import { skipNotPresentPosted } from "./skipNotPresentPosted.js";
import { usedBitmap } from "./usedBitmap.js";
import { usedCount } from "./usedCount.js";

/**
 * Every built-in strategy of the TDP MMU, in the order of tables. A new one is a file of its own
 * and a line here.
 */
export const builtIn = {
  baseline,
  "skip-not-present-posted": skipNotPresentPosted,
  "skip-not-present": skipNotPresent,
  "only-present": onlyPresent,
  "used-count": usedCount,
  "used-bitmap": usedBitmap,
} as const satisfies Readonly<Record<string, TdpStrategy>>;

/** Id of a built-in strategy. */
export type BuiltInId = keyof typeof builtIn;

export const strategies: readonly TdpStrategy[] = Object.values(builtIn);
