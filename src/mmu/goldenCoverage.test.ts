import { expect, test } from "vitest";
import { goldenFiles, uncovered } from "../testing/golden.js";
import type { ShadowGolden, SplitGolden, ZapYieldGolden } from "../testing/x86Golden.js";
import { arm64Counters } from "./arm64/counters.js";
import { GUEST_COUNTERS, IOCTL_COUNTERS } from "./arm64/guestCounts.js";
import { type Counts, declarationsOf } from "./counters.js";
import { riscvCounters } from "./riscv/counters.js";
import { FLOW_COUNTERS } from "./riscv/flowCounters.js";
import { shadowCounters } from "./shadow/counters.js";
import { tdpCounters } from "./tdp/counters.js";

type Runs = Readonly<Record<string, Counts>>;

/** Every group of barriers and instructions in the golden files of barriers, wherever it stands. */
function groupsIn(node: unknown): Counts[] {
  if (typeof node !== "object" || node === null) return [];
  if (Object.hasOwn(node, "barriers")) return [node as Counts];
  return Object.values(node).flatMap(groupsIn);
}

const barriers = goldenFiles("arm64-barriers").flatMap(({ data }) => groupsIn(data));

/** What each strategy counts in the files of a group. */
function runsOf(group: string): Counts[] {
  return goldenFiles<{ expected: Runs }>(group).flatMap(({ data }) => Object.values(data.expected));
}

/** Where a run of x86 has its sums over steps, it has the steps' own figures below their names. */
function bySteps(steps: readonly Counts[]): Counts {
  return { steps: Object.fromEntries(steps.map((one) => [String(one.step), one])) };
}

test("every counter of an arm64 scenario stands in a golden file", () => {
  const joined = goldenFiles<{ expected: { kernel: { baseline: Counts } } }>("arm64-clear-coalesced");
  const words = joined.map(({ data }) => data.expected.kernel.baseline);
  const runs = ["arm64-split", "arm64-split-masks"].flatMap(runsOf);
  expect(uncovered(arm64Counters, [...runs, ...words, ...barriers])).toEqual([]);
});

test("every counter of an arm64 flow is above 0 in a golden file, but for those listed here", () => {
  const steps = goldenFiles<{ baseline: Counts[] }>("arm64-flow").flatMap(({ data }) => data.baseline);
  const declared = [...declarationsOf(GUEST_COUNTERS), ...declarationsOf(IOCTL_COUNTERS)];
  // A leaf is relaxed where a fault has found it valid.
  expect(uncovered(declared, [...steps, ...barriers])).toEqual(["relax/visits/invalid"]);
});

test("every counter of the TDP MMU stands in a golden file, but for those listed here", () => {
  const zaps = goldenFiles<{ expected: Readonly<Record<string, Counts[]>>; totals: Runs }>("x86-zap").filter(
    ({ name }) => name.startsWith("zap_"),
  );
  const passes = zaps.flatMap(({ data }) => [...Object.values(data.totals), ...Object.values(data.expected).flat()]);
  const yielding = goldenFiles<ZapYieldGolden>("x86-zap").filter(({ name }) => name.startsWith("zapyield_"));
  const yields = yielding.flatMap(({ data }) => Object.values(data.expected).flatMap((one) => Object.values(one)));
  const splits = goldenFiles<SplitGolden>("x86-split").map(({ data }) => data);
  const enables = splits.flatMap(({ enableDirtyLogSequenceBaseline: one }) => Object.values(one ?? {}));
  const counts = [
    ...passes,
    ...(yields.flat() as Counts[]),
    ...(splits as readonly object[] as readonly Counts[]),
    ...runsOf("x86-split"),
    ...enables.map((steps) => bySteps(steps as readonly Counts[])),
    ...runsOf("x86-clear"),
  ];
  // Sums of what the steps of enabling and clearing change, calls and words as the scenario has
  // them, and the finished tree, which the files have in a form of their own.
  expect(uncovered(tdpCounters, counts)).toEqual([
    "sptesChanged",
    "words",
    "calls",
    "final/leaves",
    "final/tables",
    "final/hugeLeft",
  ]);
});

test("every counter of the shadow MMU stands in a golden file, but for those listed here", () => {
  const runs = goldenFiles<ShadowGolden>("x86-shadow").flatMap(({ data }) => Object.values(data.expected) as Counts[]);
  expect(uncovered(shadowCounters, runs)).toEqual(["final/hugeLeft"]);
});

test("every counter of a riscv scenario stands in a golden file, but for those listed here", () => {
  // What becomes of a guest after logging is turned off stands in the flows, step by step.
  expect(uncovered(riscvCounters, runsOf("riscv-split"))).toEqual([
    "after/writes",
    "after/faults",
    "after/stuck",
    "after/tablesLost",
  ]);
});

test("every counter of a riscv flow stands in a golden file", () => {
  const steps = goldenFiles<{ baseline: Counts[] }>("riscv-flow").flatMap(({ data }) => data.baseline);
  expect(uncovered(declarationsOf(FLOW_COUNTERS), steps)).toEqual([]);
});
