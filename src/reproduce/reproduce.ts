import { badInput, UserError } from "../errors.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import type { Case, RunOutcome, ScenarioBase, Strategy } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import type { TdpScenario } from "../mmu/tdp/scenario.js";
import { arm64Plan } from "./arm64Plan.js";
import { grouped, type Prediction, type ReproductionPlan } from "./plan.js";
import { reproductionProgram } from "./program.js";
import { x86Plan } from "./x86Plan.js";

/** What a program needs to know of an MMU: its plan, and how the model's counts read there. */
interface Reproducible {
  readonly plan: (scenario: ScenarioBase, predictions: readonly Prediction[]) => ReproductionPlan;
  /** Levels of `final.leaves`, page first. */
  readonly levels: readonly string[];
  /** Path of the table pages made. */
  readonly tables: string;
  /** The finding that says that a block is left. */
  readonly unsplit: string;
  /** Where it is, among the finding's data. */
  readonly place: string;
}

const MMUS: Readonly<Record<string, Reproducible>> = {
  arm64: {
    plan: (scenario, predictions) => arm64Plan(scenario as Arm64Scenario, predictions),
    levels: ["3", "2", "1"],
    tables: "split/tablesAllocated",
    unsplit: "unsplit-block",
    place: "ipa",
  },
  "x86-tdp": {
    plan: (scenario, predictions) => x86Plan(scenario as TdpScenario, predictions),
    levels: ["1", "2", "3"],
    tables: "spAllocs",
    unsplit: "unsplit-huge-page",
    place: "gpa",
  },
};

/**
 * The C program that shows, on a real host, what becomes of a scenario; see
 * {@link reproductionProgram}. Pure.
 *
 * @param strategies whose counts are set beside what the host does
 * @throws UserError for an MMU or scenario that userspace of a real host cannot bring about
 */
export function reproduce(bound: Case, strategies: readonly Strategy[], version: string): string {
  const { mmu, scenario } = bound;
  const way = Object.hasOwn(MMUS, mmu.id) ? MMUS[mmu.id] : undefined;
  if (way === undefined) throw badInput(`MMU ${mmu.id}`, "has no reproduction", Object.keys(MMUS).join(" or "));
  // Before the model runs: what cannot be reproduced is said at once.
  way.plan(scenario, []);
  const outcomes = strategies
    .filter((strategy) => bound.applies(strategy))
    .map((strategy) => ({ strategy: strategy.id, ...predicted(way, bound.run(strategy)) }));
  return reproductionProgram(way.plan(scenario, grouped(outcomes)), version);
}

/** Whether {@link reproduce} has a program for a case. */
export function isReproducible({ mmu, scenario }: Case): boolean {
  try {
    return Object.hasOwn(MMUS, mmu.id) && MMUS[mmu.id]!.plan(scenario, []) !== undefined;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function predicted(way: Reproducible, { counts, findings }: RunOutcome): Omit<Prediction, "strategies"> {
  const place = findings.find(({ code }) => code === way.unsplit)?.data[way.place];
  return {
    leaves: way.levels.map((level) => totalAt(counts, `final/leaves/${level}`) ?? 0),
    tables: totalAt(counts, way.tables) ?? 0,
    firstUnsplit: typeof place === "string" ? Number(place) : null,
  };
}
