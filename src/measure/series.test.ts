import { expect, it } from "vitest";
import type { MeasuredRun } from "./schema.js";
import { outliersOf, seriesOf } from "./series.js";

function run(timeNs: number, more: Partial<MeasuredRun> = {}): MeasuredRun {
  return {
    case: "a",
    round: 1,
    warmup: false,
    output: 0,
    firstLine: 1,
    lastLine: 2,
    status: "complete",
    guestMode: null,
    iterations: 1,
    seeds: [],
    region: null,
    phases: [
      { phase: "disable", iteration: null, timeNs },
      { phase: "dirty", iteration: 2, timeNs },
      { phase: "clear", iteration: 1, timeNs },
      { phase: "dirty", iteration: 1, timeNs },
      { phase: "enable", iteration: null, timeNs },
    ],
    totals: [],
    notes: [],
    ...more,
  };
}
const cases = [{ id: "a", variables: {}, command: null, options: null }];

it("puts phases in the order of the test", () => {
  const series = seriesOf({ cases, runs: [run(1)] });
  expect(series.map(({ phase, iteration }) => `${phase} ${iteration}`)).toEqual([
    "enable null",
    "dirty 1",
    "clear 1",
    "dirty 2",
    "disable null",
  ]);
});

it("leaves out warm-up runs and runs that are not complete", () => {
  const [first] = seriesOf({ cases, runs: [run(9, { warmup: true }), run(1), run(9, { status: "timeout" }), run(3)] });
  expect(first!.samplesNs).toEqual([1, 3]);
  expect(first!.medianNs).toBe(2);
  expect(first!.hasInterval).toBe(false);
});

it("keeps guest modes apart", () => {
  const mode = (text: string) => ({ guestMode: { text, paBits: 40, vaBits: 48, pageBytes: 4096 } });
  const series = seriesOf({ cases, runs: [run(1, mode("x")), run(2, mode("y"))] });
  expect(new Set(series.map(({ guestMode, medianNs }) => `${guestMode}${medianNs}`))).toEqual(new Set(["x1", "y2"]));
});

it("names samples beyond Tukey's fences, of five or more", () => {
  expect(outliersOf([10, 11, 12, 11, 10, 100, 1])).toEqual([5, 6]);
  expect(outliersOf([10, 11, 12, 13, 14])).toEqual([]);
  expect(outliersOf([1, 1, 1, 100])).toEqual([]);
});

it("has of each phase the statistics of its samples, by case", () => {
  const two = [...cases, { ...cases[0]!, id: "b" }];
  const phases = [{ phase: "get" as const, iteration: 1, timeNs: 5 }];
  const all = seriesOf({ cases: two, runs: [run(7, { case: "b", phases }), run(4, { phases: [] })] });
  expect(all).toEqual([
    {
      case: "b",
      guestMode: null,
      phase: "get",
      iteration: 1,
      samplesNs: [5],
      medianNs: 5,
      meanNs: 5,
      stdevNs: 0,
      minNs: 5,
      maxNs: 5,
      ci95Ns: [5, 5],
      outliers: [],
      hasInterval: false,
    },
  ]);
});

it("takes five samples for outliers, and six for an interval", () => {
  expect([outliersOf([1, 1, 1, 1]), outliersOf([1, 1, 1, 1, 9]), outliersOf([1, 1, 1, 1, -9])]).toEqual([[], [4], [4]]);
  // The fences are 1.5 times the distance of the quartiles, 2, beyond them: 7 is on one, 8 is not.
  expect([outliersOf([0, 2, 3, 4, 7]), outliersOf([0, 2, 3, 4, 8]), outliersOf([-1, 2, 3, 4, 7])]).toEqual([
    [],
    [4],
    [],
  ]);
  expect(outliersOf([-2, 2, 3, 4, 6])).toEqual([0]);
  const [five, six] = [5, 6].map((count) => seriesOf({ cases, runs: Array.from({ length: count }, () => run(1)) })[0]!);
  expect([five!.hasInterval, six!.hasInterval]).toEqual([false, true]);
});
