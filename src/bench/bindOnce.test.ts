import { beforeEach, expect, it, vi } from "vitest";
import { loadMmu } from "../mmu/registry.js";
import { verifyCase } from "../verify/verify.js";
import { planOf } from "./plan.js";
import { runPlan } from "./run.js";
import { shardOf } from "./shard.js";

/** Counts the layouts that are computed. */
const computed = vi.hoisted(() => ({ layouts: 0 }));
vi.mock("../mmu/arm64/layout.js", async (original) => {
  const module = await original<typeof import("../mmu/arm64/layout.js")>();
  const layoutOf = (scenario: Parameters<typeof module.layoutOf>[0]) => {
    computed.layouts++;
    return module.layoutOf(scenario);
  };
  return { ...module, layoutOf };
});

const scenario = (size: string) => ({
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
});
const options = { wall: { rounds: 6 }, seed: 1, toolVersion: "0", createdAt: null, environment: false };

beforeEach(() => {
  computed.layouts = 0;
});

it("a case is laid out once, however many strategies are planned, sharded, counted and timed on it", async () => {
  const arm64 = await loadMmu("arm64");
  const cases = ["4M", "8M"].map((size) => arm64.parse(scenario(size), size));
  const plan = planOf(cases, (mmu) => mmu.strategies);
  expect(plan[0]!.strategies.length).toBeGreaterThanOrEqual(9);
  shardOf(plan, { index: 1, count: 2 });
  const { runs } = await runPlan(plan, options);
  expect(runs.filter(({ wall }) => wall !== null)).toHaveLength(2 * plan[0]!.strategies.length);
  expect(computed.layouts).toBe(2);
});

it("a case is laid out once, however many strategies are verified and traced on it", async () => {
  const arm64 = await loadMmu("arm64");
  const bound = arm64.parse(scenario("4M"), "4M");
  verifyCase(bound, arm64.strategies);
  for (const strategy of arm64.strategies) bound.trace!(strategy, () => {}, { limit: 5 });
  expect(computed.layouts).toBe(1);
});
