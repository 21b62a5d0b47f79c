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

test("runs follow the scenarios, in whatever order a part has them, and a scenario may have none", () => {
  const run = (scenario: string, strategy: string) => runResult({ scenario, strategy });
  const mixed = part(1, [1, 4], { runs: [run("e", "s2"), run("b", "s1"), run("e", "s1"), run("b", "s2")] });
  const merged = mergeShards([mixed, part(2, [0, 3], { runs: [] }), three]);
  expect(merged.scenarios.map(({ id }) => id)).toEqual(ids);
  expect(merged.runs.map(({ scenario, strategy }) => `${scenario} ${strategy}`)).toEqual([
    "b s1",
    "b s2",
    "c baseline",
    "c max-level",
    "e s2",
    "e s1",
  ]);
});

test("the time is that of the parts that have one, and none where none has", () => {
  const [early, late] = ["2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"];
  const merged = (...times: (string | null)[]) =>
    mergeShards(times.map((createdAt, i) => part(i + 1, [[1, 4], [0, 3], [2]][i]!, { createdAt }))).createdAt;
  expect(merged(early, late, null)).toBe(late);
  expect(merged(null, late, early)).toBe(late);
  expect(merged(late, null, early)).toBe(late);
  expect(merged(null, null, early)).toBe(early);
  expect(merged(null, null, null)).toBeNull();
});

test("an environment that only the first part has is not that of all", () => {
  const unknown = { environment: null };
  expect(mergeShards([one, part(2, [0, 3], unknown), part(3, [2], unknown)]).environment).toBeNull();
  expect(mergeShards([part(1, [1, 4], unknown), two, three]).environment).toBeNull();
});

test("nothing is merged from nothing", () => {
  expect(refusal([])).toBe("merge: no files; expected every part of a sweep");
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

const shard2 = { index: 2, count: 3, plan: "0123456789abcdef", cases: [0, 3] };
test.each<[string, Partial<ResultFile>, string]>([
  [
    "another plan",
    { shard: { ...shard2, plan: "f".repeat(79) } },
    `shard.plan is "${"f".repeat(76)}..., and "0123456789abcdef"`,
  ],
  [
    "another plan",
    { shard: { ...shard2, plan: "f".repeat(78) } },
    `shard.plan is "${"f".repeat(78)}", and "0123456789abcdef"`,
  ],
  ["another count", { shard: { ...shard2, count: 4 } }, "shard.count is 4, and 3"],
  [
    "another tool",
    { tool: { name: "s2split", version: "0.2.0", modelVersion: 1 } },
    'tool.version is "0.2.0", and "0.1.0"',
  ],
  ["another model", { tool: { name: "s2split", version: "0.1.0", modelVersion: 2 } }, "tool.modelVersion is 2, and 1"],
  [
    "other options",
    { options: { wall: true, runs: 5, timeMs: null, seed: 1 } },
    'options is {"wall":true,"runs":5,"timeMs":null,"seed":1}, and {"wall":false,"runs":null,"timeMs":null,"seed":1}',
  ],
])("a part of %s is foreign, by file and field: %o", (_, more, difference) => {
  expect(refusal([one, part(2, [0, 3], more), three])).toBe(
    `part-2.json: is foreign: ${difference} in part-1.json; expected parts of one sweep`,
  );
});

test("what is foreign is shortened on the first part's side too", () => {
  const first = part(1, [1, 4], { shard: { ...shard2, index: 1, cases: [1, 4], plan: "f".repeat(79) } });
  expect(refusal([first, two, three])).toBe(
    `part-2.json: is foreign: shard.plan is "0123456789abcdef", and "${"f".repeat(76)}... in part-1.json; ` +
      "expected parts of one sweep",
  );
});

test("a result that is no part and an interrupted part are refused by name", () => {
  expect(refusal([one, { path: "whole.json", result: whole }])).toBe(
    "whole.json: is no part of a sweep; expected a result of bench --shard I/N",
  );
  expect(refusal([one, part(2, [0, 3], { partial: true }), three])).toBe(
    "part-2.json: partial: shard 2/3 was interrupted; expected a complete part",
  );
});

test("parts that agree on the plan but not on who has which case are refused", () => {
  const made = "expected parts made by one bench --shard";
  expect(refusal([one, part(2, [0, 2]), three])).toBe(`plan 0123456789abcdef: has case 2 in two parts; ${made}`);
  expect(refusal([part(1, [1, 4]), part(2, [0]), part(3, [3])])).toBe(
    `plan 0123456789abcdef: has no case 2 in any part; ${made}`,
  );
  expect(refusal([part(1, [1, 1]), two, three])).toBe("part-1.json: shard.cases names one place twice");
  const plan = "p".repeat(61);
  const alone = part(1, [1], { shard: { index: 1, count: 1, plan, cases: [1] } });
  expect(refusal([alone])).toBe(`plan ${"p".repeat(57)}...: has no case 0 in any part; ${made}`);
});
