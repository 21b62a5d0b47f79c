import { type ScenarioCheck, type Scope, scopeSearch } from "../../exhaustive/search.js";
import type { TopEntry } from "../../exhaustive/trees.js";
import type { Bound, ExhaustiveSearch } from "../../exhaustive.js";
import type { WrittenTdpScenario } from "../scenario.js";
import { baseline } from "../strategies/baseline.js";
import type { TdpStrategy } from "../strategy.js";
import { caseWords, scaledScenarios } from "./scale.js";
import { boundOf } from "./scope.js";
import { Session, type TdpEngine, type WrongCase } from "./session.js";
import { CombinationCounter } from "./works.js";

/**
 * The exhaustive search of the TDP MMU: every tree of the small geometry within the bound, zapped,
 * split, enabled and cleared in every way, then layouts of the real geometry at the places that a
 * walker can tell apart. What baseline has wrong in the same case comes with Linux.
 *
 * @param checkScenario checks strategies on a scenario at full size
 * @param engine what strategies are tried with: tests hand in a faulty one
 */
export function tdpExhaustive(
  bound: Bound,
  checkScenario: ScenarioCheck<TdpStrategy, WrittenTdpScenario>,
  engine?: TdpEngine,
): ExhaustiveSearch<TdpStrategy> {
  const { text, trees, works, places } = boundOf(bound);
  const counter = new CombinationCounter(works);
  const scope: Scope<readonly TopEntry[], WrongCase, WrittenTdpScenario> = {
    text,
    trees,
    places,
    combinations: (tops) => counter.of(tops),
    words: caseWords,
    scaled: scaledScenarios,
  };
  return scopeSearch(bound, scope, checkScenario, (strategy) => new Session(strategy, works, engine), baseline);
}
