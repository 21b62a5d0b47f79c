import { checkArm64Definition } from "./arm64/adopt.js";
import type { AnyStrategyDefinition } from "./definitions.js";

/**
 * Checks and types a custom strategy, for a module that `--strategy FILE` loads or for `verify` and
 * `bench`. Returns what it is given. A plain object does as well, and is checked where it is used;
 * so is a strategy for another MMU than arm64, by that MMU.
 *
 * ```js
 * import { defineStrategy } from "s2split";
 * export default defineStrategy({ id: "mine", summary: "never below level 2", maxLevel: 2 });
 * ```
 *
 * @throws UserError naming the field and what was expected
 */
export function defineStrategy<const D extends AnyStrategyDefinition>(definition: D): D {
  const mmu: unknown = (definition as Partial<D> | null | undefined)?.mmu;
  if (typeof mmu !== "string" || mmu === "arm64") checkArm64Definition(definition, "defineStrategy");
  return definition;
}
