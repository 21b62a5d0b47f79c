import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arm64 } from "../mmu/arm64/mmu.js";
import { randomLayouts } from "../mmu/arm64/random.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { strategyFrom } from "../mmu/arm64/strategy.js";
import type { Case, Mmu, Strategy } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import { goldenFiles } from "../testing/golden.js";
import { times } from "../testing/nightly.js";
import { verifyCase } from "./verify.js";

const mmu: Mmu = arm64;
const verifyScenario = (scenario: Arm64Scenario, strategies: readonly Strategy[]) =>
  verifyCase(mmu.parse(scenario, "test"), strategies);
const right = strategies.filter(({ knownFaults }) => knownFaults.length === 0);
const baseline = strategies[0]!;

describe("strategies that claim to be right", () => {
  const small = goldenFiles<{ scenario: Arm64Scenario; initial: { npages: number } }>("arm64-split").filter(
    ({ data }) => data.initial.npages <= 70_000,
  );

  it.each(small)("hold every invariant on golden $name", ({ data }) => {
    for (const { strategy, findings } of verifyScenario(data.scenario, right)) {
      expect(findings, strategy.id).toEqual([]);
    }
  });

  it("end on random layouts with baseline's tree, digest for digest, and are reported right", () => {
    fc.assert(
      fc.property(randomLayouts(fc), (scenario) => {
        const expected = arm64.parse(scenario, "test").run(baseline, { digest: true }).counts.final;
        for (const strategy of right) {
          const { counts, findings } = arm64.parse(scenario, "test").run(strategy, { digest: true });
          expect(findings, strategy.id).toEqual([]);
          expect(counts.final, strategy.id).toEqual(expected);
        }
      }),
      { numRuns: times(40, 400), seed: 3 },
    );
  });

  it("send one TLBI for each block that they break, and to its own IPA", () => {
    fc.assert(
      fc.property(randomLayouts(fc), fc.constantFrom(...right), (scenario, strategy) => {
        const { initial, counts } = arm64.parse(scenario, "test").run(strategy, { strict: true });
        const blocks = (leaves: unknown): number =>
          (totalAt({ leaves } as never, "leaves/1") ?? 0) + (totalAt({ leaves } as never, "leaves/2") ?? 0);
        const tables = totalAt(counts, "split/tablesAllocated")!;
        const tlbis = totalAt(counts, "split/tlbi")!;
        const before = blocks(initial.leaves);
        const after = blocks((counts.final as { leaves: unknown }).leaves);
        // A block becomes either pages or as many blocks as a table has entries: what is gone,
        // modulo a table, is what was broken.
        const entries = { "4K": 512, "16K": 2048, "64K": 8192 }[scenario.granule];
        expect((tlbis - (before - after)) % entries).toBe(0);
        expect(tlbis).toBeLessThanOrEqual(tables);
        expect(totalAt(counts, "split/tlbiWrongIpa")).toBe(0);
      }),
      { numRuns: times(60, 400), seed: 5 },
    );
  });
});

describe("a strategy that is wrong is told from what it leaves", () => {
  const guest: Arm64Scenario = {
    granule: "4K",
    ipaBits: 40,
    memslots: [
      {
        base: "0x40000000",
        segments: [
          { map: "4K", size: "2M" },
          { map: "2M", size: "4M" },
        ],
      },
    ],
    dirtyLog: { mode: "enable", chunk: "2M" },
  };
  const codes = (definition: Parameters<typeof strategyFrom>[0], scenario = guest) =>
    verifyScenario(scenario, [strategyFrom(definition, "test")])[0]!.findings.map(({ code }) => code);

  it("where it enters nothing", () => expect(codes({ id: "x", enter: () => false })).toEqual(["unsplit-block"]));
  it("where it does not go deep enough", () => expect(codes({ id: "x", maxLevel: 1 })).toEqual(["unsplit-block"]));
  it("where it visits no blocks", () => expect(codes({ id: "x", flags: 1 })).toEqual(["unsplit-block"]));
  it("where its walk ends with an error", () =>
    expect(codes({ id: "x", flags: 3 | (32 << 1) })).toContain("error-returned"));
  it("where it leaves a table too early", () =>
    expect(
      codes(
        { id: "x", afterVisit: (at) => (at.level === 2 ? 2 : 0) },
        { ...guest, dirtyLog: { mode: "enable", chunk: "1G" } },
      ),
    ).toEqual(["unsplit-block"]));
  it("but not where splitting is off", () =>
    expect(codes({ id: "x", enter: () => false }, { ...guest, dirtyLog: { mode: "enable", chunk: 0 } })).toEqual([]));
});

it("what is left is held against baseline where nothing else is wrong", () => {
  const scenario = { ...goldenFiles<{ scenario: Arm64Scenario }>("arm64-split")[0]!.data.scenario };
  const bound = mmu.parse(scenario, "golden");
  const odd: Case = {
    ...bound,
    run: (strategy, options) => {
      const outcome = bound.run(strategy, options);
      if (strategy.id === "baseline") return outcome;
      const final = { ...(outcome.counts.final as object), tables: 99 };
      return { ...outcome, counts: { ...outcome.counts, final } };
    },
  };
  const [verdict] = verifyCase(odd, [strategies[2]!]);
  expect(verdict!.findings).toMatchObject([{ code: "outcome-differs", data: { counter: "final/tables", value: 99 } }]);
});
