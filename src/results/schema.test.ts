import { expect, test } from "vitest";
import { resultFile as exampleResult, runResult, wall } from "../testing/resultBuilder.js";
import { type ParsedResultFile, resultFile, resultJsonSchema } from "./schema.js";
import type { ResultFile } from "./types.js";

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

test("the schema describes exactly the type ResultFile", () => {
  // Checked by the compiler: this line does not compile where a field is in one and not in the
  // other.
  const same: Same<ReadonlyDeep<ParsedResultFile>, ReadonlyDeep<ResultFile>> = true;
  expect(same).toBe(true);
});

test("a result with wall times and one without pass unchanged", () => {
  const plain = exampleResult();
  const timed = exampleResult({ runs: [runResult({ wall: wall([3, 1, 2]) })] });
  expect(resultFile.parse(structuredClone(plain))).toEqual(plain);
  expect(resultFile.parse(structuredClone(timed))).toEqual(timed);
  const once = exampleResult({ runs: [runResult({ wall: wall([3]) })] });
  expect(resultFile.parse(structuredClone(once))).toEqual(once);
});

test.each([
  ["an unknown field", { ...exampleResult(), extra: 1 }],
  ["a missing field", (({ partial: _, ...rest }) => rest)(exampleResult())],
  ["a count that is true", exampleResult({ runs: [runResult({ counts: { split: true as never } })] })],
  ["a count that is a list", exampleResult({ runs: [runResult({ counts: { split: [1] as never } })] })],
  ["a count that is infinite", exampleResult({ runs: [runResult({ counts: { split: Number.POSITIVE_INFINITY } })] })],
  ["a verdict that is none", exampleResult({ runs: [runResult({ verdict: { code: "fine" } as never })] })],
  [
    "a known fault that is not told",
    exampleResult({ runs: [runResult({ verdict: { code: "right-here", knownFaults: [] } })] }),
  ],
  [
    "a series without samples",
    exampleResult({ runs: [runResult({ wall: { split: { ...wall([1]).split, samplesNs: [] } } })] }),
  ],
  [
    "a negative time",
    exampleResult({ runs: [runResult({ wall: { split: { ...wall([1]).split, samplesNs: [-1] } } })] }),
  ],
])("the schema refuses %s", (_, value) => {
  expect(resultFile.safeParse(value).success).toBe(false);
});

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** A JSON Schema as lines: the path of each value, and what is said of it. */
function linesOf(schema: Schema, path = ""): string[] {
  const { type, properties = {}, required = [], additionalProperties, propertyNames: _, ...most } = schema;
  const { items, prefixItems = [], anyOf = [], oneOf = [], ...own } = most;
  const rules = Object.entries(own).filter(([, value]) => Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER);
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const told = [
    ...(type === undefined ? [] : [[type].flat().join(" or ")]),
    ...(schema.properties !== undefined && additionalProperties !== false ? ["open"] : []),
    ...optional.map((name) => `${name} optional`),
    ...rules.map(([rule, value]) => `${rule} ${value}`),
  ];
  return [
    ...(told.length === 0 ? [] : [`${path} ${told.join("; ")}`.trim()]),
    ...Object.entries(properties).flatMap(([name, one]) => linesOf(one, `${path}.${name}`)),
    ...(typeof additionalProperties === "object" ? linesOf(additionalProperties, `${path}.*`) : []),
    ...(items === undefined ? [] : linesOf(items, `${path}[]`)),
    ...prefixItems.flatMap((one, i) => linesOf(one, `${path}[${i}]`)),
    ...[...anyOf, ...oneOf].flatMap((one) => linesOf(one, `${path}|`)),
  ];
}

test("the JSON Schema says of every field what it is, and what it means", () => {
  const { $schema: _, $defs, ...schema } = resultJsonSchema() as { $schema: string; $defs: Record<string, Schema> };
  expect(linesOf(schema)).toEqual([
    "object; title s2split result file",
    ".schemaVersion number; const 1",
    ".kind string; const s2split-result",
    ".tool object",
    ".tool.name string; const s2split",
    ".tool.version string",
    ".tool.modelVersion integer; exclusiveMinimum 0",
    ".partial boolean; description True where the run was interrupted",
    ".createdAt string or null; description ISO 8601; null in reference results",
    ".environment description null in reference results, which are the same on any machine",
    ".environment| object",
    ".environment|.node string",
    ".environment|.v8 string",
    ".environment|.os string",
    ".environment|.arch string",
    ".environment|.cpuModel string",
    ".environment|.cpuCount integer; exclusiveMinimum 0",
    ".environment| null",
    ".options object",
    ".options.wall boolean",
    ".options.runs| integer; exclusiveMinimum 0",
    ".options.runs| null",
    ".options.timeMs| number; exclusiveMinimum 0",
    ".options.timeMs| null",
    ".options.seed integer",
    ".shard| object",
    ".shard|.index integer; exclusiveMinimum 0; description 1-based",
    ".shard|.count integer; exclusiveMinimum 0",
    ".shard|.plan string; minLength 1; description Digest of the plan of which this is a part",
    ".shard|.cases array; description Where each scenario of the file stands in the plan, from 0",
    ".shard|.cases[] integer; minimum 0",
    ".shard| null",
    ".scenarios array",
    ".scenarios[] object",
    ".scenarios[].id string; minLength 1; description Unique in the file: name, workload and variables joined with /",
    ".scenarios[].mmu string; minLength 1",
    ".scenarios[].name string",
    ".scenarios[].description string or null",
    ".scenarios[].workload string",
    ".scenarios[].variables object",
    ".scenarios[].variables.* string",
    ".scenarios[].scenario description The full scenario: write it to a file for --scenario to run it again",
    ".scenarios[].initial $ref #/$defs/counts",
    ".runs array",
    ".runs[] object; verdict optional",
    ".runs[].scenario string; description Id of a scenario in this file",
    ".runs[].strategy string; minLength 1",
    ".runs[].source string",
    ".runs[].counts $ref #/$defs/counts",
    ".runs[].findings array; description What is wrong with this run; empty says nothing of other layouts",
    ".runs[].findings[] object",
    ".runs[].findings[].code string; minLength 1",
    ".runs[].findings[].count integer; minimum 0",
    ".runs[].findings[].data object",
    ".runs[].findings[].data.* number or string or null",
    ".runs[].verdict description right; idle: nothing to do; unsearched: right here, and other layouts were not " +
      "searched; right-here: wrong on other layouts; wrong: see findings. Absent in files of before it was written",
    ".runs[].verdict| object",
    ".runs[].verdict|.code string; const right",
    ".runs[].verdict| object",
    ".runs[].verdict|.code string; const idle",
    ".runs[].verdict|.reason string; description Why there was nothing to do",
    ".runs[].verdict| object",
    ".runs[].verdict|.code string; const unsearched",
    ".runs[].verdict|.search string; description The command that searches layouts",
    ".runs[].verdict| object",
    ".runs[].verdict|.code string; const right-here",
    ".runs[].verdict|.knownFaults array; minItems 1",
    ".runs[].verdict|.knownFaults[] string",
    ".runs[].verdict| object",
    ".runs[].verdict|.code string; const wrong",
    ".runs[].wall description Series by part; null where wall time was not measured",
    ".runs[].wall| object",
    ".runs[].wall|.* object",
    ".runs[].wall|.*.samplesNs array; minItems 1; description Wall time of the simulation " +
      "on the host, measured; not a time of any kernel",
    ".runs[].wall|.*.samplesNs[] number; minimum 0",
    ".runs[].wall|.*.medianNs number; minimum 0",
    ".runs[].wall|.*.meanNs number; minimum 0",
    ".runs[].wall|.*.stdevNs number; minimum 0",
    ".runs[].wall|.*.minNs number; minimum 0",
    ".runs[].wall|.*.maxNs number; minimum 0",
    ".runs[].wall|.*.ci95Ns array; minItems 2; maxItems 2; " +
      "description 95% interval of the median, from order statistics",
    ".runs[].wall|.*.ci95Ns[0] number; minimum 0",
    ".runs[].wall|.*.ci95Ns[1] number; minimum 0",
    ".runs[].wall| null",
  ]);
  expect(Object.keys($defs)).toEqual(["counts"]);
  expect(linesOf($defs.counts!, "counts")).toEqual([
    "counts object; description A tree of counts; the unit of each is in the declaration of its " +
      "counter. Objects by level have decimal keys.",
    "counts.*| number",
    "counts.*| string",
    "counts.*| null",
    "counts.*| $ref #/$defs/counts",
  ]);
});

test("the JSON Schema is of draft 2020-12, strict, and every field of a result is in it", () => {
  const schema = resultJsonSchema() as {
    $schema: string;
    additionalProperties: boolean;
    required: string[];
    properties: Record<string, unknown>;
  };
  expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
  expect(schema.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties)).toEqual(Object.keys(exampleResult()));
  expect(schema.required).toEqual(Object.keys(exampleResult()));
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});
