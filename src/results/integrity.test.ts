import { describe, expect, it } from "vitest";
import { resultFile, runResult, scenarioResult, unsplit, wall } from "../testing/resultBuilder.js";
import { inconsistency } from "./integrity.js";
import type { ResultFile, RunResult, Shard, WallSeries } from "./types.js";

const LONG = "n".repeat(70);
const CLIPPED = `${"n".repeat(57)}...`;

describe("the names in a result", () => {
  const hidden = (name: string) => `the name "${name}" has control or invisible characters`;

  it.each<[string, Partial<ResultFile>, string]>([
    ["an id", { scenarios: [scenarioResult("a\u001b[31m")], runs: [] }, "a [31m"],
    ["a name", { scenarios: [scenarioResult("a", { name: "b\u202eb" })], runs: [] }, "b b"],
    ["a strategy", { runs: [runResult({ strategy: `\n${LONG}` })] }, ` ${"n".repeat(56)}...`],
  ])("hide nothing: %s", (_, more, shown) => {
    expect(inconsistency(resultFile(more))).toBe(hidden(shown));
  });

  it("are there once, and refer to what is there", () => {
    const long = scenarioResult(LONG);
    expect(inconsistency(resultFile({ scenarios: [scenarioResult(), long, long], runs: [] }))).toBe(
      `scenario "${CLIPPED}" occurs twice`,
    );
    expect(inconsistency(resultFile({ runs: [runResult(), runResult({ scenario: LONG })] }))).toBe(
      `a run names scenario "${CLIPPED}", which the file does not have`,
    );
    const run = runResult({ scenario: LONG, strategy: LONG });
    expect(inconsistency(resultFile({ scenarios: [long], runs: [run, run] }))).toBe(
      `the run of ${CLIPPED} on "${CLIPPED}" occurs twice`,
    );
    const two = [scenarioResult("a"), scenarioResult("b")];
    const each = ["a", "b"].flatMap((scenario) => ["a", "b"].map((strategy) => runResult({ scenario, strategy })));
    expect(inconsistency(resultFile({ scenarios: two, runs: each }))).toBeUndefined();
  });
});

describe("a run", () => {
  const wrong = (run: Partial<RunResult>) =>
    inconsistency(resultFile({ runs: [runResult(), runResult({ strategy: "s", ...run })] }));
  const of = (problem: string) => `the run of s on "thp/enable" ${problem}`;

  it("is wrong where it has findings, and nowhere else", () => {
    expect(wrong({ verdict: { code: "wrong" } })).toBe(of("is called wrong with 0 findings"));
    expect(wrong({ findings: [unsplit], verdict: { code: "right" } })).toBe(of("is called right with 1 finding"));
    expect(wrong({ findings: [unsplit, unsplit], verdict: { code: "idle", reason: "" } })).toBe(
      of("is called idle with 2 findings"),
    );
    expect(wrong({ findings: [unsplit], verdict: { code: "wrong" } })).toBeUndefined();
    // As files of before verdicts were written have it.
    expect(wrong({ findings: [unsplit], verdict: undefined })).toBeUndefined();
  });

  const series = (more: Partial<WallSeries>) =>
    wrong({ wall: { ...wall([5]), [LONG]: { ...wall([30, 10, 20]).split, ...more } } });

  it.each<Partial<WallSeries>>([{ minNs: 9 }, { maxNs: 31 }, { samplesNs: [10] }, { samplesNs: [30] }])(
    "has no samples beside their lowest and highest: %o",
    (more) => {
      expect(series(more)).toBe(of(`has wall times (${CLIPPED}) beside their lowest and highest`));
    },
  );

  it.each<Partial<WallSeries>>([
    { ci95Ns: [9, 30] },
    { ci95Ns: [21, 30] },
    { ci95Ns: [10, 19] },
    { ci95Ns: [10, 31] },
    { medianNs: 9 },
    { medianNs: 31 },
  ])("has no median beside its interval, and no interval beside the samples: %o", (more) => {
    expect(series(more)).toBe(of(`has a median (${CLIPPED}) beside its interval, or beside its samples`));
  });

  it("may have an interval that ends with its median or with its samples", () => {
    for (const ci95Ns of [[10, 30] as const, [20, 20] as const, [10, 20] as const, [20, 30] as const])
      expect(series({ ci95Ns })).toBeUndefined();
    expect(series({ ci95Ns: [10, 30], medianNs: 10 })).toBeUndefined();
    expect(series({ ci95Ns: [10, 30], medianNs: 30 })).toBeUndefined();
  });
});

describe("a shard", () => {
  const shard = (more: Partial<Shard>, rest: Partial<ResultFile> = {}) =>
    inconsistency(resultFile({ shard: { index: 1, count: 2, plan: "p", cases: [0], ...more }, ...rest }));

  it("is one of its count", () => {
    expect([shard({}), shard({ index: 2 })]).toEqual([undefined, undefined]);
    expect(shard({ index: 3 })).toBe("shard 3 of 2");
  });

  it("has a place for each scenario, unless it was interrupted", () => {
    expect(shard({ cases: [0, 1] })).toBe("shard.cases has 2 places for 1 scenarios");
    expect(shard({ cases: [] })).toBe("shard.cases has 0 places for 1 scenarios");
    expect(shard({ cases: [0, 1] }, { partial: true })).toBeUndefined();
  });
});
