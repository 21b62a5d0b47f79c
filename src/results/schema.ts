import { z } from "zod";
import type { Counts, CountValue } from "../mmu/counters.js";

/**
 * The result file in zod: what {@link ResultFile} says, for values that come from outside, and the
 * JSON Schema of the package. A type-level test keeps this equal to `types.ts`.
 */

const countValue: z.ZodType<CountValue> = z.lazy(() => z.union([z.number(), z.string(), z.null(), counts]));
const counts: z.ZodType<Counts> = z.record(z.string(), countValue).meta({
  id: "counts",
  description:
    "A tree of counts; the unit of each is in the declaration of its counter. Objects by level have decimal keys.",
});

const finding = z.strictObject({
  code: z.string().min(1),
  count: z.int().nonnegative(),
  data: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
});

const nanoseconds = z.number().nonnegative();

const wallSeries = z.strictObject({
  samplesNs: z
    .array(nanoseconds)
    .min(1)
    .describe("Wall time of the simulation on the host, measured; not a time of any kernel"),
  medianNs: nanoseconds,
  meanNs: nanoseconds,
  stdevNs: nanoseconds,
  minNs: nanoseconds,
  maxNs: nanoseconds,
  ci95Ns: z.tuple([nanoseconds, nanoseconds]).describe("95% interval of the median, from order statistics"),
});

const environment = z.strictObject({
  node: z.string(),
  v8: z.string(),
  os: z.string(),
  arch: z.string(),
  cpuModel: z.string(),
  cpuCount: z.int().positive(),
});

const scenarioResult = z.strictObject({
  id: z.string().min(1).describe("Unique in the file: name, workload and variables joined with /"),
  mmu: z.string().min(1),
  name: z.string(),
  description: z.string().nullable(),
  workload: z.string(),
  variables: z.record(z.string(), z.string()),
  scenario: z.unknown().describe("The full scenario: write it to a file for --scenario to run it again"),
  initial: counts,
});

const verdict = z.discriminatedUnion("code", [
  z.strictObject({ code: z.literal("right") }),
  z.strictObject({ code: z.literal("idle"), reason: z.string().describe("Why there was nothing to do") }),
  z.strictObject({ code: z.literal("unsearched"), search: z.string().describe("The command that searches layouts") }),
  z.strictObject({ code: z.literal("right-here"), knownFaults: z.array(z.string()).min(1) }),
  z.strictObject({ code: z.literal("wrong") }),
]);

const runResult = z.strictObject({
  scenario: z.string().describe("Id of a scenario in this file"),
  strategy: z.string().min(1),
  source: z.string(),
  counts,
  findings: z.array(finding).describe("What is wrong with this run; empty says nothing of other layouts"),
  verdict: verdict
    .optional()
    .describe(
      "right; idle: nothing to do; unsearched: right here, and other layouts were not searched; right-here: wrong on " +
        "other layouts; wrong: see findings. Absent in files of before it was written",
    ),
  wall: z.record(z.string(), wallSeries).nullable().describe("Series by part; null where wall time was not measured"),
});

const shard = z.strictObject({
  index: z.int().positive().describe("1-based"),
  count: z.int().positive(),
  plan: z.string().min(1).describe("Digest of the plan of which this is a part"),
  cases: z.array(z.int().nonnegative()).describe("Where each scenario of the file stands in the plan, from 0"),
});

/**
 * The shape of a result file. What it cannot say (ids that refer to each other) is in
 * `integrity.ts`.
 */
export const resultFile = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal("s2split-result"),
  tool: z.strictObject({ name: z.literal("s2split"), version: z.string(), modelVersion: z.int().positive() }),
  partial: z.boolean().describe("True where the run was interrupted"),
  createdAt: z.string().nullable().describe("ISO 8601; null in reference results"),
  environment: environment.nullable().describe("null in reference results, which are the same on any machine"),
  options: z.strictObject({
    wall: z.boolean(),
    runs: z.int().positive().nullable(),
    timeMs: z.number().positive().nullable(),
    seed: z.int(),
  }),
  shard: shard.nullable(),
  scenarios: z.array(scenarioResult),
  runs: z.array(runResult),
});

/** The type that the schema describes; equal to {@link ResultFile} but for `readonly`. */
export type ParsedResultFile = z.infer<typeof resultFile>;

/**
 * The JSON Schema (draft 2020-12) of a result file, as the package exports it under
 * `s2split/schema/result.json`.
 */
export function resultJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(resultFile, { target: "draft-2020-12" }) as Record<string, unknown>;
  const { $schema, ...rest } = schema;
  return { $schema, title: "s2split result file", ...rest };
}
