import { withId } from "../lists.js";
import type { Case, Mmu, RunOptions, Strategy } from "../mmu/contract.js";
import { type Counts, countAt } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";

/**
 * What a check says: what does not hold, and what is to be told besides. No findings: every
 * invariant holds.
 */
export interface Checked {
  readonly findings: readonly Finding[];
  /** See `RunOutcome.notes`: nothing that makes the strategy wrong. */
  readonly notes: readonly Finding[];
}

/** One strategy on one scenario. */
export interface Verdict extends Checked {
  readonly strategy: Strategy;
}

/**
 * Names for a list of strategies, each once: their ids, with the MMU before them where what was
 * checked is of several, for MMUs share names (each has a baseline).
 *
 * @param checked all that took part
 */
export function namesAmong(strategies: readonly Strategy[], checked: readonly Strategy[]): string[] {
  const several = new Set(checked.map(({ mmu }) => mmu)).size > 1;
  return [...new Set(strategies.map(({ id, mmu }) => (several ? `${mmu}/${id}` : id)))];
}

/**
 * Checks strategies on one case: every invariant that the MMU knows (see `RunOptions.strict`), and,
 * where those hold, that what is left is what the MMU's baseline leaves.
 *
 * Strategies that do not apply to the case's workload are left out.
 */
export function verifyCase(bound: Case, strategies: readonly Strategy[]): Verdict[] {
  const check = caseCheck(bound);
  return strategies.filter((strategy) => bound.applies(strategy)).map((strategy) => ({ strategy, ...check(strategy) }));
}

/** A check of strategies on one case, whose baseline runs at most once. */
export function caseCheck(bound: Case): (strategy: Strategy) => Checked {
  const { mmu } = bound;
  const options: RunOptions = { strict: true, digest: false };
  let expected: Counts | undefined;
  return (strategy) => {
    const { counts, findings, notes = [] } = bound.run(strategy, options);
    if (strategy.source === "builtin" && strategy.id === mmu.baseline) {
      expected = counts;
      return { findings, notes };
    }
    // A schedule may not fit baseline's walks, and leaves nothing to count.
    if (findings.length > 0 || bound.schedule !== undefined) return { findings, notes };
    expected ??= bound.run(baselineOf(mmu), { digest: false }).counts;
    return { findings: outcomeDifferences(mmu, counts, expected), notes };
  };
}

function baselineOf(mmu: Mmu): Strategy {
  return withId(mmu.strategies, mmu.baseline);
}

/**
 * Counters of the finished state whose values are not baseline's. Only of the tree: with partial
 * masks a wrong walk may leave a block for the next mask to split, and what differs then (the page
 * cache) is a trace of it, not a fault of what is left.
 */
function outcomeDifferences(mmu: Mmu, counts: Counts, expected: Counts): Finding[] {
  const different = mmu.counters
    .filter(({ role, path }) => role === "outcome" && path.startsWith("final/"))
    .map(({ path }) => ({ path, value: shown(counts, path), wanted: shown(expected, path) }))
    .filter(({ value, wanted }) => value !== wanted);
  const [first] = different;
  if (first === undefined) return [];
  const data = { counter: first.path, value: first.value, expected: first.wanted, baseline: mmu.baseline };
  return [{ code: "outcome-differs", count: different.length, data }];
}

function shown(counts: Counts, path: string): string | number | null {
  const value = countAt(counts, path);
  if (value === undefined) return null;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
