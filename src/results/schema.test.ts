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
