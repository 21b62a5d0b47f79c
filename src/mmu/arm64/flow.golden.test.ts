import { describe, expect, it } from "vitest";
import { atGoldenKeys, goldenFiles } from "../../testing/golden.js";
import { type GoldenFlow, keysOfFlows, normal, overridden, withoutDigests } from "../../testing/goldenFlow.js";
import { NIGHTLY } from "../../testing/nightly.js";
import { type FlowOptions, runFlow } from "./flow.js";
import { flowLayoutOf } from "./flowLayout.js";
import { newGuestCounts } from "./guestCounts.js";
import { strategies } from "./strategies/index.js";
import { VCPU_CACHE_CAPACITY, VcpuCaches } from "./vcpuCache.js";

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

const normalSteps = (steps: readonly unknown[]) => steps.map(normal);

const flows = goldenFiles<GoldenFlow>("arm64-flow");
const keys = keysOfFlows(flows.map(({ data }) => data));

function stepsOf(golden: GoldenFlow, id: string, options: FlowOptions): unknown[] {
  return runFlow(golden.input, byId.get(id)!, options).map((step) => normal(atGoldenKeys(step, keys)));
}

type Step = { state: object };

/**
 * Digests take half the time. In guests of 1G they are computed for baseline, and where a strategy
 * leaves another tree.
 */
function needsDigest(golden: GoldenFlow, overrides: Record<string, unknown>): boolean {
  const small = golden.input.pagesPerVcpu * golden.input.vcpus <= 65536;
  return small || Object.keys(overrides).some((path) => path.includes("state/"));
}

const isLarge = ({ input }: GoldenFlow) => input.pagesPerVcpu * input.vcpus > 16384;
const differences = (golden: GoldenFlow, id: string) => Object.keys(golden.strategies[id]!).length;

/**
 * The strategies that run. A guest of 1G takes long for each: where none of them makes a
 * difference, none runs in it; those of 2M blocks have twins of 64M in which all run, and then run
 * the one that differs most from baseline; those of pages have twins too, and in a page nothing
 * depends on how many there are. At night all run in all.
 */
function strategiesRun(golden: GoldenFlow): string[] {
  const ids = Object.keys(golden.strategies);
  if (NIGHTLY) return ids;
  // Where nothing is split none can differ: two show it.
  if (!isLarge(golden)) return ids.some((id) => differences(golden, id) > 0) ? ids : ids.slice(0, 2);
  const differing = ids
    .filter((id) => differences(golden, id) > 0)
    .sort((a, b) => differences(golden, b) - differences(golden, a));
  const maps = golden.input.slots.flatMap(({ backing }) => backing.map(({ map }) => map));
  if (maps.every((map) => map === "4K")) return [];
  return differing.slice(0, maps.includes("1G") ? 2 : 1);
}

const isForAll = (golden: GoldenFlow) => NIGHTLY || !isLarge(golden);

/** Digests take half the time: of large guests those with the largest chunk have them. */
const hasDigests = (golden: GoldenFlow) => isForAll(golden) || golden.input.chunk === "1G";

describe.each(flows)("golden arm64-flow/$name", ({ data }) => {
  it("the tree's form and the caches are the kernel's", () => {
    const { geometry, stage2 } = flowLayoutOf(data.input);
    expect({
      startLevel: geometry.startLevel,
      pgdPages: geometry.pgdPages,
      vcpuCacheMin: new VcpuCaches(geometry, 1, newGuestCounts()).min,
      vcpuCacheCapacity: VCPU_CACHE_CAPACITY,
      splitCacheCapacity: stage2.cacheCapacity,
    }).toEqual(data.tree);
  });

  it("every step of baseline counts what the kernel's code counts, and leaves its tree", () => {
    const digest = hasDigests(data);
    const expected = digest ? normalSteps(data.baseline) : withoutDigests(data.baseline);
    expect(stepsOf(data, "baseline", { digest })).toEqual(expected);
  });

  it.each(strategiesRun(data))("%s differs from baseline only where the kernel's code does", (id) => {
    const overrides = data.strategies[id]!;
    const digest = needsDigest(data, overrides);
    const expected = overridden(data, overrides);
    const steps = stepsOf(data, id, { digest });
    expect(steps).toEqual(digest ? normalSteps(expected) : withoutDigests(expected));
  });

  it.runIf(isForAll(data))("skip-level equals max-level in every step", () => {
    const steps = stepsOf(data, "skip-level", { digest: false });
    expect(steps).toEqual(withoutDigests(overridden(data, data.strategies["max-level"]!)));
  });

  it.runIf(isForAll(data))("split-mark leaves baseline's tree, dirty bits and caches after every step", () => {
    const digest = needsDigest(data, {});
    const steps = stepsOf(data, "split-mark", { digest });
    const expected = digest ? normalSteps(data.baseline) : withoutDigests(data.baseline);
    expect(steps.map((step) => (step as Step).state)).toEqual(expected.map((step) => (step as Step).state));
  });
});
