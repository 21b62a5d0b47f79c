import { type Counts, countAt } from "../contract/counters.js";
import type { Finding } from "../contract/finding.js";
import type { Machine, RunOptions, ScenarioBase, Strategy } from "../contract/machine.js";

/** One strategy on one scenario: what does not hold. No findings: every invariant does. */
export interface Verdict {
  readonly strategy: Strategy;
  readonly findings: readonly Finding[];
}

/**
 * Checks strategies on one scenario: every invariant that the machine knows (see `RunOptions.strict`), and, where those hold, that
 * what is left is what the machine's baseline leaves.
 *
 * Strategies that do not apply to the scenario's workload are left out.
 */
export function verifyScenario(machine: Machine, scenario: ScenarioBase, strategies: readonly Strategy[]): Verdict[] {
  const check = scenarioCheck(machine, scenario);
  return strategies
    .filter((strategy) => machine.applies(scenario, strategy))
    .map((strategy) => ({ strategy, findings: check(strategy) }));
}

/** A check of strategies on one scenario, whose baseline runs at most once. */
export function scenarioCheck(machine: Machine, scenario: ScenarioBase): (strategy: Strategy) => readonly Finding[] {
  const options: RunOptions = { strict: true, digest: false };
  let expected: Counts | undefined;
  return (strategy) => {
    const { counts, findings } = machine.run(scenario, strategy, options);
    if (strategy.source === "builtin" && strategy.id === machine.baseline) {
      expected = counts;
      return findings;
    }
    if (findings.length > 0) return findings;
    expected ??= machine.run(scenario, baselineOf(machine), { digest: false }).counts;
    return outcomeDifferences(machine, counts, expected);
  };
}

function baselineOf(machine: Machine): Strategy {
  return machine.strategies.find(({ id }) => id === machine.baseline)!;
}

/**
 * Counters of the finished state whose values are not baseline's. Only of the tree: with partial masks a wrong walk may leave a block
 * for the next mask to split, and what differs then (the page cache) is a trace of it, not a fault of what is left.
 */
function outcomeDifferences(machine: Machine, counts: Counts, expected: Counts): Finding[] {
  const different = machine.counters
    .filter(({ role, path }) => role === "outcome" && path.startsWith("final/"))
    .map(({ path }) => ({ path, value: shown(counts, path), wanted: shown(expected, path) }))
    .filter(({ value, wanted }) => value !== wanted);
  const [first] = different;
  if (first === undefined) return [];
  const data = { counter: first.path, value: first.value, expected: first.wanted, baseline: machine.baseline };
  return [{ code: "outcome-differs", count: different.length, data }];
}

function shown(counts: Counts, path: string): string | number | null {
  const value = countAt(counts, path);
  if (value === undefined) return null;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
