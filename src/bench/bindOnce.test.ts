import { expect, it } from "vitest";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Case } from "../mmu/contract.js";
import { verifyCase } from "../verify/verify.js";
import { planOf } from "./plan.js";
import { runPlan } from "./run.js";
import { workOf } from "./shard.js";

const scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
};

/**
 * A bound case, and how often its memory was read since: laying it out reads each segment's size.
 */
function watched(): { readonly bound: Case; readonly reads: () => number } {
  const bound: Case = arm64.parse(scenario, "test");
  let reads = 0;
  const [slot] = (bound.scenario as unknown as typeof scenario).memslots;
  Object.defineProperty(slot!.segments[0], "size", {
    enumerable: true,
    get: () => {
      reads++;
      return "4M";
    },
  });
  return { bound, reads: () => reads };
}

it("a case is laid out when it is bound, and not again for any strategy that is planned, counted or timed on it", async () => {
  const { bound, reads } = watched();
  const plan = planOf([bound], (mmu) => mmu.strategies);
  expect(plan[0]!.strategies.length).toBeGreaterThanOrEqual(9);
  expect(workOf(plan[0]!)).toBeGreaterThan(0);
  const options = { wall: { rounds: 6 }, seed: 1, toolVersion: "0", createdAt: null, environment: false };
  const { runs } = await runPlan(plan, options);
  expect(runs.filter(({ wall }) => wall !== null)).toHaveLength(plan[0]!.strategies.length);
  expect(reads()).toBe(0);
  // Whoever lays the scenario out again is seen.
  arm64.parse(bound.scenario, "again");
  expect(reads()).toBeGreaterThan(0);
});

it("a case is not laid out again for any strategy that is verified or traced on it", () => {
  const { bound, reads } = watched();
  verifyCase(bound, arm64.strategies);
  for (const strategy of arm64.strategies) bound.trace!(strategy, () => {}, { limit: 5 });
  expect(reads()).toBe(0);
});
