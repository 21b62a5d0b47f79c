import { expect, test } from "vitest";
import { goldenFiles } from "../../testing/golden.js";
import { type Counts, countAt, declarationsOf } from "../counters.js";
import { arm64Counters } from "./counters.js";
import { GUEST_COUNTERS, IOCTL_COUNTERS } from "./guestCounts.js";

/** Declared counters that stand in none of these counts. */
function uncovered(declarations: readonly { readonly path: string }[], counts: readonly Counts[]): string[] {
  return declarations.map(({ path }) => path).filter((path) => counts.every((one) => countAt(one, path) === undefined));
}

/** Every group of barriers and instructions in the golden files of barriers, wherever it stands. */
function groupsIn(node: unknown): Counts[] {
  if (typeof node !== "object" || node === null) return [];
  if (Object.hasOwn(node, "barriers")) return [node as Counts];
  return Object.values(node).flatMap(groupsIn);
}

const barriers = goldenFiles("arm64-barriers").flatMap(({ data }) => groupsIn(data));

test("every counter of a scenario stands in a golden file, but for those listed here", () => {
  const runs = ["arm64-split", "arm64-split-masks"].flatMap((group) =>
    goldenFiles<{ expected: Record<string, Counts> }>(group).map(({ data }) => data.expected.baseline!),
  );
  const joined = goldenFiles<{ expected: { kernel: { baseline: Counts } } }>("arm64-clear-coalesced");
  const words = joined.map(({ data }) => data.expected.kernel.baseline);
  expect(uncovered(arm64Counters, [...runs, ...words, ...barriers])).toEqual([]);
});

test("every counter of a flow is above 0 in a golden file, but for those listed here", () => {
  const steps = goldenFiles<{ baseline: Counts[] }>("arm64-flow").flatMap(({ data }) => data.baseline);
  const declared = [...declarationsOf(GUEST_COUNTERS), ...declarationsOf(IOCTL_COUNTERS)];
  // A leaf is relaxed where a fault has found it valid.
  expect(uncovered(declared, [...steps, ...barriers])).toEqual(["relax/visits/invalid"]);
});
