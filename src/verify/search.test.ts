import { describe, expect, it } from "vitest";
import { adoptArm64Strategy } from "../mmu/arm64/adopt.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import type { Case, Mmu } from "../mmu/contract.js";
import { times } from "../testing/nightly.js";
import { toy } from "../testing/toyMmu.js";
import { faultOf, searchLayouts } from "./search.js";

const mmu: Mmu = arm64;

describe("searching random layouts from seed 1", () => {
  const found = searchLayouts({ mmu, strategies, layouts: times(100, 500), seed: 1 });

  it("finds exactly the strategies that are known to be wrong", async () => {
    const wrong = (await found).strategies.filter(({ failing }) => failing > 0).map(({ strategy }) => strategy.id);
    expect(wrong).toEqual(["skip-return-rfc", "skip-new-table-naive"]);
    expect((await found).stopped).toBe(false);
  });

  it("finds every known fault, each by code and cause", async () => {
    const of = async (id: string) =>
      (await found).faults.filter(({ strategy }) => strategy.id === id).map(({ finding }) => faultOf(finding));
    expect(await of("skip-return-rfc")).toEqual(
      expect.arrayContaining(["unsplit-block/passed-over", "tlbi-wrong-ipa", "unsplit-block/left-in-new-table"]),
    );
    expect(await of("skip-new-table-naive")).toEqual(["unsplit-block/left-in-new-table"]);
  });

  it("shrinks each to a layout of at most two segments that still shows it", async () => {
    for (const { strategy, finding, scenario } of (await found).faults) {
      const { memslots } = scenario as Arm64Scenario;
      expect(memslots.flatMap(({ segments }) => segments).length).toBeLessThanOrEqual(2);
      const again = mmu.parse(scenario, "shrunk").run(strategy, { strict: true, digest: false });
      expect(again.findings.map(faultOf)).toContain(faultOf(finding));
    }
  });
});

it("a search is the same for the same seed", async () => {
  const once = () => searchLayouts({ mmu, strategies: strategies.slice(0, 3), layouts: times(15, 60), seed: 9 });
  expect(JSON.stringify(await once())).toBe(JSON.stringify(await once()));
});

it("a search that is stopped says so, and how far it came", async () => {
  const { stopped, layouts } = await searchLayouts({ mmu, strategies, layouts: 1e6, seed: 1, stopped: () => true });
  expect(stopped).toBe(true);
  expect(layouts).toBeLessThan(1e6);
});

it("what a custom strategy throws ends the search, and is not taken for a fault to shrink", async () => {
  const throws = adoptArm64Strategy(
    {
      id: "throws",
      enter: () => {
        throw new RangeError("oh no");
      },
    },
    "./throws.mjs",
  );
  await expect(searchLayouts({ mmu, strategies: [throws], layouts: 50, seed: 1 })).rejects.toThrow(
    'strategy "throws" (./throws.mjs): its enter() threw RangeError: oh no',
  );
});

it("an MMU without random layouts is refused", async () => {
  const { random: _, ...without } = mmu;
  await expect(searchLayouts({ mmu: without, strategies, layouts: 1, seed: 1 })).rejects.toThrow(/no random layouts/);
});

it("a note is told of the strategies that have it, and of no other", async () => {
  const plain = (await toy.load()) as unknown as Mmu;
  const noted = { code: "toy-left", count: 1, data: { entry: 0 } };
  const parse = (value: unknown, input: string): Case => {
    const bound = plain.parse(value, input);
    return {
      ...bound,
      run: (strategy, given) => {
        const outcome = bound.run(strategy, given);
        return strategy.id === "every-other" ? { ...outcome, notes: [noted] } : outcome;
      },
    };
  };
  const noting = { ...plain, parse } as Mmu;
  const { notes } = await searchLayouts({ mmu: noting, strategies: plain.strategies, layouts: 20, seed: 1 });
  expect(notes.map(({ strategies: having }) => having)).toEqual([["every-other"]]);
});
