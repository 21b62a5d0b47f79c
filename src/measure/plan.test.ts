import { describe, expect, it } from "vitest";
import { planMeasurement } from "./plan.js";

const COMMAND = ["./dirty_log_perf_test", "-s", "shmem", "-b", "1G"];
const plan = (vary: string[], extra = {}) => planMeasurement(COMMAND, { vary, runs: 2, warmup: 1, ...extra });

it("multiplies what varies, with the command of each case", () => {
  const { cases, order } = plan(["s=anonymous,anonymous_thp", "g=on,off"], { env: ["A=1"] });
  expect(cases.map(({ id }) => id)).toEqual([
    "A=1 dirty_log_perf_test -b 1G -s anonymous -g",
    "A=1 dirty_log_perf_test -b 1G -s anonymous",
    "A=1 dirty_log_perf_test -b 1G -s anonymous_thp -g",
    "A=1 dirty_log_perf_test -b 1G -s anonymous_thp",
  ]);
  expect(cases.map(({ options }) => options!.manualProtect)).toEqual([false, true, false, true]);
  expect(order).toHaveLength(4 * 3);
});

it("runs every case equally often, and as often first as any other", () => {
  const { cases, order } = plan(["v=1,2,3"], { runs: 6, warmup: 0 });
  const firsts = order.filter((_, i) => i % 3 === 0).map((run) => run.case.id);
  for (const { id } of cases) {
    expect(order.filter((run) => run.case.id === id)).toHaveLength(6);
    expect(firsts.filter((first) => first === id)).toHaveLength(2);
  }
});

describe("refuses", () => {
  it.each([
    ["an option that the test does not have", ["z=1,2"], /no option of dirty_log_perf_test/],
    ["a flag with a value", ["g=1,2"], /g=on,off/],
    ["a variation without values", ["s="], /not a variation/],
    ["a value twice", ["s=a,a"], /one twice/],
    ["an option twice", ["s=a,b", "s=c"], /given twice/],
    [
      "too many cases",
      ["v=1,2,3,4,5,6,7,8,9,10", "x=1,2,3,4,5,6,7,8,9,10", "i=2,3,4,5,6,7,8,9,10,11,12"],
      /at most 1000/,
    ],
  ])("%s", (_, vary, message) => {
    expect(() => plan(vary)).toThrow(message);
  });

  it("an environment that is none", () => {
    expect(() => plan([], { env: ["=x"] })).toThrow(/NAME=VALUE/);
  });
});
