import { open } from "node:fs/promises";
import { badInput, clip } from "../errors.js";
import { parseJson } from "../files/parseJson.js";
import { nameOf, readText } from "../files/read.js";
import type { ByteInput } from "../files/streams.js";
import { nonEmpty } from "../lists.js";
import type { MeasurementFile } from "./schema.js";

const EXPECTED = "a measurement written by s2split measure or s2split import";

/**
 * Reads a measured-result file. `-` is standard input.
 *
 * @throws UserError, one line that names the file: unreadable, not JSON, of another kind or a newer
 *   schema, wrong types
 */
export async function readMeasurement(path: string, stdin?: ByteInput): Promise<MeasurementFile> {
  return await parseMeasurement(await readText(path, { expected: EXPECTED, stdin }), nameOf(path));
}

/**
 * Whether a path is a file that says, near its beginning, that it is a measurement; false for
 * standard input, which is read once.
 */
export async function isMeasurement(path: string): Promise<boolean> {
  if (path === "-") return false;
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
      return /"kind":\s*"s2split-measurement"/.test(buffer.toString("latin1", 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    // Whoever reads it next says what is wrong with it.
    return false;
  }
}

/** As {@link readMeasurement}, of a text. @param input its name, for messages */
export async function parseMeasurement(text: string, input: string): Promise<MeasurementFile> {
  const value = parseJson(text, input, EXPECTED);
  const { kind, schemaVersion } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (kind !== "s2split-measurement") throw badInput(input, "not a measurement of s2split", EXPECTED);
  if (typeof schemaVersion === "number" && schemaVersion > 1) {
    throw badInput(
      input,
      `has schemaVersion ${schemaVersion}, newer than this s2split reads`,
      "schemaVersion 1, or a newer s2split",
    );
  }
  const { measurementFile } = await import("./schema.js");
  const parsed = measurementFile.safeParse(value);
  if (!parsed.success) {
    const [issue] = nonEmpty(parsed.error.issues);
    throw badInput(input, `${clip(issue.path.join("."))}: ${clip(issue.message, 160)}`, EXPECTED);
  }
  const { cases, outputs, runs } = parsed.data;
  const ids = new Set(cases.map(({ id }) => id));
  if (ids.size !== cases.length) throw badInput(input, "two cases have the same id", EXPECTED);
  for (const run of runs) {
    if (!ids.has(run.case)) throw badInput(input, `a run belongs to no case: "${clip(run.case)}"`, EXPECTED);
    if (run.output >= outputs.length)
      throw badInput(input, `a run belongs to output ${run.output}, which is not there`, EXPECTED);
  }
  return parsed.data;
}
