import { type ScenarioCheck, scopeSearch } from "../../exhaustive/search.js";
import type { Bound, ExhaustiveSearch } from "../../exhaustive.js";
import type { RiscvScenario } from "../scenario.js";
import type { GStageStrategy } from "../strategy.js";
import { boundOf } from "./scope.js";
import { type MakeEngine, Session } from "./session.js";

/**
 * The exhaustive search of KVM/riscv's walks: every tree of the small geometry within the bound,
 * enabled in every slot and cleared by every mask, then layouts of the real geometry at the places
 * that a walker can tell apart.
 *
 * @param checkScenario checks strategies on a scenario at full size
 * @param make makes what a strategy is tried on: tests hand in a faulty one
 */
export function riscvExhaustive(
  bound: Bound,
  checkScenario: ScenarioCheck<GStageStrategy, RiscvScenario>,
  make?: MakeEngine,
): ExhaustiveSearch<GStageStrategy> {
  const scope = boundOf(bound);
  return scopeSearch(bound, scope, checkScenario, ({ rules }) => new Session(rules, scope.trials, make));
}
