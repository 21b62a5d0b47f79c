import type { ShadowStrategy } from "../strategy.js";
import { defaultCapacity } from "./defaultCapacity.js";
import { double } from "./double.js";
import { exact } from "./exact.js";

/**
 * Every built-in strategy of the shadow MMU, in the order of tables. A new one is a file of its own
 * and a line here.
 */
export const builtIn = {
  double,
  "default-capacity": defaultCapacity,
  exact,
} as const satisfies Readonly<Record<string, ShadowStrategy>>;

/** Id of a built-in strategy. */
export type BuiltInId = keyof typeof builtIn;

export const strategies: readonly ShadowStrategy[] = Object.values(builtIn);
