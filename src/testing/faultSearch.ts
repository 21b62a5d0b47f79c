import fc from "fast-check";
import { nonEmpty } from "../lists.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import { faultOf } from "../verify/search.js";
import { caseCheck } from "../verify/verify.js";

/** What a search says of an engine. */
export interface Found {
  /** The first fault that it came to, in words; null where it found nothing wrong. */
  readonly what: string | null;
  /**
   * Cases tried, the one that showed the fault included: comparisons, layouts, combinations or
   * runs.
   */
  readonly tried: number;
}

/**
 * Strategies that are right on the right engine: what goes wrong under them is a fault of the
 * engine.
 */
const right = arm64.strategies.filter(({ knownFaults }) => knownFaults.length === 0);

/** Each ends with the first fault that it finds; an exception of the engine is one. */
export const searches: Readonly<Record<string, (units?: number) => Found | Promise<Found>>> = {
  golden,
  random: () => attempt(random),
  exhaustive: (units) => attempt(() => exhaustive(units)),
  interleave: () => attempt(interleave),
};

function attempt(search: () => Found): Found {
  try {
    return search();
  } catch (error) {
    return { what: `an exception: ${(error as Error).message}`, tried: 0 };
  }
}

async function golden(): Promise<Found> {
  const { firstGoldenDifference } = await import("./goldenArm64.js");
  return attempt(firstGoldenDifference);
}

/** As `verify --random 500 --seed 1`. */
function random(): Found {
  let tried = 0;
  let what: string | null = null;
  const layouts = arm64.random!(fc).map((scenario) => arm64.parse(scenario, "random layout"));
  const isRight = fc.property(layouts, (bound) => {
    tried++;
    const check = caseCheck(bound);
    for (const strategy of right) {
      const [finding] = check(strategy).findings;
      if (finding === undefined) continue;
      what = `${strategy.id}: ${faultOf(finding)}`;
      return false;
    }
    return true;
  });
  fc.check(isRight, { seed: 1, numRuns: 500, endOnFailure: true });
  return { what, tried };
}

/** As `verify --exhaustive`; or so many of its units, which are the smallest. */
function exhaustive(units?: number): Found {
  const search = arm64.exhaustive!("small");
  const checks = right.map((strategy) => ({ strategy, check: search.check(strategy) }));
  for (let unit = 0; unit < Math.min(units ?? search.units, search.units); unit++) {
    for (const { strategy, check } of checks) {
      const before = check.combinations;
      check.unit(unit);
      const [fault] = check.failing === 0 ? [] : check.faults();
      if (fault === undefined) continue;
      return { what: `${strategy.id}: ${fault.kind}: ${fault.words}`, tried: before + fault.rank[1] + 1 };
    }
  }
  return { what: null, tried: nonEmpty(checks)[0].check.combinations };
}

/** As `verify --interleave`. */
function interleave(): Found {
  const search = arm64.interleave!({ actions: 2, dirtyTracking: "faults" });
  const checks = right.map((strategy) => ({ strategy, check: search.check(strategy) }));
  for (let unit = 0; unit < search.units; unit++) {
    for (const { strategy, check } of checks) {
      check.unit(unit);
      const [fault] = check.failing === 0 ? [] : check.faults();
      if (fault === undefined) continue;
      const actions = fault.schedule.map(({ action }) => action).join("; ");
      return { what: `${strategy.id}: ${fault.kind}: ${fault.guest}: ${actions}`, tried: check.runs };
    }
  }
  return { what: null, tried: nonEmpty(checks)[0].check.runs };
}
