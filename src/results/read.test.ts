import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { UserError } from "../errors.js";
import { resultFile, runResult, scenarioResult, wall } from "../testing/resultBuilder.js";
import { toy } from "../testing/toyMmu.js";
import { LARGEST_RESULT_BYTES, parseResult, readResult, readResults } from "./read.js";

const folder = mkdtempSync(join(tmpdir(), "s2split-read-"));
const SERIES = {
  samplesNs: [1, 2, 3],
  minNs: 1,
  medianNs: 2,
  meanNs: 2,
  maxNs: 3,
  stdevNs: 1,
  ci95Ns: [1, 3] as const,
};

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The message of the UserError that a promise rejects with; it must be one line. */
async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toContain("\n");
  expect(message.length).toBeLessThan(400);
  return message;
}

const good = JSON.stringify(resultFile());

test("of several things that are wrong the first is named, and the others are counted", async () => {
  const refusal = async (text: string) => (await readResult(file("bad.json", text)).catch((error) => error)).message;
  const one = { ...JSON.parse(good), partial: "no" };
  expect(await refusal(JSON.stringify(one))).toMatch(/partial: [^(]*$/);
  expect(await refusal(JSON.stringify({ ...one, runs: 3 }))).toMatch(/ \(and 1 more\)/);
  expect(await refusal(JSON.stringify({ ...one, runs: 3, scenarios: 4 }))).toMatch(/ \(and 2 more\)/);
});

describe("the words for what is wrong", () => {
  const told = (value: unknown) => messageOf(parseResult(JSON.stringify(value), "x"));
  const whole = JSON.parse(good);

  test.each<[string, unknown, string]>([
    ["no object", 7, 'not an s2split result; expected an object with "kind": "s2split-result"'],
    ["another kind", { kind: "x" }, 'not an s2split result; expected an object with "kind": "s2split-result"'],
    [
      "a newer schema, whatever else is wrong",
      { kind: "s2split-result", schemaVersion: 2 },
      "has schemaVersion 2, newer than this s2split reads; expected schemaVersion 1, or a newer s2split",
    ],
    ["no whole schema", { ...whole, schemaVersion: 1.5 }, "schemaVersion: Invalid input: expected 1"],
    ["a field", { ...whole, partial: 1 }, "partial: Invalid input: expected boolean, received number"],
    [
      "two fields",
      { ...whole, partial: 1, runs: 1 },
      "partial: Invalid input: expected boolean, received number (and 1 more)",
    ],
    ["a field too many", { ...whole, extra: 1 }, 'Unrecognized key: "extra"'],
    [
      "a field deep within",
      { ...whole, scenarios: [whole.scenarios[0], { ...whole.scenarios[0], variables: { a: 1 } }] },
      "scenarios[1].variables.a: Invalid input: expected string, received number",
    ],
    [
      "a field with a long name",
      { ...whole, scenarios: [{ ...whole.scenarios[0], variables: { ["a".repeat(61)]: 1 } }] },
      `scenarios[0].variables.${"a".repeat(57)}...: Invalid input: expected string, received number`,
    ],
    ["what makes a line too long", { ...whole, ["x".repeat(200)]: 1 }, `Unrecognized key: "${"x".repeat(138)}...`],
  ])("%s", async (_, value, words) => {
    expect(await told(value)).toBe(`x: ${words}`);
  });

  test("begin with what JSON it should be", async () => {
    expect(await messageOf(parseResult("", "x"))).toBe(
      "x: empty; expected a result written by s2split bench --export-json",
    );
  });
});

test("counts are held to the declarations of the MMUs that are known, and of others to what any count is", async () => {
  const counted = (mmu: string, inspected: string) =>
    JSON.stringify(
      resultFile({ scenarios: [scenarioResult("thp/enable", { mmu })], runs: [runResult({ counts: { inspected } })] }),
    );
  const address = "0x1000";
  expect((await parseResult(counted("toy", address), "x")).runs[0]!.counts).toEqual({ inspected: address });
  expect(await messageOf(parseResult(counted("toy", address), "x", [toy]))).toBe(
    'x: runs[0].counts.inspected is "0x1000"; expected a whole number from 0 to 2^53 - 1',
  );
  expect((await parseResult(counted("other", address), "x", [toy])).runs).toHaveLength(1);
  const path = file("toy.json", counted("toy", address));
  expect(await messageOf(readResult(path, { registry: [toy] }))).toContain("runs[0].counts.inspected");
  expect(await messageOf(readResults([path], { registry: [toy] }))).toContain("runs[0].counts.inspected");
});

test("samples that are all equal are read: their interval begins and ends with them", async () => {
  const still = resultFile({ runs: [runResult({ wall: wall([5, 5, 5, 5, 5, 5]) })] });
  expect(await readResult(file("still.json", JSON.stringify(still)))).toEqual(still);
});

test("a result comes back as it was written, byte order mark or not", async () => {
  expect(await readResult(file("good.json", good))).toEqual(resultFile());
  expect(await readResult(file("bom.json", `\uFEFF${good}`))).toEqual(resultFile());
});

describe("a file that is no result gets one line that names it", () => {
  test.each([
    ["truncated", good.slice(0, good.length / 2), /truncated/],
    ["empty", "", /empty/],
    ["white space", " \n", /empty/],
    ["no JSON", "<html>\n\u001b[31m</html>", /not JSON/],
    ["null", "null", /not an s2split result/],
    ["a list", "[]", /not an s2split result/],
    ["another tool's JSON", '{"kind":"other"}', /not an s2split result/],
    ["a newer schema", good.replace('"schemaVersion":1', '"schemaVersion":2'), /schemaVersion 2, newer than this/],
    ["schema version zero", good.replace('"schemaVersion":1', '"schemaVersion":0'), /schemaVersion: /],
    ["a schema version that is text", good.replace('"schemaVersion":1', '"schemaVersion":"9"'), /schemaVersion: /],
    ["__proto__ at the top", good.replace("{", '{"__proto__":{"partial":false},'), /__proto__/],
    ["__proto__ in a scenario", good.replace('"granule"', '"__proto__":{"a":1},"granule"'), /__proto__/],
    [
      "deep nesting in a scenario",
      good.replace('"granule":"4K"', `"granule":${"[".repeat(1e5)}${"]".repeat(1e5)}`),
      /deep/,
    ],
    ["deep nesting alone", `${"[".repeat(1e6)}${"]".repeat(1e6)}`, /deep/],
    ["a wrong type", good.replace('"partial":false', '"partial":"no"'), /partial: .*boolean/],
    ["a number beyond doubles", good.replace('"lockDrops":2', '"lockDrops":1e999'), /runs\[0\]\.counts/],
    [
      "a count that is text",
      good.replace('"lockDrops":2', '"lockDrops":"2"'),
      /: runs\[0\]\.counts\.split\.lockDrops is "2"/,
    ],
    [
      "half a count",
      good.replace('"lockDrops":2', '"lockDrops":1.5'),
      /: runs\[0\]\.counts\.split\.lockDrops is 1\.5; exp/,
    ],
    [
      "a count below zero",
      good.replace('"lockDrops":2', '"lockDrops":-1'),
      /: runs\[0\]\.counts\.split\.lockDrops is -1; exp/,
    ],
    [
      "a count beyond what is exact",
      good.replace('"lockDrops":2', '"lockDrops":1e300'),
      /lockDrops is 1e\+300; expected/,
    ],
    [
      "a text before the work",
      good.replace('"initial":{"tables":1}', '"initial":{"tables":"1"}'),
      /: scenarios\[0\]\.initial\.tables is "1"/,
    ],
    ["a name that is a screen long", good.replace('"partial"', `"${"x".repeat(1e4)}\\n"`), /partial|x/],
    [
      "a run of an unknown scenario",
      JSON.stringify(resultFile({ runs: [runResult({ scenario: "nowhere" })] })),
      /"nowhere", which the file does not have/,
    ],
    [
      "a run twice",
      JSON.stringify(resultFile({ runs: [runResult(), runResult()] })),
      /baseline on "thp\/enable" occurs twice/,
    ],
    [
      "a scenario twice",
      JSON.stringify(resultFile({ scenarios: [scenarioResult(), scenarioResult()] })),
      /scenario "thp\/enable" occurs twice/,
    ],
    [
      "a fault that is called right",
      JSON.stringify(resultFile({ runs: [runResult({ findings: [], verdict: { code: "wrong" } })] })),
      /the run of baseline on "thp\/enable" is called wrong with 0 findings/,
    ],
    [
      "a median that is none of its samples",
      JSON.stringify(resultFile({ runs: [runResult({ wall: { split: { ...SERIES, medianNs: 9 } } })] })),
      /has a median \(split\) beside its interval, or beside its samples/,
    ],
    [
      "samples below the lowest",
      JSON.stringify(resultFile({ runs: [runResult({ wall: { split: { ...SERIES, minNs: 2 } } })] })),
      /has wall times \(split\) beside their lowest and highest/,
    ],
    [
      "a part that is more than the whole",
      JSON.stringify(resultFile({ runs: [runResult({ counts: { split: { topups: 1, lockDrops: 2 } } })] })).replaceAll(
        '"mmu":"toy"',
        '"mmu":"arm64"',
      ),
      /runs\[0\]\.counts\.split\.lockDrops is 2; expected no more than split\.topups, which is 1/,
    ],
    [
      "a level whose name goes on and on, of which so much is said as a line has room for",
      JSON.stringify(
        resultFile({ runs: [runResult({ counts: { split: { tlbi: { ["l".repeat(200)]: 1 } } } })] }),
      ).replaceAll('"mmu":"toy"', '"mmu":"arm64"'),
      /runs\[0\]\.counts\.split\.tlbi\.l{106}\.\.\. is 1; expected names of levels: one digit/,
    ],
    [
      "shard 3 of 2",
      JSON.stringify(resultFile({ shard: { index: 3, count: 2, plan: "p", cases: [0] } })),
      /shard 3 of 2/,
    ],
  ])("%s", async (name, text, expected) => {
    const message = await messageOf(parseResult(text, "some.json"));
    expect(message, name).toMatch(/^some\.json: /);
    expect(message).toMatch(expected);
  });

  test("hostile names leave no trace in the prototype of all objects", async () => {
    await parseResult(good.replace('"granule"', '"constructor":{"prototype":{"polluted":1}},"granule"'), "x");
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("what cannot be read gets one line that names it", () => {
  test("a missing file", async () => {
    const path = join(folder, "missing.json");
    expect(await messageOf(readResult(path))).toBe(`${path}: no such file; expected a result file`);
  });

  test("a folder where a file is expected", async () => {
    expect(await messageOf(readResult(folder))).toMatch(/is a folder/);
  });

  test("a file of 500 MB, without reading it", async () => {
    const path = file("huge.json", "");
    truncateSync(path, 500_000_000);
    const before = process.memoryUsage().rss;
    expect(await messageOf(readResult(path))).toMatch(
      /477 MiB is too large; expected a result file of at most 256 MiB/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test("an endless device, as soon as the limit is passed", async () => {
    expect(await messageOf(readResult("/dev/zero"))).toMatch(/^\/dev\/zero: more than 256 MiB is too large/);
  });

  test("the limit is 256 MiB, which lets through what fits in a string", () => {
    expect(LARGEST_RESULT_BYTES).toBe(268_435_456);
    expect(LARGEST_RESULT_BYTES).toBeLessThan(2 ** 29 - 24);
  });
});

describe("a folder", () => {
  test("gives each of its *.json in the order of names, and nothing else", async () => {
    const path = join(folder, "set");
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "b.json"), good);
    writeFileSync(join(path, "a.json"), good);
    writeFileSync(join(path, "README.md"), "no result");
    expect((await readResults([path])).map((named) => named.path)).toEqual([
      join(path, "a.json"),
      join(path, "b.json"),
    ]);
  });

  test("gives what interrupted work left beside a complete file to nobody", async () => {
    const path = join(folder, "partial");
    mkdirSync(path, { recursive: true });
    for (const name of ["a.json", "a.json.partial.json", "b.partial.json", "partial.json", "xpartial.json", "c.jsonl"])
      writeFileSync(join(path, name), good);
    const names = (await readResults([path])).map((named) => named.path);
    expect(names).toEqual(["a.json", "partial.json", "xpartial.json"].map((name) => join(path, name)));
  });

  test("and files and standard input are read in the order in which they are given", async () => {
    const path = join(folder, "set2");
    mkdirSync(path, { recursive: true });
    const of = (strategy: string) => resultFile({ runs: [runResult({ strategy })] });
    for (const name of ["2", "1"]) writeFileSync(join(path, `${name}.json`), JSON.stringify(of(name)));
    const stdin = (async function* () {
      yield JSON.stringify(of("in"));
    })();
    const last = file("last.json", JSON.stringify(of("last")));
    expect(await readResults(["-", path, last], { stdin })).toEqual([
      { path: "standard input", result: of("in") },
      { path: join(path, "1.json"), result: of("1") },
      { path: join(path, "2.json"), result: of("2") },
      { path: last, result: of("last") },
    ]);
    expect(await messageOf(readResults(["-"]))).toBe("standard input: cannot be read here; expected a path");
    expect(await messageOf(readResults([join(folder, "none")]))).toBe(
      `${join(folder, "none")}: no such file; expected a result file, or a folder of them`,
    );
  });

  test("without *.json is refused by name", async () => {
    const path = join(folder, "bare");
    mkdirSync(path, { recursive: true });
    expect(await messageOf(readResults([path]))).toBe(`${path}: has no *.json; expected a folder of result files`);
  });

  test("with a JSON file of another kind is refused by the name of that file", async () => {
    const path = join(folder, "mixed");
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "package.json"), "{}");
    expect(await messageOf(readResults([path]))).toContain(join(path, "package.json"));
  });
});
