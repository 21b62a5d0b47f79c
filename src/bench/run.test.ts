import { expect, it } from "vitest";
import { adoptArm64Strategy } from "../mmu/arm64/adopt.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import { planOf } from "./plan.js";
import { runPlan } from "./run.js";

const scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
};
const OPTIONS = { wall: null, seed: 1, toolVersion: "0", createdAt: null, environment: false };

it("without times, counting is all of the progress: equal shares for all runs of all cases", async () => {
  const plan = planOf([arm64.parse(scenario, "a"), arm64.parse(scenario, "b")], () => arm64.strategies.slice(0, 2));
  const shares: number[] = [];
  await runPlan(plan, OPTIONS, { progress: (share) => shares.push(share) });
  expect(shares).toEqual([0, 0.25, 0.5, 0.75]);
});

it("a result says whose strategy each run was of", async () => {
  const own = adoptArm64Strategy({ id: "mine" }, "./mine.mjs");
  const { runs } = await runPlan(
    planOf([arm64.parse(scenario, "a")], () => [arm64.strategies[0]!, own]),
    OPTIONS,
  );
  expect(runs.map(({ strategy, source }) => [strategy, source])).toEqual([
    ["baseline", "builtin"],
    ["mine", "user"],
  ]);
});
