import { createHash } from "node:crypto";
import { badInput, clip } from "../errors.js";
import type { Shard } from "../results/types.js";
import type { PlannedCase } from "./plan.js";

/** Which part of a plan is wanted: the `index`-th (1-based) of `count`. */
export interface ShardSpec {
  readonly index: number;
  readonly count: number;
}

/** More parts than any sweep has cases is a slip of the keyboard. */
const MAX_SHARDS = 10_000;

/** Reads `--shard 2/4`. @throws UserError if it is not I/N with 1 <= I <= N */
export function parseShard(text: string): ShardSpec {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (!(index >= 1 && index <= count && count <= MAX_SHARDS)) {
    throw badInput(
      `--shard "${clip(text)}"`,
      "not a part",
      `I/N with I from 1 to N, such as 2/4, N at most ${MAX_SHARDS}`,
    );
  }
  return { index, count };
}

/**
 * The cases of one part of a plan, in the plan's order, and the record that goes into its result.
 * The parts of one plan are disjoint and together are the plan. They are balanced by expected work:
 * each case, the longest first, goes to the part that has least so far; ties are broken by case id
 * and part number, so every machine finds the same parts.
 *
 * A case stays whole: its strategies take turns on one machine, or their wall times could not be
 * compared.
 *
 * @param plan the whole plan, the same in every part
 * @param settings whatever else must be the same in every part (wall time, seed): goes into the
 *   plan's digest
 */
export function shardOf<C extends PlannedCase>(
  plan: readonly C[],
  spec: ShardSpec,
  settings: unknown = null,
): { readonly cases: readonly C[]; readonly shard: Shard } {
  const load = new Array<number>(spec.count).fill(0);
  const mine = new Set<number>();
  const longestFirst = plan
    .map((planned, position) => ({ planned, position, work: workOf(planned) }))
    .sort((a, b) => b.work - a.work || compareText(a.planned.id, b.planned.id));
  for (const { position, work } of longestFirst) {
    const part = load.indexOf(Math.min(...load));
    load[part]! += work;
    if (part === spec.index - 1) mine.add(position);
  }
  const kept = [...plan.entries()].filter(([position]) => mine.has(position));
  return {
    cases: kept.map(([, planned]) => planned),
    shard: { ...spec, plan: planDigest(plan, settings), cases: kept.map(([position]) => position) },
  };
}

/** Expected work of a case under all its strategies, in visited entries. */
export function workOf({ bound, strategies }: PlannedCase): number {
  return strategies.reduce((sum, strategy) => sum + bound.expectedWork(strategy), 0);
}

/**
 * SHA-256 of what a plan is: every case with its scenario and strategies, in order, and the
 * settings. 16 hex digits.
 */
export function planDigest(plan: readonly PlannedCase[], settings: unknown = null): string {
  const cases = plan.map(({ id, bound, strategies }) => {
    // A user's strategy has the same id on every machine, but perhaps another path.
    return [
      id,
      bound.mmu.id,
      bound.scenario,
      strategies.map((strategy) => [strategy.id, strategy.source === "builtin"]),
    ];
  });
  return createHash("sha256")
    .update(JSON.stringify([cases, settings]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * By code units, not by locale: the order may not depend on the machine. Ids of a plan are never
 * equal.
 */
function compareText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
