import { Chalk } from "chalk";
import { expect, test } from "vitest";
import { compareResults } from "../compare/compare.js";
import { noiseOf } from "../compare/noise.js";
import { type CompareOptions, DEFAULT_COMPARE_OPTIONS } from "../compare/types.js";
import type { ResultFile } from "../results/types.js";
import { resultFile, runResult, toyCounters, toyCounts, unsplit, wall, withCount } from "../testing/resultBuilder.js";
import { compareText, metricSentence } from "./compareTable.js";
import { noiseText } from "./noiseText.js";
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
