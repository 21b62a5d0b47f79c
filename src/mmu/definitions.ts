import type { mmus } from "./registry.js";

/** What users may write for any registered MMU, as its line of the registry carries it. */
type Written = NonNullable<(typeof mmus)[number]["written"]>;

/** A custom strategy for any MMU; `mmu` says for which. */
export type AnyStrategyDefinition = Written["strategy"];

/** A scenario for any MMU; `mmu` says for which. */
export type AnyScenario = Written["scenario"];
