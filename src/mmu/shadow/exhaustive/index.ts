import { count } from "../../exhaustive/bounds.js";
import { atEveryPoll } from "../../exhaustive/everyPoll.js";
import { type ScenarioCheck, type Scope, scopeSearch } from "../../exhaustive/search.js";
import type { Bound, ExhaustiveSearch } from "../../exhaustive.js";
import { PAGES } from "../../x86/pages.js";
import type { WrittenShadowScenario } from "../scenario.js";
import { defaultCapacity } from "../strategies/defaultCapacity.js";
import type { ShadowStrategy } from "../strategy.js";
import { guestAt, guestsOf, LISTS, type SmallGuest } from "./guests.js";
import type { Work } from "./judge.js";
import { placeScenarios } from "./places.js";
import { type MakeShadowMmu, Session, WORKS } from "./session.js";

/**
 * The exhaustive search of nested eager splitting: every guest of the small geometry within the
 * bound with every target, resched and limit, then guests of the real geometry. What baseline has
 * wrong in the same case comes with Linux.
 *
 * @param checkScenario checks strategies on a scenario at full size
 * @param makeMmu makes what a strategy is tried on: tests hand in a faulty one
 */
export function shadowExhaustive(
  bound: Bound,
  checkScenario: ScenarioCheck<ShadowStrategy, WrittenShadowScenario>,
  makeMmu?: MakeShadowMmu,
): ExhaustiveSearch<ShadowStrategy> {
  const trees = guestsOf(bound);
  const places = placeScenarios();
  const scope: Scope<SmallGuest, Work, WrittenShadowScenario> = {
    text: textOf(bound, trees, places),
    trees,
    places,
    combinations: () => WORKS.length,
    words: caseWords,
    scaled: (guest, work) => [scenarioOf(guest, work)],
  };
  return scopeSearch(bound, scope, checkScenario, (strategy) => new Session(strategy, makeMmu), defaultCapacity);
}

function textOf(bound: Bound, trees: readonly unknown[], places: readonly unknown[]): string {
  const [giants, huge] = LISTS[bound];
  return (
    `all ${count(trees)} guests of 16 pages whose 1G frame (16 pages) has one of ${giants.length} lists of SPTEs ` +
    `(${listWords(giants)}, by role), whose four 2M frames (4 pages) have each one of ${huge.length} ` +
    `(${listWords(huge)}), and whose 4K pages are mapped not at all, at the first of each 2M frame, or all; in ` +
    "tables " +
    "of 4 entries, with descriptors of 3 SPTEs, caches of 2 pages, and descriptor caches scaled with their minimum, " +
    "5; split to 4K and to 2M, with a resched due never or at every 2nd to 5th or 7th poll (at every poll nothing is " +
    "ever split), and no limit of MMU pages or 5 to 9 of them; and " +
    `${count(places)} guests of the real geometry, slots on and off the grids, frames with as many SPTEs as fill ` +
    "descriptors"
  );
}

function listWords(lists: readonly string[]): string {
  return lists.map((list) => (list === "" ? "none" : list)).join(" ");
}

function scenarioOf(guest: SmallGuest, { availableMmuPages, ...work }: Work): WrittenShadowScenario {
  const { slot, mappings } = guestAt(guest, PAGES, 0);
  const limit = availableMmuPages === null ? {} : { availableMmuPages };
  return { mmu: "x86-shadow", slot, mappings, ...work, ...limit };
}

/** A case in words: "1G frame: a; 2M frames: aa, none, none, ab; no 4K pages; split to 4K". */
function caseWords({ giant, huge, pages }: SmallGuest, { targetLevel, reschedEvery, availableMmuPages }: Work): string {
  const list = (parents: string) => (parents === "" ? "none" : parents);
  const small = { none: "no 4K pages", first: "the first 4K page of each", all: "all 4K pages" }[pages];
  return (
    `SPTEs by role: 1G frame ${list(giant)}, 2M frames ${huge.map(list).join(", ")}, ${small}; split to ` +
    `${targetLevel === 1 ? "4K" : "2M"}` +
    `${reschedEvery === 0 ? "" : `; a resched ${atEveryPoll(reschedEvery)}`}` +
    `${availableMmuPages === null ? "" : `; ${availableMmuPages} MMU pages`}`
  );
}
