import { Chalk } from "chalk";
import { describe, expect, it, test } from "vitest";
import { compareResults } from "../compare/compare.js";
import { noiseOf } from "../compare/noise.js";
import {
  type CompareOptions,
  type Comparison,
  DEFAULT_COMPARE_OPTIONS,
  type ExactMetric,
  type WallMetric,
} from "../compare/types.js";
import type { ResultFile } from "../results/types.js";
import { MAX_SAMPLES } from "../stats/statistics.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { resultFile, runResult, toyCounters, toyCounts, unsplit, wall, withCount } from "../testing/resultBuilder.js";
import { compareText, metricSentence, noteText } from "./compareTable.js";
import { noiseText } from "./noiseText.js";
import { summaryMarkdown } from "./summaryMarkdown.js";
import { formatPercent } from "./units.js";

const style = { chalk: new Chalk({ level: 0 }), columns: Number.POSITIVE_INFINITY };

function compared(base: ResultFile, next: ResultFile, options: Partial<CompareOptions> = {}) {
  const all = { ...DEFAULT_COMPARE_OPTIONS, ...options };
  return compareResults(
    [{ path: "a", result: base }],
    [{ path: "b", result: next }],
    new Map([["toy", toyCounters]]),
    all,
  );
}

const single = (more: Parameters<typeof runResult>[0]) => resultFile({ runs: [runResult(more)] });
const series = (center: number, n: number) => wall(Array.from({ length: n }, (_, i) => center + i));

test("equal results are one line", () => {
  expect(compareText(compared(resultFile(), resultFile()), style)).toBe(
    "3 runs compared: 21 of 21 exact figures equal; no regression",
  );
});

test("changed figures stand side by side with their level, unit, change and verdict; equal ones only with --all", () => {
  const comparison = compared(single({}), single({ counts: withCount(toyCounts, "split/tlbi/2", 513) }));
  const text = compareText(comparison, style);
  expect(text).toMatch(/^ {2}baseline {2}TLBIs \(split\) \[TLBIs\] +512 +513 +\+0\.2% {2}REGRESSION$/m);
  expect(text).toMatch(/^ +level 2 +512 +513 +\+0\.2%$/m);
  expect(text).not.toContain("lock drops");
  expect(compareText(comparison, style, true)).toMatch(/^ +lock drops \[drops\] +2 +2 +=$/m);
  expect(text).toContain("\n1 regression:\n  thp/enable, baseline: TLBIs (split): 512 -> 513 TLBIs (+0.2%)\n");
});

test.each([
  [0, -12, "(-12)"],
  [0, 3, "(+3)"],
  [-12, 0, "(+12)"],
  [-12, -22, "(-10)"],
])("a change from %d to %d has one sign: %s", (base, next, expected) => {
  const of = (value: number) => single({ counts: withCount(toyCounts, "split/lockDrops", value) });
  const sentences = compared(of(base), of(next)).cells[0]!.exact.map(metricSentence);
  expect(sentences).toContain(`lock drops: ${base} -> ${next} drops ${expected}`);
  expect(compareText(compared(of(base), of(next)), style)).not.toContain("+-");
  const level = (value: number) => single({ counts: withCount(toyCounts, "split/tlbi/1", value) });
  expect(compareText(compared(level(base), level(next)), style)).not.toContain("+-");
});

test("names of counters and parts from a file reach no terminal with their control characters", () => {
  const of = (value: number) =>
    single({ counts: { ...toyCounts, "a\u001b[31m": value }, wall: { "b\u001b[31m": wall([value, 9]).split } });
  expect(compareText(compared(of(1), of(2)), style, true)).not.toContain("\u001b");
});

test("a verdict that got worse is told in words, on a result that is as right as before", () => {
  const text = compareText(
    compared(single({}), single({ verdict: { code: "right-here", knownFaults: ["passes over"] } })),
    style,
  );
  expect(text).toMatch(/baseline +result +right +right here +REGRESSION/);
  expect(text).toContain("thp/enable, baseline: result was right, now right here, wrong on other layouts");
});

test("a result that became wrong is told in words", () => {
  const text = compareText(compared(single({}), single({ findings: [unsplit] })), style);
  expect(text).toContain("thp/enable, baseline: result was right, now 511 blocks unsplit, first at 0x40200000");
});

test("wall times have median, interval, corrected p and samples", () => {
  const comparison = compared(single({ wall: series(1000, 30) }), single({ wall: series(1500, 30) }), {
    wallThreshold: 0.1,
  });
  const text = compareText(comparison, style);
  expect(text).toContain("wall times are medians of 30 samples each; p is after Holm's correction");
  expect(text).toMatch(/wall, split \[measured\] +1\.01 us +1\.51 us +\+49\.3% {2}REGRESSION p < 0\.001$/m);
  expect(text).toMatch(
    /wall time, split: median 1\.01 us -> 1\.51 us \(\+49\.3%, 95% interval \+\d.*% to \+\d.*%, p < 0\.001\)/,
  );
});

test("where more samples are needed than bench takes, that is said and no --runs is advised", () => {
  const comparison = compared(single({ wall: series(1000, 3) }), single({ wall: series(1000, 4) }), {
    wallThreshold: 0.00001,
  });
  const text = compareText(comparison, style).replace(/\s+/g, " ");
  expect(text).not.toContain("--runs");
  expect(text).toMatch(
    /too few samples in 1 wall time \(the fewest are 3\): to see a change of \+0\.001% four times in five, each side would need up to [\d,]+, more than the 10,000 that bench takes: samples cannot decide it here;/,
  );
});

test("too few samples are told with how many are needed, where bench takes so many", () => {
  const comparison = compared(single({ wall: series(1000, 3) }), single({ wall: series(1000, 4) }), {
    wallThreshold: 0.05,
  });
  const text = compareText(comparison, style).replace(/\s+/g, " ");
  expect(text).toMatch(
    /too few samples in 1 wall time \(the fewest are 3\): to see a change of \+5\.0% four times in five, /,
  );
  const runs = Number(/each side needs up to [\d,]+: bench --runs (\d+)/.exec(text)![1]);
  expect(runs).toBeGreaterThan(4);
  expect(runs).toBeLessThanOrEqual(10_000);
});

test("missing and new runs are named", () => {
  const two = resultFile({ runs: [runResult(), runResult({ strategy: "gone" })] });
  const text = compareText(compared(two, resultFile({ runs: [runResult(), runResult({ strategy: "fresh" })] })), style);
  expect(text).toContain("missing in the new result (a regression unless --allow-missing):\n  thp/enable: gone");
  expect(text).toContain("only in the new result:\n  thp/enable: fresh");
  expect(text).toMatch(/1 missing; 1 new; 1 regression$/);
});

test("names from outside cannot write to the terminal", () => {
  const odd = (drops: number) =>
    single({ strategy: "\u001b[31mred\u001b[0m\nline", counts: withCount(toyCounts, "split/lockDrops", drops) });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(compareText(compared(odd(1), odd(2)), style)).not.toMatch(/\u001b/);
});

test.each([
  [0.000004, "+0.0004%"],
  [-0.998, "-99.8%"],
  [-0.999999, "-99.9999%"],
  [0, "0.0%"],
  [1.5, "+150.0%"],
  [-1, "-100.0%"],
])("a change of %d reads %s", (fraction, text) => {
  expect(formatPercent(fraction)).toBe(text);
});

test("an A/A check suggests a threshold beyond every interval, and counts what would have been called a change", () => {
  const drifted = compared(single({ wall: series(1000, 40) }), single({ wall: series(1030, 40) }));
  const steady = compared(single({ wall: series(1000, 40) }), single({ wall: series(1000, 40) }));
  const report = noiseOf([drifted, steady]);
  expect(report).toMatchObject({ comparisons: 2, falseAlarms: 1 });
  const ends = [drifted, steady].flatMap(({ cells }) => cells[0]!.wall[0]!.interval.map(Math.abs));
  expect(report.farthest).toBe(Math.max(...ends));
  expect(report.suggestedThreshold).toBeGreaterThanOrEqual(report.farthest);
  expect(report.suggestedThreshold).toBeLessThan(report.farthest + 0.01);
  const text = noiseText(report, [drifted, steady], style);
  expect(text).toContain("Of 2 wall times of the same code, 1 would be called changed at alpha 0.05");
  expect(text).toMatch(/Suggested: --wall-threshold \d%/);
  expect(text).toContain("cry wolf");
});

test("an A/A check of constant times still asks for a whole percent", () => {
  const same = single({ wall: wall([5, 5, 5, 5, 5, 5]) });
  expect(noiseOf([compared(same, same)])).toMatchObject({ falseAlarms: 0, suggestedThreshold: 0.01 });
});

describe("notes of a comparison", () => {
  it("have their words, each", () => {
    const sides = { field: "node", base: "20", next: "21" };
    const notes = [
      noteText({ code: "wall-not-compared", ...sides }),
      noteText({ code: "environment-ignored", ...sides }),
      noteText({ code: "wall-only-one-side", cells: 1 }),
      noteText({ code: "wall-only-one-side", cells: 2 }),
      noteText({ code: "next-partial", paths: ["a", "b"] }),
    ];
    expect(notes).toEqual([
      "wall times are not compared: node is 20 in the base and 21 in the new result",
      "wall times are compared although node is 20 in the base and 21 in the new result",
      "1 run has wall times on one side only: not compared",
      "2 runs have wall times on one side only: not compared",
      "the new result is partial, its run was interrupted: a, b",
    ]);
  });

  const metric = (more: Partial<WallMetric>): WallMetric => ({
    kind: "measured",
    part: "split",
    baseNs: 1e6,
    nextNs: 1.1e6,
    change: 0.1,
    interval: [0.05, 0.15],
    p: 0.01,
    pHolm: 0.001,
    samples: [10, 12],
    samplesNeeded: null,
    status: "too-few",
    ...more,
  });
  const told = (walls: readonly WallMetric[], more: Partial<Comparison> = {}) => {
    const equal = { base: [], next: [], verdicts: { base: null, next: null }, status: "equal" } as const;
    const cells = walls.map((one, i) => {
      return {
        path: "a",
        scenario: "s",
        mmu: "toy",
        strategy: `t${i}`,
        workload: "w",
        exact: [],
        wall: [one],
        findings: equal,
      };
    });
    const comparison: Comparison = {
      options: { ...DEFAULT_COMPARE_OPTIONS, wallThreshold: 0.05 },
      base: { paths: [] },
      next: { paths: [] },
      cells,
      missing: [],
      added: [],
      notes: [],
      summary: { regressions: 0, improvements: 0, changed: 0, tolerated: 0, exact: 0, equal: 0, wall: walls.length },
      ...more,
    };
    return marked(compareText(comparison, colourStyle(140)));
  };

  it("say how many samples would tell, or that none would", () => {
    expect(
      told([metric({ samplesNeeded: 400 }), metric({ samplesNeeded: 30, samples: [9, 9], pHolm: 0.00099 })]),
    ).toBe(`<bold>s</>
<bold>  strategy</>  <bold>metric</>                     <bold>base</>      <bold>new</>  <bold>change</>
  t0        wall, split [measured]  1.00 ms  1.10 ms  +10.0%  too few samples <dim>p = 0.001, n 10+12</>
  t1        wall, split [measured]  1.00 ms  1.10 ms  +10.0%  too few samples <dim>p < 0.001, n 9+9</>

too few samples in 2 wall times (the fewest are 9): to see a change of +5.0% four times in five, each side needs up to
  400: bench --runs 400

2 runs compared: 0 of 0 exact figures equal; 2 wall times; no regression`);
    expect(told([metric({ samplesNeeded: MAX_SAMPLES })])).toBe(`<bold>s</>
<bold>  strategy</>  <bold>metric</>                     <bold>base</>      <bold>new</>  <bold>change</>
  t0        wall, split [measured]  1.00 ms  1.10 ms  +10.0%  too few samples <dim>p = 0.001</>

wall times are medians of 10 samples in the base and 12 in the new result; p is after Holm's correction
too few samples in 1 wall time (the fewest are 10): to see a change of +5.0% four times in five, each side needs up to
  10,000: bench --runs 10000

1 run compared: 0 of 0 exact figures equal; 1 wall time; no regression`);
    expect(told([metric({ samplesNeeded: MAX_SAMPLES + 1 })])).toBe(`<bold>s</>
<bold>  strategy</>  <bold>metric</>                     <bold>base</>      <bold>new</>  <bold>change</>
  t0        wall, split [measured]  1.00 ms  1.10 ms  +10.0%  too few samples <dim>p = 0.001</>

wall times are medians of 10 samples in the base and 12 in the new result; p is after Holm's correction
too few samples in 1 wall time (the fewest are 10): to see a change of +5.0% four times in five, each side would need up
  to 10,001, more than the 10,000 that bench takes: samples cannot decide it here; a larger --wall-threshold, or a
  quieter machine

1 run compared: 0 of 0 exact figures equal; 1 wall time; no regression`);
    expect(told([metric({ samplesNeeded: Number.POSITIVE_INFINITY, samples: [5, 5] })])).toBe(`<bold>s</>
<bold>  strategy</>  <bold>metric</>                     <bold>base</>      <bold>new</>  <bold>change</>
  t0        wall, split [measured]  1.00 ms  1.10 ms  +10.0%  too few samples <dim>p = 0.001</>

wall times are medians of 5 samples each; p is after Holm's correction
too few samples in 1 wall time (the fewest are 5): to see a change of +5.0% four times in five, each side would need up
  to infinitely many, more than the 10,000 that bench takes: samples cannot decide it here; a larger --wall-threshold,
  or a quieter machine

1 run compared: 0 of 0 exact figures equal; 1 wall time; no regression`);
    expect(told([metric({})], { options: DEFAULT_COMPARE_OPTIONS })).not.toContain("too few samples in");
  });

  it("say what was compared, in one and in several", () => {
    const summary = { regressions: 1, improvements: 1, changed: 2, tolerated: 2, exact: 5, equal: 3, wall: 2 };
    const ref = { path: "a", scenario: "s", mmu: "toy", strategy: "t" };
    const one = { summary, missing: [ref, { ...ref, strategy: "u" }], added: [{ ...ref, scenario: "z" }] };
    expect(told([metric({ status: "noise" }), metric({ status: "regression", part: "ioctl" })], one)).toBe(`<bold>s</>
<bold>  strategy</>  <bold>metric</>                     <bold>base</>      <bold>new</>  <bold>change</>
  t1        wall, ioctl [measured]  1.00 ms  1.10 ms  +10.0%  <red>REGRESSION</> <dim>p = 0.001</>

missing in the new result<red> (a regression unless --allow-missing)</>:
  s: t, u

only in the new result:
  z: t

wall times are medians of 10 samples in the base and 12 in the new result; p is after Holm's correction

<red><bold>3 regressions:</></>
  s, t1: wall time, ioctl: median 1.00 ms -> 1.10 ms (+10.0%, 95% interval +5.0% to +15.0%, p = 0.001)
  s, t: missing in the new result
  s, u: missing in the new result

2 runs compared: 3 of 5 exact figures equal; 2 wall times; 2 increases within the limit; 1 improvement; 2 other changes;
  2 missing; 1 new; 1 regression`);
    const allowed = { ...one, options: { ...DEFAULT_COMPARE_OPTIONS, allowMissing: true } };
    expect(told([], allowed)).toContain("missing in the new result:\n  s: t, u\n");
  });

  it("have each figure of a metric in words", () => {
    const exact = (base: ExactMetric["base"], next: ExactMetric["next"], change: number | null, unit = "pages") =>
      metricSentence({ kind: "exact", path: "p", label: "l", unit, base, next, change, status: "changed", levels: [] });
    expect([
      exact(1000, 1001, 0.001),
      exact(0, 5, Number.POSITIVE_INFINITY, ""),
      exact(-12, -5, 1),
      exact(3, 3, 0),
      exact(undefined, 3, null),
      exact("abcdefghijklmn", null, null),
      exact({ "1": 2 }, 3, null),
    ]).toEqual([
      "l: 1,000 -> 1,001 pages (+0.1%)",
      "l: 0 -> 5 (+5)",
      "l: -12 -> -5 pages (+7)",
      "l: 3 -> 3 pages (=)",
      "l: absent -> 3 pages",
      "l: abcdefghi... -> none pages",
      "l: ... -> 3 pages",
    ]);
  });
});

it("a summary of a comparison shows 500 rows, and says how many more there are", () => {
  const cells = Array.from({ length: 501 }, (_, i) => ({
    path: "a",
    scenario: `s${i}`,
    strategy: "t",
    findings: { status: "equal" },
    exact: [{ kind: "exact", label: "l", unit: "", base: 1, next: 2, change: 1, status: "regression", levels: [] }],
    wall: [],
  }));
  const of = (count: number) =>
    summaryMarkdown({
      options: DEFAULT_COMPARE_OPTIONS,
      cells: cells.slice(0, count),
      missing: [],
      added: [],
      notes: [],
      summary: { regressions: count, improvements: 0, changed: 0, tolerated: 0, exact: count, equal: 0, wall: 0 },
    } as unknown as Comparison);
  expect(of(500)).not.toContain("...and");
  expect(of(501).match(/\.\.\.and 1 more/g)).toHaveLength(2);
  expect(of(501)).toContain("- s499, t: l: 1 -> 2 (+100.0%)\n- ...and 1 more\n");
  expect(of(501)).toContain("| s499 | t | l: 1 -> 2 (+100.0%) | +100.0% |\n\n...and 1 more\n\n</details>");
});
