import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { planMeasurement, planWarnings } from "./plan.js";

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

it("plans cases with all that they are run with, and rounds that begin with another case each", () => {
  const options = { vary: ["A_1=x"], eagerSplitChunk: ["0", "2M"], env: ["B=y=z"], warmup: 1, runs: 2 };
  const planned = planMeasurement(["/opt/mytest", "-v", "2"], options);
  const { order, ...rest } = planned;
  expect(rest).toEqual({
    program: "/opt/mytest",
    cases: [
      {
        variables: { A_1: "x", "eager-split-chunk": "0" },
        args: ["-v", "2"],
        env: { B: "y=z", A_1: "x" },
        program: "/opt/mytest",
        chunkBytes: 0,
        id: "eager-split-chunk=0 B=y=z A_1=x /opt/mytest -v 2",
        command: "eager-split-chunk=0 B=y=z A_1=x /opt/mytest -v 2",
        options: {
          modes: [],
          iterations: 2,
          manualProtect: true,
          memoryPerVcpuBytes: 1073741824,
          vcpus: 2,
          overlap: false,
          backing: "anonymous",
          memslots: 1,
          writePercent: 100,
          randomAccess: false,
          runWhileDisabling: false,
          nested: false,
          seed: 1,
          offset: null,
          pinning: null,
          eagerSplitChunkBytes: null,
          unknown: [],
        },
      },
      {
        variables: { A_1: "x", "eager-split-chunk": "2M" },
        args: ["-v", "2"],
        env: { B: "y=z", A_1: "x" },
        program: "/opt/mytest",
        chunkBytes: 2097152,
        id: "eager-split-chunk=2M B=y=z A_1=x /opt/mytest -v 2",
        command: "eager-split-chunk=2M B=y=z A_1=x /opt/mytest -v 2",
        options: {
          modes: [],
          iterations: 2,
          manualProtect: true,
          memoryPerVcpuBytes: 1073741824,
          vcpus: 2,
          overlap: false,
          backing: "anonymous",
          memslots: 1,
          writePercent: 100,
          randomAccess: false,
          runWhileDisabling: false,
          nested: false,
          seed: 1,
          offset: null,
          pinning: null,
          eagerSplitChunkBytes: null,
          unknown: [],
        },
      },
    ],
    warmup: 1,
    runs: 2,
  });
  expect(order.map(({ case: one, round, warmup }) => [planned.cases.indexOf(one), round, warmup])).toEqual([
    [0, 1, true],
    [1, 1, true],
    [0, 1, false],
    [1, 1, false],
    [1, 2, false],
    [0, 2, false],
  ]);
  expect(planWarnings(planned)).toEqual([]);
  expect(planWarnings(plan(["KVM_EAGER_SPLIT_CHUNK=0,2M"]))).toEqual([{ code: "chunk-from-environment", data: {} }]);
});

it.each<[() => unknown, string]>([
  [() => planMeasurement([], { runs: 1, warmup: 0 }), "measure: no command; expected -- ./dirty_log_perf_test OPTIONS"],
  [
    () => planMeasurement([" "], { runs: 1, warmup: 0 }),
    "measure: no command; expected -- ./dirty_log_perf_test OPTIONS",
  ],
  [() => plan(["z=1,2"]), "--vary z: no option of dirty_log_perf_test; expected one such as b, s, v, w or x"],
  [() => plan(["g=on,2"]), '--vary "g=on,2": -g takes no value; expected g=on,off'],
  [() => plan(["s="]), '--vary "s=": not a variation; expected OPTION=VALUE,VALUE or ENVIRONMENT_VARIABLE=VALUE,VALUE'],
  [
    () => plan(["s=a, a"]),
    '--vary "s=a, a": an empty value, or one twice; expected values that differ, parted by commas',
  ],
  [() => plan(["s=a,"]), '--vary "s=a,": an empty value, or one twice; expected values that differ, parted by commas'],
  [() => plan(["s=a", "s=b"]), "--vary s: given twice; expected each option once, with all its values"],
  [() => plan([], { env: ["A"] }), '--env "A": not an assignment; expected NAME=VALUE'],
  [() => plan([], { env: ["=A"] }), '--env "=A": not an assignment; expected NAME=VALUE'],
  [
    () => plan([], { eagerSplitChunk: ["2M", "2048K"] }),
    "--eager-split-chunk 2M,2048K: the same size twice; expected sizes that differ",
  ],
])("says what is wrong, and what would be right: %#", (call, message) => {
  expect(call).toThrow(new UserError(message));
});

it("takes 1000 cases, and no more", () => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => i + 1).join(",");
  expect(plan([`v=${values(10)}`, `x=${values(100)}`]).cases).toHaveLength(1000);
  expect(() => plan([`v=${values(7)}`, `x=${values(143)}`])).toThrow(
    "--vary: 1001 cases or more; expected at most 1000",
  );
  const chunks = { eagerSplitChunk: ["0", "2M"] };
  expect(plan([`v=${values(500)}`], chunks).cases).toHaveLength(1000);
  expect(() => plan([`v=${values(501)}`], chunks)).toThrow("measure: 1002 cases; expected at most 1000");
});
