import { expect, test } from "vitest";
import { UserError } from "../errors.js";
import { formatJson } from "../files/json.js";
import { environment, resultFile, runResult, scenarioResult } from "../testing/resultBuilder.js";
import { mergeShards } from "./merge.js";
import type { NamedResult } from "./read.js";
import type { ResultFile } from "./types.js";

const ids = ["a", "b", "c", "d", "e"];
const runsOf = (id: string) => ["baseline", "max-level"].map((strategy) => runResult({ scenario: id, strategy }));

/** The whole sweep, and any part of it by the places of its cases. */
const whole = resultFile({ scenarios: ids.map((id) => scenarioResult(id)), runs: ids.flatMap(runsOf) });

function part(index: number, cases: number[], more: Partial<ResultFile> = {}): NamedResult {
  const mine = cases.map((place) => ids[place]!);
  const result = resultFile({
    shard: { index, count: 3, plan: "0123456789abcdef", cases },
    scenarios: mine.map((id) => scenarioResult(id)),
    runs: mine.flatMap(runsOf),
    ...more,
  });
  return { path: `part-${index}.json`, result };
}

const one = part(1, [1, 4]);
const two = part(2, [0, 3]);
const three = part(3, [2]);

function refusal(files: readonly NamedResult[]): string {
  try {
    mergeShards(files);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("nothing was refused");
}

test("merged parts equal the whole run byte for byte, in whatever order they are given", () => {
  expect(formatJson(mergeShards([one, two, three]))).toBe(formatJson(whole));
  expect(formatJson(mergeShards([three, one, two]))).toBe(formatJson(whole));
});

test("a part without cases is a part all the same", () => {
  const parts = [part(1, [0, 1, 2, 3, 4]), part(2, []), part(3, [])];
  expect(formatJson(mergeShards(parts))).toBe(formatJson(whole));
});

test("the time is the latest; the environment is that of all or of none", () => {
  const later = "2026-08-01T00:00:00.000Z";
  const elsewhere = { ...environment, cpuModel: "Other CPU" };
  expect(mergeShards([one, part(2, [0, 3], { createdAt: later }), three]).createdAt).toBe(later);
  expect(mergeShards([one, two, three]).environment).toEqual(environment);
  expect(mergeShards([one, part(2, [0, 3], { environment: elsewhere }), three]).environment).toBeNull();
});

test("missing parts are named, all of them", () => {
  expect(refusal([two])).toBe("merge: missing shards 1/3, 3/3; expected all 3 parts");
  expect(refusal([one, three])).toBe("merge: missing shard 2/3; expected all 3 parts");
});

test("of many missing parts twenty are named, and the others counted", () => {
  const of = (count: number) => [part(1, [0], { shard: { index: 1, count, plan: "0123456789abcdef", cases: [0] } })];
  const twenty = Array.from({ length: 20 }, (_, i) => i + 2);
  const named = (count: number) => twenty.map((index) => `${index}/${count}`).join(", ");
  expect(refusal(of(21))).toBe(`merge: missing shards ${named(21)}; expected all 21 parts`);
  expect(refusal(of(24))).toBe(`merge: missing shards ${named(24)} and 3 more; expected all 24 parts`);
});

test("a part given twice is named with the file that has it already", () => {
  expect(refusal([one, two, { ...two, path: "copy.json" }, three])).toBe(
    "copy.json: is shard 2/3, which part-2.json is too; expected each part once",
  );
});

test.each<[string, Partial<ResultFile>, string]>([
  ["another plan", { shard: { index: 2, count: 3, plan: "ffff", cases: [0, 3] } }, "shard.plan"],
  ["another count", { shard: { index: 2, count: 4, plan: "0123456789abcdef", cases: [0, 3] } }, "shard.count"],
  ["another tool", { tool: { name: "s2split", version: "0.2.0", modelVersion: 1 } }, "tool.version"],
  ["another model", { tool: { name: "s2split", version: "0.1.0", modelVersion: 2 } }, "tool.modelVersion"],
  ["other options", { options: { wall: true, runs: 5, timeMs: null, seed: 1 } }, "options"],
])("a part of %s is foreign, by file and field", (_, more, field) => {
  expect(refusal([one, part(2, [0, 3], more), three])).toMatch(new RegExp(`^part-2\\.json: is foreign: ${field} is`));
});

test("a result that is no part and an interrupted part are refused by name", () => {
  expect(refusal([one, { path: "whole.json", result: whole }])).toMatch(/^whole\.json: is no part of a sweep/);
  expect(refusal([one, part(2, [0, 3], { partial: true }), three])).toMatch(
    /^part-2\.json: partial: shard 2\/3 was interrupted/,
  );
});

test("parts that agree on the plan but not on who has which case are refused", () => {
  expect(refusal([one, part(2, [0, 4]), three])).toMatch(/has no case 3 in any part|has case 4 in two parts/);
  expect(refusal([part(1, [1, 1]), two, three])).toMatch(/part-1\.json: shard\.cases names one place twice/);
});
