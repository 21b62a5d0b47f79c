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
