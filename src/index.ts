/**
 * s2split as a library: count what walker strategies cost, check that they are right, try your own.
 *
 * ```js
 * import { bench, defineStrategy, loadScenario, verify } from "s2split";
 *
 * const mine = defineStrategy({ id: "mine", summary: "never below level 2", maxLevel: 2 });
 * const { wrong } = await verify({ random: 1000, seed: 1, strategies: [mine] });
 * const scenarios = [await loadScenario("backing-thp")];
 * const { runs } = await bench({ scenarios, strategies: ["max-level", mine] });
 * ```
 */

export type { SampleSpec } from "./bench/wall.js";
export { UserError } from "./errors.js";
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
export { MARK_HI } from "./mmu/arm64/descriptor.js";
export type { Arm64Scenario, DirtyBitmap, DirtyLogSpec, Memslot, Segment } from "./mmu/arm64/scenario.js";
export type { StrategyDefinition } from "./mmu/arm64/strategy.js";
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
} from "./mmu/arm64/walkRules.js";
export type { ScenarioBase } from "./mmu/contract.js";
export { type Counts, type CountValue, countAt, totalAt } from "./mmu/counters.js";
export { defineStrategy } from "./mmu/defineStrategy.js";
export type { AnyScenario, AnyStrategyDefinition } from "./mmu/definitions.js";
export type { Finding } from "./mmu/finding.js";
export type {
  RiscvAfterDisable,
  RiscvDirty,
  RiscvDirtyLog,
  RiscvMemslot,
  RiscvScenario,
  RiscvSegment,
} from "./mmu/riscv/scenario.js";
export type { GStageRules, GStageStrategyDefinition, SplitStep } from "./mmu/riscv/strategy.js";
export type { WrittenShadowScenario as ShadowScenario } from "./mmu/shadow/scenario.js";
export type { ShadowStrategyDefinition } from "./mmu/shadow/strategy.js";
export type { WrittenTdpScenario as TdpScenario } from "./mmu/tdp/scenario.js";
export type { TdpStrategyDefinition } from "./mmu/tdp/strategy.js";
export type { TableView } from "./mmu/tdp/variant.js";
export { longFinding, shortFinding } from "./report/findings.js";
export type { ResultFile, RunResult, ScenarioResult, WallSeries } from "./results/types.js";
