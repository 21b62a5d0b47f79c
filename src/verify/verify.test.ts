import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { arm64 } from "../mmu/arm64/mmu.js";
import { randomLayouts } from "../mmu/arm64/random.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { strategyFrom } from "../mmu/arm64/strategy.js";
import type { Case, Mmu, RunOptions, RunOutcome, Strategy } from "../mmu/contract.js";
import { totalAt } from "../mmu/counters.js";
import { goldenFiles } from "../testing/golden.js";
import { times } from "../testing/nightly.js";
import { toyCase, toyMmu } from "../testing/toyMmu.js";
import { caseCheck, namesAmong, verifyCase } from "./verify.js";

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

describe("names of strategies", () => {
  const of = (mmuId: string, id: string) => ({ id, mmu: mmuId }) as Strategy;
  const checked = [of("arm64", "baseline"), of("x86-tdp", "baseline"), of("arm64", "other")];

  it("have their MMU where those checked are of several, and are told once", () => {
    const wrong = [checked[2]!, checked[0]!, checked[2]!];
    expect(namesAmong(wrong, checked)).toEqual(["arm64/other", "arm64/baseline"]);
    expect(namesAmong(wrong, [checked[0]!, checked[2]!])).toEqual(["other", "baseline"]);
  });
});

describe("a check of a case", () => {
  const [each, everyOther] = toyMmu.strategies as readonly Strategy[] as [Strategy, Strategy];
  const own = { ...everyOther, id: "each", source: "./mine.mjs" };
  const finding = { code: "toy-left", count: 1, data: {} };
  const note = { code: "stale-drop", count: 1, data: {} };
  type Run = (strategy: Strategy, options?: RunOptions) => RunOutcome;

  /** A case of an MMU with these counters, whose runs are watched. */
  function watched(run: (id: Strategy) => Partial<RunOutcome>, counters: Mmu["counters"] = toyMmu.counters) {
    const runs = vi.fn<Run>((strategy) => ({
      initial: {},
      counts: { final: { left: 0 } },
      findings: [],
      ...run(strategy),
    }));
    const plain = toyCase();
    return { runs, bound: toyCase({ run: runs, mmu: { ...plain.mmu, counters } }) };
  }

  it("runs each strategy strictly, and baseline once, of which the tree is enough where nobody asked for it", () => {
    const strict = { strict: true, digest: false };
    const asked = watched(() => ({}));
    verifyCase(asked.bound, [each, everyOther, own]);
    expect(asked.runs.mock.calls).toEqual([
      [each, strict],
      [everyOther, strict],
      [own, strict],
    ]);
    const unasked = watched(() => ({}));
    verifyCase(unasked.bound, [everyOther, own]);
    expect(unasked.runs.mock.calls).toEqual([
      [everyOther, strict],
      [each, { digest: false }],
      [own, strict],
    ]);
  });

  it("tells findings and notes of each strategy that applies, and holds nothing against baseline where there are any", () => {
    const { runs, bound } = watched(({ id }) => (id === "each" ? { notes: [note] } : { findings: [finding] }));
    const applies = ({ id }: Strategy) => id !== "none";
    expect(verifyCase({ ...bound, applies }, [everyOther, { ...each, id: "none" }])).toEqual([
      { strategy: everyOther, findings: [finding], notes: [] },
    ]);
    expect(runs).toHaveBeenCalledOnce();
    expect(verifyCase(bound, [each, own])).toEqual([
      { strategy: each, findings: [], notes: [note] },
      { strategy: own, findings: [], notes: [note] },
    ]);
  });

  it("tells findings of baseline as they are", () => {
    expect(caseCheck(watched(() => ({ findings: [finding] })).bound)(each)).toEqual({ findings: [finding], notes: [] });
  });

  it("takes no custom strategy for baseline, whatever its name", () => {
    const { bound } = watched(({ source }) => ({ counts: { final: { left: source === "builtin" ? 0 : 1 } } }));
    const { findings } = caseCheck(bound)(own);
    const data = { counter: "final/left", value: 1, expected: 0, baseline: "each" };
    expect(findings).toEqual([{ code: "outcome-differs", count: 1, data }]);
  });

  it("holds the result of a schedule against nothing", () => {
    const { runs, bound } = watched(({ id }) => ({ notes: [note], counts: { final: { left: id.length } } }));
    const check = caseCheck({ ...bound, schedule: { strategy: "each" } });
    expect(check(everyOther)).toEqual({ findings: [], notes: [note] });
    expect(runs).toHaveBeenCalledOnce();
  });

  it("tells the first counter of the finished tree that is not baseline's, and how many are not", () => {
    const outcome = (path: string, role: "outcome" | "cost" = "outcome") =>
      ({ path, role, byLevel: false, label: path, unit: "", doc: "" }) as const;
    const counters = [
      outcome("split/left"),
      outcome("final/cost", "cost"),
      outcome("final/same"),
      outcome("final/levels"),
      outcome("final/missing"),
      outcome("final/digest"),
    ];
    const final = (id: string, levels: number) => ({ cost: id, same: 1, levels: { "1": levels }, digest: null });
    const { bound } = watched(
      ({ id }) => ({
        counts: {
          split: { left: id.length },
          final: id === "each" ? { ...final(id, 2), missing: 5 } : final(id, 3),
        },
        notes: [note],
      }),
      counters,
    );
    expect(caseCheck(bound)(everyOther)).toEqual({
      findings: [
        {
          code: "outcome-differs",
          count: 2,
          data: { counter: "final/levels", value: '{"1":3}', expected: '{"1":2}', baseline: "each" },
        },
      ],
      notes: [note],
    });
    const bare = watched(({ id }) => ({ counts: { final: { digest: id === "each" ? "ab" : null } } }), counters);
    expect(caseCheck(bare.bound)(everyOther).findings).toEqual([
      {
        code: "outcome-differs",
        count: 1,
        data: { counter: "final/digest", value: null, expected: "ab", baseline: "each" },
      },
    ]);
    const less = watched(({ id }) => ({ counts: { final: id === "each" ? { missing: 5 } : {} } }), counters);
    expect(caseCheck(less.bound)(everyOther).findings).toEqual([
      {
        code: "outcome-differs",
        count: 1,
        data: { counter: "final/missing", value: null, expected: 5, baseline: "each" },
      },
    ]);
  });
});
