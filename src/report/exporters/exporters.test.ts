import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { printable } from "../../errors.js";
import { parseResult } from "../../results/read.js";
import type { ResultFile } from "../../results/types.js";
import { type RunVerdict, VERDICT_CODES } from "../../results/verdict.js";
import { resultFile, runResult, scenarioResult, toyMachine, unsplit, wall } from "../../testing/resultBuilder.js";
import { exporters } from "./index.js";

const mmus = new Map([["toy", toyMachine]]);

function exported(id: string, result: ResultFile): string {
  return exporters.find((exporter) => exporter.id === id)!.format(result, mmus) as string;
}

const samples = [1500, 1400, 1600, 1450, 1550, 1500, 1490];
const timed = resultFile({
  runs: [runResult({ wall: wall(samples) }), runResult({ strategy: "skip-return-rfc", findings: [unsplit] })],
});

/** A result whose every text is what an attacker or an unlucky user might give. */
const nasty = fc
  .tuple(fc.string({ unit: "binary", minLength: 1 }), fc.string({ minLength: 1 }))
  .map(([name, strategy]) =>
    resultFile({
      scenarios: [scenarioResult(name, { name, variables: { [`v${strategy}`]: name } })],
      runs: [runResult({ scenario: name, strategy })],
    }),
  );

test("each export has an id and is a function of the result: the same twice", async () => {
  const ids = ["json", "csv", "markdown", "html", "ndjson", "bmf", "github-benchmark"];
  expect(exporters.map(({ id }) => id)).toEqual(ids);
  for (const { format } of exporters) {
    expect(await format(timed, mmus)).toBe(await format(structuredClone(timed), mmus));
  }
});

test("every export of a result without runs is still of its format", () => {
  const empty = resultFile({ scenarios: [], runs: [] });
  expect(JSON.parse(exported("json", empty))).toEqual(empty);
  expect(exported("csv", empty)).toBe("scenario,mmu,name,workload,strategy,source,verdict,result\r\n");
  expect(exported("ndjson", empty)).toBe("");
  expect(JSON.parse(exported("bmf", empty))).toEqual({});
  expect(JSON.parse(exported("github-benchmark", empty))).toEqual([]);
  expect(exported("markdown", empty)).toMatch(/^# s2split\n/);
});

test("json is what compare and merge read", async () => {
  expect(await parseResult(exported("json", timed), "x")).toEqual(timed);
});

/** Reads RFC 4180, section 2, and nothing more lenient: CR LF, quotes doubled, no stray quote. */
function parseCsv(text: string): string[][] {
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  const rows: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error("not RFC 4180");
    const value = match[1]!;
    rows.at(-1)!.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (match[2] === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

describe("a verdict", () => {
  const search = "s2split verify --strategy mine.mjs --random 5000";
  const verdicts: readonly [RunVerdict | undefined, string, string][] = [
    [{ code: "right" }, "right", ""],
    [{ code: "idle", reason: "nothing was to be split" }, "nothing was to be split", ""],
    [{ code: "unsearched", search }, "right here", `${search} searches other layouts`],
    [{ code: "right-here", knownFaults: ["passes over"] }, "right here, wrong on other layouts", "passes over"],
    [undefined, "right here", ""],
  ];

  test.each(verdicts)("%j is said in every export, in the same words", (verdict, words, more) => {
    const sentence = more === "" ? words : `${words} (${more})`;
    const result = resultFile({ runs: [runResult({ verdict })] });
    const [head, row] = parseCsv(exported("csv", result));
    const record = Object.fromEntries(head!.map((name, i) => [name, row![i]]));
    expect(record).toMatchObject({ verdict: verdict?.code ?? "", result: sentence });
    expect(JSON.parse(exported("ndjson", result)).verdict).toEqual(verdict ?? null);
    expect(JSON.parse(exported("json", result)).runs[0].verdict).toEqual(verdict);
    const { "verdict-rank": rank } = JSON.parse(exported("bmf", result))["thp/enable/baseline"];
    expect(rank?.value).toBe(verdict === undefined ? undefined : VERDICT_CODES.indexOf(verdict.code));
    expect(JSON.parse(exported("github-benchmark", result))[0].extra).toBe(`exact; result: ${sentence}`);
    const markdown = exported("markdown", result);
    expect(markdown).toContain(`| ${words} |`);
    if (more !== "") expect(markdown).toContain(`- baseline, ${words}: ${more}\n`);
  });

  test("of a run with findings is wrong, in a file without verdicts too", () => {
    const result = resultFile({ runs: [runResult({ findings: [unsplit], verdict: undefined })] });
    expect(JSON.parse(exported("ndjson", result)).verdict).toEqual({ code: "wrong" });
    expect(exported("markdown", result)).toContain("**WRONG**: 511 blocks unsplit");
  });
});

describe("csv", () => {
  test("has a unit in the name of every column of figures, and the figures", () => {
    const [head, first] = parseCsv(exported("csv", timed));
    const record = Object.fromEntries(head!.map((name, i) => [name, first![i]]));
    expect(record).toMatchObject({
      scenario: "thp/enable",
      "variable/chunk": "1G",
      strategy: "baseline",
      verdict: "right",
      result: "right",
      "split/inspected_entries": "262657",
      "split/inspected/level-3_entries": "262144",
      "split/lockDrops_drops": "2",
      "final/digest": "ab".repeat(32),
      "wall/split/median_ns": "1500",
      "wall/split/samples_count": "7",
    });
    for (const [i, name] of head!.entries()) {
      if (/^\d+$/.test(first![i]!)) expect(name).toMatch(/_[A-Za-z-]+$/);
    }
  });

  test("says what is wrong, and leaves empty what a run does not have", () => {
    const [head, , second] = parseCsv(exported("csv", timed));
    const record = Object.fromEntries(head!.map((name, i) => [name, second![i]]));
    expect(record).toMatchObject({ verdict: "wrong", "wall/split/median_ns": "" });
    expect(record.result).toContain("511 blocks unsplit, first at 0x40200000");
  });

  test("is RFC 4180 and no formula, whatever the names are", () => {
    fc.assert(
      fc.property(nasty, (result) => {
        const rows = parseCsv(exported("csv", result));
        expect(new Set(rows.map((row) => row.length)).size).toBe(1);
        const name = printable(result.scenarios[0]!.name);
        expect([name, `'${name}`]).toContain(rows[1]![2]);
        for (const row of rows) for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });

  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("puts an apostrophe before %j", (strategy) => {
    const rows = parseCsv(exported("csv", resultFile({ runs: [runResult({ strategy })] })));
    expect(rows[1]).toContain(`'${printable(strategy)}`);
  });
});

test("a series whose interval is wider than a fifth of its median is marked, and what that means is said", () => {
  const of = (samplesNs: readonly number[]) =>
    exported("markdown", resultFile({ runs: [runResult({ wall: wall(samplesNs) })] }));
  expect(of([90, 95, 100, 100, 105, 110])).not.toMatch(/!/);
  expect(of([80, 95, 100, 100, 105, 120])).toMatch(
    /\[80\.0 ns, 120 ns\] ! \|[\s\S]*! marks an interval wider than 20%/,
  );
});

test("no control character of a name reaches the Markdown", () => {
  const id = "thp\u001b[31m\u0085/enable\u007f";
  const text = exported(
    "markdown",
    resultFile({
      environment: { ...resultFile().environment!, cpuModel: "C\u001b[1m", node: "v\u001b[1m" },
      scenarios: [scenarioResult(id, { description: "a\u0007b" })],
      runs: [runResult({ scenario: id, strategy: "s\u001b", wall: { "p\u001b|": wall(samples).split } })],
    }),
  );
  expect(text).toContain("## thp \\[31m /enable");
  expect(text).not.toMatch(/[^\n\P{Cc}]/u);
});

describe("ndjson", () => {
  test("is one complete object a line, with units in the names and the raw samples", () => {
    const lines = exported("ndjson", timed).trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      kind: "s2split-run",
      scenario: "thp/enable",
      variables: { mode: "enable", chunk: "1G" },
      verdict: { code: "right" },
      metrics: { "split/inspected_entries": 262657, "wall/split/median_ns": 1500 },
      samplesNs: { split: samples },
    });
    expect(JSON.parse(lines[1]!)).toMatchObject({ verdict: { code: "wrong" }, findings: [unsplit], samplesNs: null });
  });

  test("has no line break but between objects, whatever the names are", () => {
    fc.assert(
      fc.property(nasty, (result) => {
        expect(exported("ndjson", result).split(/[\n\r\u2028\u2029]/).length).toBeGreaterThanOrEqual(2);
        expect(exported("ndjson", result).split("\n")).toHaveLength(2);
      }),
    );
  });
});

describe("Bencher Metric Format", () => {
  // The schema that bencher.dev publishes in its reference, "Bencher Metric Format (BMF) JSON
  // Schema", $id https://bencher.dev/bmf.json.
  const metric = {
    type: "object" as const,
    properties: {
      value: { type: "number" as const },
      lower_value: { type: "number" as const },
      upper_value: { type: "number" as const },
    },
    required: ["value"],
  };
  const published = z.fromJSONSchema({
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    patternProperties: { ".+": { type: "object", patternProperties: { ".+": metric } } },
  });

  test("the published schema itself refuses what it should", () => {
    expect(published.safeParse({ a: { b: { lower_value: 1 } } }).success).toBe(false);
    expect(published.safeParse({ a: { b: { value: "1" } } }).success).toBe(false);
  });

  test("passes the published schema and has the interval of measured times", () => {
    const bmf = JSON.parse(exported("bmf", timed));
    expect(published.safeParse(bmf).success).toBe(true);
    expect(bmf["thp/enable/baseline"]).toMatchObject({
      "split-inspected-entries": { value: 262657 },
      "split-lock-drops-drops": { value: 2 },
      "wall-split-median-ns": { value: 1500, lower_value: 1400, upper_value: 1600 },
    });
  });

  test("keeps to the longest names that Bencher takes and loses no run to the cut", () => {
    const id = "x".repeat(2000);
    const long = resultFile({
      scenarios: [scenarioResult(id)],
      runs: ["a", "b", "c"].map((strategy) => runResult({ scenario: id, strategy })),
    });
    const names = Object.keys(JSON.parse(exported("bmf", long)));
    expect(names).toHaveLength(3);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(1024);
    for (const measures of Object.values(JSON.parse(exported("bmf", long)))) {
      for (const measure of Object.keys(measures as object)) expect(measure).toMatch(/^[a-z0-9-]{1,64}$/);
    }
  });
});

describe("github-action-benchmark", () => {
  // What the action takes for tool customSmallerIsBetter: the README of
  // benchmark-action/github-action-benchmark, "Minimal setup" for other tools, and BenchmarkResult
  // in its src/extract.ts.
  const documented = z.array(
    z.strictObject({
      name: z.string().min(1),
      unit: z.string(),
      value: z.number(),
      range: z.string().optional(),
      extra: z.string().optional(),
    }),
  );

  test("is of the documented shape, with every name once", () => {
    const entries = documented.parse(JSON.parse(exported("github-benchmark", timed)));
    expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
    expect(entries).toContainEqual({
      name: "thp/enable / baseline / entries inspected (split)",
      unit: "entries",
      value: 262657,
      extra: "exact; result: right",
    });
  });

  test("writes ranges so that the action reads them as numbers", () => {
    const entries = documented.parse(JSON.parse(exported("github-benchmark", timed)));
    const range = entries.find(({ name }) => name.includes("median"))!.range!;
    // Our own wording of the pattern in the action's src/extractRangeInfo.ts: a sign, then a figure
    // of at least two characters.
    const read = /^(?:\+-|±)\s*(\d.+)$/.exec(range);
    expect(Number(read?.[1])).toBe(100);
  });

  test("has only figures of which less is better, and says where a result is wrong", () => {
    const entries = documented.parse(JSON.parse(exported("github-benchmark", timed)));
    const of = (label: string) => entries.filter(({ name }) => name.endsWith(label));
    expect(of("blocks left unsplit")).toHaveLength(2);
    expect(of("tables (final)")).toEqual([]);
    expect(entries.filter(({ name }) => name.includes("skip-return-rfc"))[0]!.extra).toContain("511 blocks unsplit");
  });
});

describe("markdown", () => {
  /** Cells of each table line: bars that are not escaped. */
  const cells = (text: string): number[] =>
    text
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.split(/(?<!\\)\|/).length - 2);

  test("is a table a case, with changes against the baseline and wrong results marked", () => {
    const text = exported("markdown", resultFile());
    expect(text).toContain("| strategy | inspected | TLBIs | result |\n| :--- | ---: | ---: | :--- |\n");
    expect(text).toContain("| baseline | 262657 | 512 | right |");
    expect(text).toContain("| max-level | 513 (-99.8%) | 512 | right |");
    expect(text).toContain("**WRONG**: 511 blocks unsplit");
  });

  test("has as many cells in every line of a table, whatever the names are", () => {
    fc.assert(
      fc.property(nasty, (result) => {
        expect(new Set(cells(exported("markdown", result))).size).toBe(1);
      }),
    );
  });

  test("lets no markup through from names", () => {
    const text = exported("markdown", resultFile({ runs: [runResult({ strategy: "<img src=x>|[a](b)`" })] }));
    expect(text).not.toContain("<img");
    expect(text).toContain("&lt;img src=x>\\|\\[a\\](b)\\`");
  });

  test("says that a partial result is partial", () => {
    expect(exported("markdown", resultFile({ partial: true }))).toContain("**Partial: the run was interrupted.**");
  });
});

test("a result exported in draft 2020-12 JSON Schema validates, and a broken one does not", async () => {
  const { resultJsonSchema } = await import("../../results/schema.js");
  const schema = z.fromJSONSchema(resultJsonSchema());
  expect(schema.safeParse(JSON.parse(exported("json", timed))).success).toBe(true);
  expect(schema.safeParse({ ...timed, partial: 1 }).success).toBe(false);
});
