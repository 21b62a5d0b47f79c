import { expect, it } from "vitest";
import { compareResults } from "../../compare/compare.js";
import { noiseOf } from "../../compare/noise.js";
import { DEFAULT_COMPARE_OPTIONS } from "../../compare/types.js";
import { resultFile, runResult, toyCounters, wall } from "../../testing/resultBuilder.js";
import { comparePage } from "./comparePage.js";
import { noisePage } from "./noisePage.js";

const counters = new Map([["toy", toyCounters]]);
const series = (from: number) => wall(Array.from({ length: 12 }, (_, i) => from + 10 * i));
const timed = (from: number) =>
  resultFile({
    runs: [runResult({ wall: series(from) }), runResult({ strategy: "max-level", wall: series(from / 2) })],
  });

it("a benchmark held against itself has a drawing and a row for each wall time, and the threshold that follows", async () => {
  const sides = [
    { path: "a", result: timed(1000) },
    { path: "b", result: timed(1010) },
  ] as const;
  const comparison = compareResults([sides[0]], [sides[1]], counters, DEFAULT_COMPARE_OPTIONS);
  const report = noiseOf([comparison]);
  const page = await noisePage(report, [comparison]);
  const [section] = page.groups[0]!.sections;
  expect(section!.table!.rows.map((row) => row.slice(0, 3))).toEqual([
    ["thp/enable", "baseline", "split"],
    ["thp/enable", "max-level", "split"],
  ]);
  expect(section!.figures).toHaveLength(1);
  expect(page.facts).toEqual([
    { name: "Suggested", value: `--wall-threshold ${(100 * report.suggestedThreshold).toFixed(0)}%` },
  ]);
});

it("results that are equal give a page that says so, without an alarm or an empty table", async () => {
  const comparison = compareResults(
    [{ path: "a", result: resultFile() }],
    [{ path: "b", result: resultFile() }],
    counters,
    DEFAULT_COMPARE_OPTIONS,
  );
  const { groups } = await comparePage(comparison);
  expect(groups).toMatchObject([{ title: "No regression", alarms: [], sections: [] }]);
});
