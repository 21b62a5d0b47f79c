import { type ScenarioCheck, type Scope, scopeSearch } from "../../exhaustive/search.js";
import type { TopEntry } from "../../exhaustive/trees.js";
import type { Bound, ExhaustiveSearch } from "../../exhaustive.js";
import type { Arm64Scenario } from "../scenario.js";
import type { SplitStrategy } from "../strategy.js";
import { caseWords, scaledScenarios } from "./scale.js";
import { boundOf } from "./scope.js";
import { type MakeStage2, Session, type WrongCase } from "./session.js";

/**
 * The exhaustive search of the arm64 stage-2 walks: every tree of the small geometry within the
 * bound with every range, chunk and cache, then layouts of the real geometry at the places that a
 * walker can tell apart.
 *
 * @param checkScenario checks strategies on a scenario at full size
 * @param makeStage2 makes what a strategy is tried on: tests hand in a faulty one
 */
export function arm64Exhaustive(
  bound: Bound,
  checkScenario: ScenarioCheck<SplitStrategy, Arm64Scenario>,
  makeStage2?: MakeStage2,
): ExhaustiveSearch<SplitStrategy> {
  const { text, trees, works, places } = boundOf(bound);
  const scope: Scope<readonly TopEntry[], WrongCase, Arm64Scenario> = {
    text,
    trees,
    places,
    combinations: (tops) => Session.combinations(works, tops),
    words: caseWords,
    scaled: scaledScenarios,
  };
  return scopeSearch(bound, scope, checkScenario, (strategy) => new Session(strategy, works, makeStage2));
}
