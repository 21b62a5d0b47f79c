import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.js";
import type { NamedResult } from "../results/read.js";
import type { ResultFile, RunResult } from "../results/types.js";
import { seededRandom } from "../stats/random.js";
import { NIGHTLY, times } from "../testing/nightly.js";
import {
  environment,
  resultFile,
  runResult,
  scenarioResult,
  toyCounters,
  toyCounts,
  unsplit,
  wall,
  withCount,
} from "../testing/resultBuilder.js";
import { compareResults, exitCodeOf } from "./compare.js";
import { noiseOf } from "./noise.js";
import { type CompareOptions, type Comparison, DEFAULT_COMPARE_OPTIONS, type ExactMetric } from "./types.js";

const counters = new Map([["toy", toyCounters]]);

function compare(base: ResultFile, next: ResultFile, options: Partial<CompareOptions> = {}): Comparison {
  const sides = [base, next].map((result, i): NamedResult[] => [{ path: i === 0 ? "base.json" : "new.json", result }]);
  return compareResults(sides[0]!, sides[1]!, counters, { ...DEFAULT_COMPARE_OPTIONS, ...options });
}

/** A result with one strategy on one scenario. */
function single(run: Partial<RunResult> = {}, more: Partial<ResultFile> = {}): ResultFile {
  return resultFile({ runs: [runResult(run)], ...more });
}

function metric(comparison: Comparison, path: string): ExactMetric {
  return comparison.cells[0]!.exact.find((m) => m.path === path)!;
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("nothing was refused");
}

test("a comparison tells all: cells in the order of BASE, what one side lacks, notes, and the sum of it", () => {
  const two = [scenarioResult("a", { workload: "enable" }), scenarioResult("b", { workload: "clear", mmu: "other" })];
  const of = (scenario: string, strategy: string, more: Partial<RunResult> = {}) =>
    runResult({ scenario, strategy, counts: { split: { lockDrops: 10 }, final: { tables: 7 } }, ...more });
  const counts = (lockDrops: number, tables: number) => ({ split: { lockDrops }, final: { tables } });
  const base = resultFile({
    scenarios: two,
    runs: [of("b", "s1", { wall: wall([1]) }), of("a", "gone"), of("a", "s1"), of("a", "s2"), of("a", "s3")],
  });
  const next = resultFile({
    scenarios: two,
    runs: [
      of("a", "new"),
      of("a", "s1", { counts: counts(11, 8) }),
      of("a", "s2", { counts: counts(9, 7) }),
      of("a", "s3", { counts: counts(12, 7) }),
      of("b", "s1", { counts: counts(11, 7) }),
    ],
    partial: true,
  });
  const exact = (path: string, label: string, unit: string, [from, to]: readonly [number, number], status: string) => ({
    kind: "exact",
    path,
    label,
    unit,
    base: from,
    next: to,
    change: (to - from) / from,
    status,
    levels: [],
  });
  const drops = (to: number, status: string) => exact("split/lockDrops", "lock drops", "drops", [10, to], status);
  const tables = (to: number, status: string) => exact("final/tables", "tables (final)", "pages", [7, to], status);
  const right = { code: "right" } as const;
  const findings = { base: [], next: [], verdicts: { base: right, next: right }, status: "equal" };
  const ref = (path: string, scenario: string, strategy: string) => ({
    path,
    scenario,
    mmu: scenario === "a" ? "toy" : "other",
    strategy,
  });
  const options = { ...DEFAULT_COMPARE_OPTIONS, maxIncrease: 0.1 };
  expect(compare(base, next, options)).toEqual({
    options,
    base: { paths: ["base.json"] },
    next: { paths: ["new.json"] },
    cells: [
      {
        ...ref("base.json", "b", "s1"),
        workload: "clear",
        // Of an MMU that is not known nothing is declared.
        exact: [
          exact("split/lockDrops", "split/lockDrops", "", [10, 11], "changed"),
          exact("final/tables", "final/tables", "", [7, 7], "equal"),
        ],
        wall: [],
        findings,
      },
      {
        ...ref("base.json", "a", "s1"),
        workload: "enable",
        exact: [drops(11, "tolerated"), tables(8, "changed")],
        wall: [],
        findings,
      },
      {
        ...ref("base.json", "a", "s2"),
        workload: "enable",
        exact: [drops(9, "improvement"), tables(7, "equal")],
        wall: [],
        findings,
      },
      {
        ...ref("base.json", "a", "s3"),
        workload: "enable",
        exact: [drops(12, "regression"), tables(7, "equal")],
        wall: [],
        findings,
      },
    ],
    missing: [ref("base.json", "a", "gone")],
    added: [ref("new.json", "a", "new")],
    notes: [
      { code: "next-partial", paths: ["new.json"] },
      { code: "wall-only-one-side", cells: 1 },
    ],
    summary: { regressions: 2, improvements: 1, changed: 2, tolerated: 1, exact: 12, equal: 7, wall: 0 },
  });
});

test("unless told otherwise nothing more is tolerated, wall times gate nothing, and what is missing regressed", () => {
  expect(DEFAULT_COMPARE_OPTIONS).toEqual({
    maxIncrease: 0,
    wallThreshold: null,
    alpha: 0.05,
    seed: 1,
    allowMissing: false,
    anyEnvironment: false,
  });
});

describe("exact counters", () => {
  test("a result compared with itself has no change and ends with 0", () => {
    const comparison = compare(resultFile(), resultFile());
    expect(comparison.summary).toEqual({
      regressions: 0,
      improvements: 0,
      changed: 0,
      tolerated: 0,
      exact: 21,
      equal: 21,
      wall: 0,
    });
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test("one more inspected entry is a regression, named by counter, level and figures", () => {
    const comparison = compare(single(), single({ counts: withCount(toyCounts, "split/inspected/3", 262145) }));
    expect(exitCodeOf(comparison)).toBe(1);
    expect(metric(comparison, "split/inspected")).toMatchObject({
      base: 262657,
      next: 262658,
      change: 1 / 262657,
      status: "regression",
      levels: [{ level: "3", base: 262144, next: 262145 }],
    });
  });

  test("one fewer is an improvement and ends with 0", () => {
    const comparison = compare(single(), single({ counts: withCount(toyCounts, "split/inspected/3", 262143) }));
    expect(metric(comparison, "split/inspected").status).toBe("improvement");
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test("a strategy whose result is wrong is not praised for fewer entries", () => {
    const worse = single({ counts: withCount(toyCounts, "split/inspected/3", 0), findings: [unsplit] });
    const comparison = compare(single(), worse);
    expect(metric(comparison, "split/inspected").status).toBe("changed");
    expect(comparison.summary).toMatchObject({ regressions: 1, improvements: 0 });
  });

  test("the same sum at other levels is a change and no regression", () => {
    const moved = withCount(withCount(toyCounts, "split/inspected/3", 262145), "split/inspected/2", 511);
    const comparison = compare(single(), single({ counts: moved }));
    expect(metric(comparison, "split/inspected")).toMatchObject({ change: 0, status: "changed" });
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test.each([
    [100, 101, 0.01, "tolerated"],
    [100, 102, 0.01, "regression"],
    [100, 101, 0, "regression"],
    [0, 1, 1000, "regression"],
    [0, 0, 0, "equal"],
    [5, 0, 0, "improvement"],
  ])("from %d to %d with at most %d more is: %s (%s)", (base, next, maxIncrease, status) => {
    const of = (drops: number) => single({ counts: withCount(toyCounts, "split/lockDrops", drops) });
    expect(metric(compare(of(base), of(next), { maxIncrease }), "split/lockDrops").status).toBe(status);
  });

  test("a cost that has no number any more is a regression: the walk may never end", () => {
    const of = (drops: number | null) => single({ counts: withCount(toyCounts, "split/lockDrops", drops) });
    expect(metric(compare(of(2), of(null), { maxIncrease: 1 }), "split/lockDrops").status).toBe("regression");
    expect(metric(compare(of(null), of(2)), "split/lockDrops").status).toBe("changed");
    expect(metric(compare(of(null), of(null)), "split/lockDrops").status).toBe("equal");
  });

  test("the tolerated increase is for costs: blocks left unsplit may not grow at all", () => {
    const of = (blocks: number) => single({ counts: withCount(toyCounts, "final/unsplitBlocks", blocks) });
    expect(exitCodeOf(compare(of(100), of(101), { maxIncrease: 1 }))).toBe(1);
    expect(exitCodeOf(compare(of(101), of(100)))).toBe(0);
  });

  test("another final tree is a regression; one that was not computed is a change", () => {
    const of = (digest: string | null) => single({ counts: withCount(toyCounts, "final/digest", digest) });
    expect(exitCodeOf(compare(of("aa"), of("bb")))).toBe(1);
    expect(metric(compare(of("aa"), of(null)), "final/digest").status).toBe("changed");
    expect(metric(compare(of(null), of("aa")), "final/digest").status).toBe("changed");
  });

  test("an outcome without a bad direction is told and gates nothing", () => {
    const comparison = compare(single(), single({ counts: withCount(toyCounts, "final/tables", 600) }));
    expect(metric(comparison, "final/tables").status).toBe("changed");
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test("a counter that vanished is a regression, since it could hide anything", () => {
    const { lockDrops: _, ...split } = toyCounts.split;
    const comparison = compare(single(), single({ counts: { ...toyCounts, split } }));
    expect(metric(comparison, "split/lockDrops")).toMatchObject({ base: 2, next: undefined, status: "regression" });
    expect(exitCodeOf(compare(single({ counts: { ...toyCounts, split } }), single()))).toBe(0);
  });

  test("a count that no declaration covers is compared too", () => {
    const comparison = compare(
      single({ counts: { ...toyCounts, extra: { deep: 1 } } }),
      single({ counts: { ...toyCounts, extra: { deep: 2 } } }),
    );
    expect(metric(comparison, "extra/deep")).toMatchObject({ base: 1, next: 2, status: "changed" });
  });

  test("any single count changed anywhere is seen", () => {
    const paths = [
      "split/inspected/1",
      "split/inspected/2",
      "split/tlbi/2",
      "split/lockDrops",
      "final/unsplitBlocks",
      "final/tables",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.integer({ min: 1, max: 1e9 }), (path, by) => {
        const old = path
          .split("/")
          .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], toyCounts) as number;
        const { summary } = compare(single(), single({ counts: withCount(toyCounts, path, old + by) }));
        expect(summary.regressions + summary.changed).toBe(1);
      }),
    );
  });

  test("the verdict is a pure function: the same twice, and the arguments are left as they were", () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
      return value;
    };
    const base = freeze(structuredClone(resultFile({ runs: [runResult({ wall: wall([1, 2, 3, 4, 5, 6]) })] })));
    const next = freeze(structuredClone(resultFile({ runs: [runResult({ wall: wall([2, 3, 4, 5, 6, 7]) })] })));
    expect(compare(base, next)).toEqual(compare(base, next));
  });
});

describe("verdicts", () => {
  const right = { code: "right" } as const;
  const idle = { code: "idle", reason: "chunk 0" } as const;
  const unsearched = { code: "unsearched", search: "s2split verify" } as const;
  const here = { code: "right-here", knownFaults: ["passes over"] } as const;
  test.each([
    ["right", right, "right, on other layouts wrong", here, "regression"],
    ["right", right, "not searched", unsearched, "regression"],
    ["not searched", unsearched, "wrong on other layouts", here, "regression"],
    ["wrong on other layouts", here, "right", right, "improvement"],
    ["not searched", unsearched, "right", right, "improvement"],
    ["right", right, "idle", idle, "changed"],
    ["idle", idle, "wrong on other layouts", here, "changed"],
    ["wrong on other layouts", here, "the same with another fault", { ...here, knownFaults: ["more"] }, "equal"],
    ["none, of an older file", undefined, "wrong on other layouts", here, "equal"],
    ["right", right, "none", undefined, "equal"],
  ] as const)("from %s (%o) to %s (%o): %s", (_, base, _next, next, status) => {
    const comparison = compare(single({ verdict: base }), single({ verdict: next }));
    expect(comparison.cells[0]!.findings).toMatchObject({
      status,
      verdicts: { base: base ?? null, next: next ?? null },
    });
    expect(exitCodeOf(comparison)).toBe(status === "regression" ? 1 : 0);
  });

  test("a result that turns wrong is a regression from any verdict, and right again an improvement", () => {
    for (const verdict of [right, idle, unsearched, here, undefined]) {
      const fine = single({ verdict });
      const wrong = single({ findings: [unsplit] });
      expect(compare(fine, wrong).cells[0]!.findings.status).toBe("regression");
      expect(compare(wrong, fine).cells[0]!.findings.status).toBe("improvement");
    }
  });
});

describe("findings", () => {
  test.each([
    ["right, then wrong", [], [unsplit], "regression", 1],
    ["wrong, then right", [unsplit], [], "improvement", 0],
    ["wrong in the same way", [unsplit], [unsplit], "equal", 0],
    ["wrong more often", [unsplit], [{ ...unsplit, count: 512 }], "regression", 1],
    ["wrong less often", [unsplit], [{ ...unsplit, count: 510 }], "improvement", 0],
    ["wrong as often, elsewhere", [unsplit], [{ ...unsplit, data: { ipa: "0x0" } }], "changed", 0],
    ["wrong in a new way instead", [unsplit], [{ ...unsplit, code: "tlbi-wrong-ipa" }], "regression", 1],
  ] as const)("%s", (_, base, next, status, exitCode) => {
    const comparison = compare(single({ findings: base }), single({ findings: next }));
    expect(comparison.cells[0]!.findings.status).toBe(status);
    expect(exitCodeOf(comparison)).toBe(exitCode);
  });
});

describe("what is not compared is refused by the name of the field", () => {
  test("another model version", () => {
    const other = resultFile({ tool: { name: "s2split", version: "0.1.0", modelVersion: 2 } });
    expect(refusal(() => compare(resultFile(), other))).toBe(
      "new.json: tool.modelVersion is 2, and 1 in base.json; expected results of one model version",
    );
  });

  test("another version of the tool with the same model is compared", () => {
    const other = resultFile({ tool: { name: "s2split", version: "9.0.0", modelVersion: 1 } });
    expect(exitCodeOf(compare(resultFile(), other))).toBe(0);
  });

  test("another scenario under the same id", () => {
    const scenario = { granule: "4K", memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "2G" }] }] };
    const message = refusal(() =>
      compare(resultFile(), resultFile({ scenarios: [scenarioResult("thp/enable", { scenario })] })),
    );
    expect(message).toContain('scenario "thp/enable"');
    expect(message).toContain('scenario.memslots[0].segments[0].size is "2G", and "1G" there');
  });

  test("another description of the same scenario is compared", () => {
    const scenario = { ...(scenarioResult().scenario as object), description: "other words" };
    const other = resultFile({ scenarios: [scenarioResult("thp/enable", { description: null, scenario })] });
    expect(exitCodeOf(compare(resultFile(), other))).toBe(0);
  });

  test("nothing in common: the field that keeps scenarios of one name apart", () => {
    const other = resultFile({
      scenarios: [scenarioResult("thp/2M", { variables: { mode: "enable", chunk: "2M" } })],
      runs: [runResult({ scenario: "thp/2M" })],
    });
    expect(refusal(() => compare(resultFile(), other))).toBe(
      'base.json and new.json: no scenario in common: of "thp" variables.chunk is "1G" and "2M"; expected ' +
        "results of the same scenarios",
    );
  });

  test("nothing in common: the ids, the strategies, or that there are no runs", () => {
    const of = (...scenarios: ReturnType<typeof scenarioResult>[]) =>
      resultFile({ scenarios, runs: scenarios.map(({ id }) => runResult({ scenario: id })) });
    const ids = (a: string, b: string) =>
      `base.json and new.json: no scenario in common: "${a}" and "${b}"; expected results of the same scenarios`;
    expect(refusal(() => compare(resultFile(), of(scenarioResult("x", { name: "x" }))))).toBe(ids("thp/enable", "x"));
    // Of one name, and different in nothing but the id: the ids say it.
    expect(refusal(() => compare(resultFile(), of(scenarioResult("x"))))).toBe(ids("thp/enable", "x"));
    expect(refusal(() => compare(single(), single({ strategy: "mine" })))).toBe(
      "base.json and new.json: no strategy in common: baseline and mine",
    );
    const [a, b] = ["a".repeat(61), "b".repeat(61)];
    const [shortA, shortB] = [`${"a".repeat(57)}...`, `${"b".repeat(57)}...`];
    expect(refusal(() => compare(single({ strategy: a }), single({ strategy: b })))).toBe(
      `base.json and new.json: no strategy in common: ${shortA} and ${shortB}`,
    );
    expect(refusal(() => compare(of(scenarioResult(a, { name: a })), of(scenarioResult(b, { name: b }))))).toBe(
      ids(shortA, shortB),
    );
    const none = resultFile({ runs: [] });
    const noRuns = "has no runs; expected a result with at least one run";
    expect(refusal(() => compare(single(), none))).toBe(`new.json: ${noRuns}`);
    expect(refusal(() => compare(none, single()))).toBe(`base.json: ${noRuns}`);
    expect(refusal(() => compare(none, none))).toBe(`base.json: ${noRuns}`);
  });

  test("nothing in common: the first two of one name are looked at, wherever they stand", () => {
    const of = (id: string, name: string, chunk: string) =>
      scenarioResult(id, { name, variables: { ["c".repeat(100)]: chunk } });
    const file = (...scenarios: ReturnType<typeof scenarioResult>[]) =>
      resultFile({ scenarios, runs: scenarios.map(({ id }) => runResult({ scenario: id })) });
    const base = file(of("a", "a", "1"), of("b1", "b".repeat(61), "2"));
    const next = file(of("c", "c", "3"), of("b2", "b".repeat(61), "4"));
    expect(refusal(() => compare(base, next))).toBe(
      `base.json and new.json: no scenario in common: of "${"b".repeat(57)}..." ` +
        `variables.${"c".repeat(87)}... is "2" and "4"; expected results of the same scenarios`,
    );
  });

  test("a partial result as baseline; as NEW it is compared and told", () => {
    expect(refusal(() => compare(resultFile({ partial: true }), resultFile()))).toBe(
      "base.json: partial: its run was interrupted; expected a complete result as the baseline",
    );
    expect(compare(resultFile(), resultFile({ partial: true })).notes).toEqual([
      { code: "next-partial", paths: ["new.json"] },
    ]);
  });

  test("another model version within a side", () => {
    const other = resultFile({ tool: { name: "s2split", version: "0.1.0", modelVersion: 2 }, scenarios: [], runs: [] });
    const side = [
      { path: "a.json", result: resultFile() },
      { path: "b.json", result: other },
    ];
    expect(refusal(() => compareResults(side, side, counters, DEFAULT_COMPARE_OPTIONS))).toBe(
      "b.json: tool.modelVersion is 2, and 1 in a.json; expected results of one model version",
    );
  });

  test("one run in two files of a side", () => {
    const files = ["a.json", "b.json"].map((path) => ({ path, result: resultFile() }));
    expect(refusal(() => compareResults(files, files, counters, DEFAULT_COMPARE_OPTIONS))).toBe(
      'b.json: has baseline on "thp/enable", which a.json has too; expected each run once',
    );
  });
});

describe("cells that only one side has", () => {
  const two = resultFile();
  const one = single();

  test("missing in NEW is a regression, unless allowed", () => {
    const comparison = compare(two, one);
    expect(comparison.missing.map((cell) => cell.strategy)).toEqual(["max-level", "skip-return-rfc"]);
    expect(comparison.summary.regressions).toBe(2);
    expect(exitCodeOf(compare(two, one, { allowMissing: true }))).toBe(0);
  });

  test("new in NEW is told and gates nothing", () => {
    const comparison = compare(one, two);
    expect(comparison.added.map((cell) => cell.strategy)).toEqual(["max-level", "skip-return-rfc"]);
    expect(exitCodeOf(comparison)).toBe(0);
  });
});

test("a folder of one file a scenario equals one file with all scenarios", () => {
  const ids = ["a", "b", "c"];
  const parts = ids.map((id) => ({
    path: `${id}.json`,
    result: resultFile({ scenarios: [scenarioResult(id)], runs: [runResult({ scenario: id })] }),
  }));
  const whole = resultFile({
    scenarios: ids.map((id) => scenarioResult(id)),
    runs: ids.map((id) => runResult({ scenario: id })),
  });
  const comparison = compareResults(parts, [{ path: "whole.json", result: whole }], counters, DEFAULT_COMPARE_OPTIONS);
  expect(comparison.cells.map((cell) => cell.scenario)).toEqual(ids);
  expect(comparison.summary).toMatchObject({ regressions: 0, changed: 0, equal: 21, exact: 21 });
});

describe("wall times", () => {
  const around = (center: number, n: number): number[] => Array.from({ length: n }, (_, i) => center + i);
  const timed = (samples: number[], more: Partial<ResultFile> = {}): ResultFile =>
    single({ wall: wall(samples) }, more);

  test("gate nothing by default, however slow", () => {
    const comparison = compare(timed(around(1000, 30)), timed(around(9000, 30)));
    expect(comparison.cells[0]!.wall[0]!.status).toBe("not-gated");
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test("a confirmed rise beyond the threshold is a regression, a confirmed fall an improvement", () => {
    const slower = compare(timed(around(1000, 30)), timed(around(1200, 30)), { wallThreshold: 0.1 });
    expect(slower.cells[0]!.wall[0]).toMatchObject({ status: "regression", samples: [30, 30] });
    expect(exitCodeOf(slower)).toBe(1);
    const faster = compare(timed(around(1200, 30)), timed(around(1000, 30)), { wallThreshold: 0.1 });
    expect(faster.cells[0]!.wall[0]!.status).toBe("improvement");
    expect(exitCodeOf(faster)).toBe(0);
  });

  test("a confirmed rise within the threshold is none", () => {
    const comparison = compare(timed(around(1000, 30)), timed(around(1200, 30)), { wallThreshold: 0.5 });
    expect(comparison.cells[0]!.wall[0]!.status).toBe("noise");
  });

  test("a median that could as well lie in the other of two modes is no regression, whatever the rank test says", () => {
    // Two modes, at 1000 and 2000. Every sample of the new series is a little slower than its like,
    // so the rank test is sure; but which mode has the median is a matter of three samples, and the
    // bootstrap interval says so.
    const modes = (low: number, shift: number) => [...around(1000 + shift, low), ...around(2000 + shift, 41 - low)];
    const comparison = compare(timed(modes(22, 0)), timed(modes(19, 50)), { wallThreshold: 0.1 });
    const metric = comparison.cells[0]!.wall[0]!;
    expect(metric.change).toBeGreaterThan(0.9);
    expect(metric.pHolm).toBeLessThan(0.001);
    expect(metric.interval[0]).toBeLessThan(0);
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test("a rise whose interval reaches down to no change at all is no regression", () => {
    const modes = (low: number) => [...Array<number>(low).fill(1000), ...Array<number>(41 - low).fill(2000)];
    const comparison = compare(timed(modes(24)), timed(modes(5)), { wallThreshold: 0.1 });
    expect(comparison.cells[0]!.wall[0]).toMatchObject({ change: 1, interval: [0, 1] });
    expect(comparison.cells[0]!.wall[0]!.pHolm).toBeLessThan(0.001);
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test("a p that is alpha confirms nothing: it must be below", () => {
    const [base, next] = [timed([1000, 1001, 1002]), timed([2000, 2001, 2002])];
    const with3 = (alpha: number) => compare(base, next, { wallThreshold: 0.1, alpha }).cells[0]!.wall[0]!;
    expect(with3(0.1)).toMatchObject({ pHolm: 0.1, status: "too-few" });
    expect(with3(0.11)).toMatchObject({ pHolm: 0.1, status: "regression" });
    const alarms = (alpha: number) => noiseOf([compare(base, next, { alpha })]).falseAlarms;
    expect([alarms(0.1), alarms(0.11)]).toEqual([0, 1]);
  });

  test("three samples of each cannot confirm anything, and the comparison says how many could", () => {
    const comparison = compare(timed([1000, 1001, 1002]), timed([2000, 2001, 2002]), { wallThreshold: 0.1 });
    expect(comparison.cells[0]!.wall[0]).toMatchObject({ p: 0.1, status: "too-few", samplesNeeded: 6 });
    expect(exitCodeOf(comparison)).toBe(0);
  });

  test("with a threshold of zero as many are needed as the rank test needs to speak, whatever the spread", () => {
    const wide = compare(timed([1000, 5000, 9000]), timed([2000, 6000, 9900]), { wallThreshold: 0 });
    expect(wide.cells[0]!.wall[0]).toMatchObject({ status: "too-few", samplesNeeded: 4 });
  });

  test("the wider spread of the two sides says how many samples are needed, where that side can be measured", () => {
    const needed = (base: number[], next: number[]) =>
      compare(timed(base), timed(next), { wallThreshold: 0.1 }).cells[0]!.wall[0]!.samplesNeeded!;
    const [still, spread] = [Array<number>(9).fill(1000), [600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400]];
    expect(needed(still, still)).toBe(4);
    expect(needed(still, spread)).toBeGreaterThan(100);
    expect(needed(spread, still)).toBe(needed(still, spread));
    expect(needed(still, Array<number>(9).fill(0))).toBe(4);
  });

  test("Holm's correction is over all comparisons: what one test confirms, forty do not", () => {
    const pair = (strategy: string, center: number) => runResult({ strategy, wall: wall(around(center, 5)) });
    const many = (shift: number) =>
      resultFile({ runs: Array.from({ length: 40 }, (_, i) => pair(`s${i}`, i === 0 ? 1000 + shift : 1000)) });
    const alone = compare(timed(around(1000, 5)), timed(around(1500, 5)), { wallThreshold: 0.1 });
    expect(exitCodeOf(alone)).toBe(1);
    const among = compare(many(0), many(500), { wallThreshold: 0.1 });
    expect(among.cells[0]!.wall[0]).toMatchObject({ p: alone.cells[0]!.wall[0]!.p, status: "too-few" });
    expect(exitCodeOf(among)).toBe(0);
  });

  test("of another environment are refused by field where they gate, and left out with a note where they do not", () => {
    const other = timed(around(9000, 30), { environment: { ...environment, cpuModel: "Other CPU" } });
    expect(refusal(() => compare(timed(around(1000, 30)), other, { wallThreshold: 0.1 }))).toBe(
      'new.json: environment.cpuModel is "Other CPU", and "Example CPU" in base.json; ' +
        "expected wall times of one environment (--any-environment compares them all the same)",
    );
    const comparison = compare(timed(around(1000, 30)), other);
    expect(comparison.cells[0]!.wall).toEqual([]);
    expect(comparison.notes).toEqual([
      { code: "wall-not-compared", field: "environment.cpuModel", base: '"Example CPU"', next: '"Other CPU"' },
    ]);
    const forced = compare(timed(around(1000, 30)), other, { wallThreshold: 0.1, anyEnvironment: true });
    expect(forced.notes).toMatchObject([{ code: "environment-ignored" }]);
    expect(exitCodeOf(forced)).toBe(1);
  });

  test("of one side are told of before those of another environment", () => {
    const runs = (...walls: (ReturnType<typeof wall> | null)[]) =>
      walls.map((one, i) => runResult({ strategy: `s${i}`, wall: one }));
    const some = wall(around(1000, 5));
    const base = resultFile({ runs: runs(null, some) });
    const other = { ...environment, cpuModel: "Other CPU" };
    const next = resultFile({ runs: runs(some, some), environment: other });
    expect(compare(base, next).notes.map(({ code }) => code)).toEqual(["wall-only-one-side", "wall-not-compared"]);
  });

  test("of an unknown environment are not compared either", () => {
    const unknown = timed(around(1000, 30), { environment: null });
    expect(compare(unknown, unknown).notes).toMatchObject([{ code: "wall-not-compared", field: "environment" }]);
    const known = timed(around(1000, 30));
    expect([...compare(known, unknown).notes, ...compare(unknown, known).notes]).toMatchObject([
      { base: "known", next: "unknown" },
      { base: "unknown", next: "known" },
    ]);
  });

  test("that are absent cannot be gated: a threshold without times is refused, by the side that has none", () => {
    const gate = { wallThreshold: 0.1 };
    const without = (path: string) =>
      `${path}: has no wall times to hold against a wall threshold; expected results of bench without --no-wall`;
    const some = timed(around(1000, 5));
    const other = single({ wall: { ioctl: wall(around(1000, 5)).split } });
    expect(refusal(() => compare(single(), single(), gate))).toBe(without("new.json"));
    expect(refusal(() => compare(some, single(), gate))).toBe(without("new.json"));
    expect(refusal(() => compare(single(), some, gate))).toBe(without("base.json"));
    expect(refusal(() => compare(other, some, gate))).toBe(without("base.json"));
    expect(compare(other, some).cells[0]!.wall).toEqual([]);
  });

  test("are compared part by part, in the order of BASE, where both sides have the part", () => {
    const series = (from: number) => wall(around(from, 5)).split;
    const base = single({ wall: { split: series(1000), gone: series(1), ioctl: series(2000) } });
    const next = single({ wall: { ioctl: series(2100), split: series(1100), toString: series(1) } });
    const { cells, summary } = compare(base, next);
    expect(cells[0]!.wall.map(({ part, baseNs, nextNs }) => [part, baseNs, nextNs])).toEqual([
      ["split", 1002, 1102],
      ["ioctl", 2002, 2102],
    ]);
    expect(summary.wall).toBe(2);
    // No part is found in the prototype of all objects.
    expect(compare(single({ wall: { toString: series(1) } }), single({ wall: {} })).cells[0]!.wall).toEqual([]);
  });

  test("of a result that is wrong are not praised either", () => {
    const fast = single({ wall: wall(around(1000, 30)), findings: [unsplit] });
    const { cells, summary } = compare(timed(around(1200, 30)), fast, { wallThreshold: 0.1 });
    expect(cells[0]!.wall[0]!.status).toBe("changed");
    expect(summary).toMatchObject({ regressions: 1, improvements: 0, changed: 1 });
  });

  test("of another environment are told once, and each cell is compared where any will do", () => {
    const runs = (center: number) =>
      ["s0", "s1"].map((strategy) => runResult({ strategy, wall: wall(around(center, 5)) }));
    const next = resultFile({ runs: runs(2000), environment: { ...environment, cpuCount: 3 } });
    const base = resultFile({ runs: runs(1000) });
    const [field, from, to] = ["environment.cpuCount", "2", "3"];
    expect(compare(base, next).notes).toEqual([{ code: "wall-not-compared", field, base: from, next: to }]);
    const forced = compare(base, next, { anyEnvironment: true });
    expect(forced.notes).toEqual([{ code: "environment-ignored", field, base: from, next: to }]);
    expect(forced.cells.map((cell) => cell.wall.length)).toEqual([1, 1]);
    expect(refusal(() => compare(base, next, { wallThreshold: 0.1 }))).toContain(
      "new.json: environment.cpuCount is 3, and 2 in base.json",
    );
  });

  test("that are all zero, under a clock too coarse, are no change", () => {
    const zero = timed([0, 0, 0, 0, 0, 0]);
    expect(compare(zero, zero, { wallThreshold: 0.1 }).cells[0]!.wall[0]).toMatchObject({ change: 0, status: "noise" });
  });
});

const COMPARISONS = times(250, 1000);
const FAMILIES = times(40, 100);

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

describe("many A/A comparisons of seeded noise at alpha 0.05, threshold 0, before correction", () => {
  const shapes: { shape: string; n: number; draw: (random: () => number) => number }[] = [
    { shape: "normal, 5%", n: 30, draw: (random) => 1e6 * (1 + 0.05 * gauss(random)) },
    { shape: "log-normal, 20%", n: 25, draw: (random) => Math.round(1e6 * Math.exp(0.2 * gauss(random))) },
    { shape: "a coarse clock, many ties", n: 40, draw: (random) => 100 * Math.round(50 + 3 * gauss(random)) },
    { shape: "six samples", n: 6, draw: (random) => 1e6 * Math.exp(0.1 * gauss(random)) },
    {
      shape: "two modes and outliers",
      n: 50,
      draw: (random) => (random() < 0.1 ? 3 : random() < 0.4 ? 1.2 : 1) * 1e6 * (1 + 0.02 * gauss(random)),
    },
  ];
  test.each(shapes)("give no more false regressions than one in twenty: $shape", ({ n, draw }) => {
    const random = seededRandom(1);
    const series = () => single({ wall: wall(Array.from({ length: n }, () => draw(random))) });
    let regressions = 0;
    let rejected = 0;
    for (let i = 0; i < COMPARISONS; i++) {
      // One comparison at a time is a family of one: Holm's correction leaves its p alone.
      const comparison = compare(series(), series(), { wallThreshold: 0, seed: i });
      regressions += comparison.summary.regressions;
      if (comparison.cells[0]!.wall[0]!.p < 0.05) rejected++;
    }
    const nominal = 0.05 * COMPARISONS;
    expect(regressions).toBeLessThanOrEqual(nominal);
    // A test that never rejects would pass too: the rank test alone must be near what it says,
    // three sigma up.
    expect(rejected).toBeGreaterThanOrEqual(0.4 * nominal);
    expect(rejected).toBeLessThanOrEqual(nominal + 3 * Math.sqrt(0.95 * nominal));
    // Six samples, and many ties, reject so seldom that a small number of comparisons may show
    // none.
    if (NIGHTLY) expect(regressions).toBeGreaterThan(0);
  });

  test("and a family of twenty gives, after Holm's correction, no more families with any than one in twenty", () => {
    const random = seededRandom(5);
    const family = () =>
      resultFile({
        runs: Array.from({ length: 20 }, (_, i) =>
          runResult({
            strategy: `s${i}`,
            wall: wall(Array.from({ length: 20 }, () => 1e6 * Math.exp(0.1 * gauss(random)))),
          }),
        ),
      });
    let alarms = 0;
    for (let i = 0; i < FAMILIES; i++) alarms += exitCodeOf(compare(family(), family(), { wallThreshold: 0, seed: i }));
    expect(alarms).toBeLessThanOrEqual(0.05 * FAMILIES);
  });
});
