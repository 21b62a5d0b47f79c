import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { badInput, clip } from "../errors.js";
import { parseJson } from "../files/parseJson.js";
import { nameOf, readText, unreadable } from "../files/read.js";
import type { ByteInput } from "../files/streams.js";
import { lookUp, nonEmpty } from "../lists.js";
import type { CounterDeclaration } from "../mmu/counters.js";
import type { Registry } from "../mmu/registry.js";
import { type CountsProblem, countsProblem } from "./counts.js";
import { inconsistency } from "./integrity.js";
import type { ResultFile } from "./types.js";

/** A result and where it came from, for messages. */
export interface NamedResult {
  /** The path as the user gave it, or a path within the folder that the user gave. */
  readonly path: string;
  readonly result: ResultFile;
}

/**
 * The largest result file that is read, in bytes. A sweep of ten thousand cases with a thousand
 * samples each has about a hundred million bytes; a file beyond this is a mistake, and would take
 * the memory of the MMU to parse.
 */
export const LARGEST_RESULT_BYTES = 256 * 2 ** 20;

const SCHEMA_VERSION = 1;

/** How results are read. */
export interface ReadHow {
  /** What `-` reads. */
  readonly stdin?: ByteInput;
  /** The MMUs whose counters are known; default: the program's. */
  readonly registry?: Registry;
}

/**
 * Reads one result file. `-` is standard input.
 *
 * @throws UserError, one line that names the file: unreadable, too large, truncated, of a newer
 *   schema, hostile, wrong types
 */
export async function readResult(path: string, { stdin, registry }: ReadHow = {}): Promise<ResultFile> {
  return parseResult(
    await readText(path, { expected: "a result file", maxBytes: LARGEST_RESULT_BYTES, stdin }),
    nameOf(path),
    registry,
  );
}

/**
 * Reads result files and folders of them: of a folder every `*.json` directly in it, in the order
 * of their names, but for the `*.partial.json` that interrupted work left beside a complete file.
 *
 * @throws UserError as {@link readResult}, or where a folder has no `*.json`
 */
export async function readResults(paths: readonly string[], how: ReadHow = {}): Promise<NamedResult[]> {
  const results: NamedResult[] = [];
  for (const path of paths) {
    for (const file of await filesOf(path)) results.push({ path: nameOf(file), result: await readResult(file, how) });
  }
  return results;
}

/**
 * Reads the text of a result file.
 *
 * @param input the file's name, for messages
 * @throws UserError as {@link readResult}
 */
export async function parseResult(text: string, input: string, registry?: Registry): Promise<ResultFile> {
  const value = parseJson(text, input, "a result written by s2split bench --export-json");
  checkKind(value, input);
  // zod is loaded only where a file is read: --help does not pay for it.
  const { resultFile } = await import("./schema.js");
  const parsed = resultFile.safeParse(value);
  if (!parsed.success) throw badInput(input, firstIssue(parsed.error.issues));
  const result: ResultFile = parsed.data;
  const problem = inconsistency(result);
  if (problem !== undefined) throw badInput(input, problem);
  await requireCounts(result, input, registry);
  return result;
}

/**
 * Every value of every run is what its MMU declares; of an MMU that this version does not have, a
 * count all the same.
 */
async function requireCounts({ scenarios, runs }: ResultFile, input: string, registry?: Registry): Promise<void> {
  const mmus = registry ?? (await import("../mmu/registry.js")).mmus;
  const counters = new Map<string, readonly CounterDeclaration[]>();
  for (const [i, { id, mmu, initial }] of scenarios.entries()) {
    counters.set(id, (await mmus.find((entry) => entry.id === mmu)?.load())?.counters ?? []);
    refuseCounts(countsProblem(initial, []), `scenarios[${i}].initial`, input);
  }
  for (const [i, { scenario, counts }] of runs.entries()) {
    refuseCounts(countsProblem(counts, lookUp(counters, scenario)), `runs[${i}].counts`, input);
  }
}

function refuseCounts(problem: CountsProblem | undefined, where: string, input: string): void {
  if (problem === undefined) return;
  const field = `${where}.${clip(problem.path.replaceAll("/", "."), 120)}`;
  throw badInput(input, `${field} is ${problem.value}`, problem.expected);
}

/**
 * A file of another kind or of a newer schema gets its own message, before the schema names some
 * field that differs.
 */
function checkKind(value: unknown, input: string): void {
  const { kind, schemaVersion } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (kind !== "s2split-result") {
    throw badInput(input, "not an s2split result", 'an object with "kind": "s2split-result"');
  }
  if (typeof schemaVersion === "number" && Number.isInteger(schemaVersion) && schemaVersion > SCHEMA_VERSION) {
    throw badInput(
      input,
      `has schemaVersion ${schemaVersion}, newer than this s2split reads`,
      `schemaVersion ${SCHEMA_VERSION}, or a newer s2split`,
    );
  }
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function firstIssue(issues: readonly Issue[]): string {
  const [issue] = nonEmpty(issues);
  let where = "";
  for (const key of issue.path) {
    where += typeof key === "number" ? `[${key}]` : `${where === "" ? "" : "."}${clip(String(key))}`;
  }
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return `${where === "" ? "" : `${where}: `}${clip(issue.message, 160)}${more}`;
}

async function filesOf(path: string): Promise<string[]> {
  if (path === "-") return [path];
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => /(?<!\.partial)\.json$/.test(name)).sort();
    if (names.length === 0) throw badInput(path, "has no *.json", "a folder of result files");
    return names.map((name) => join(path, name));
  } catch (error) {
    throw unreadable(nameOf(path), error, "a result file, or a folder of them");
  }
}
