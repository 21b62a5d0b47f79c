/**
 * s2split as a library: count what walker strategies cost, check that they are right, try one's own.
 *
 * ```js
 * import { bench, defineStrategy, loadScenario, verify } from "s2split";
 *
 * const mine = defineStrategy({ id: "mine", summary: "never below level 2", maxLevel: 2 });
 * const { wrong } = await verify({ random: 1000, seed: 1, strategies: [mine] });
 * const { runs } = await bench({ scenarios: [await loadScenario("scenarios/thp.json")], strategies: ["max-level", mine] });
 * ```
 */
export { MARK_HI } from "./arm64/descriptor.js";
export {
  CONTINUE,
  FRESH_PAGES,
  FRESH_TABLE,
  NOT_FRESH,
  SKIP_CHILDREN,
  SKIP_SIBLINGS,
  WALK_BLOCK,
  WALK_LEAF,
  WALK_PAGE,
  WALK_SKIP_LEVEL0,
  type WalkPosition,
} from "./arm64/walk.js";
export type { SampleSpec } from "./bench/wall.js";
export { type Counts, type CountValue, countAt, totalAt } from "./contract/counters.js";
export type { Finding } from "./contract/finding.js";
export type { ScenarioBase } from "./contract/machine.js";
export { UserError } from "./errors.js";
export type { Arm64Scenario, DirtyBitmap, DirtyLogSpec, Memslot, Segment } from "./guest/scenario.js";
export {
  type BenchCall,
  bench,
  loadScenario,
  type ScenarioInput,
  type StrategyInput,
  type VerifyCall,
  type VerifyReport,
  verify,
} from "./library.js";
export { longFinding, shortFinding } from "./report/findings.js";
export type { ResultFile, RunResult, ScenarioResult, WallSeries } from "./results/types.js";
export { defineStrategy } from "./strategies/adopt.js";
export type { StrategyDefinition } from "./strategies/strategy.js";
export type {
  AnyStrategyDefinition,
  ShadowStrategyDefinition,
  TdpStrategyDefinition,
} from "./strategies/strategyX86.js";
export type { TableView } from "./x86/variant.js";
