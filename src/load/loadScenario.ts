import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { badInput, didYouMean } from "../errors.js";
import { nameOf } from "../files/fields.js";
import { parseJson } from "../files/parseJson.js";
import { nameOf as nameOfPath, readText } from "../files/read.js";
import type { ByteInput } from "../files/streams.js";
import type { Case } from "../mmu/contract.js";
import { defaultMmu, loadMmu, mmus, type Registry } from "../mmu/registry.js";
import { INTERLEAVING_KIND, interleavingCase } from "../mmu/savedInterleaving.js";

const EXPECTED = "a scenario; see scenarios/ for examples";
const SHIPPED = fileURLToPath(new URL("../../scenarios/", import.meta.url));

/**
 * Reads a scenario file: JSON, of the MMU that its `mmu` names (the default one where it names
 * none). `-` is standard input. Where there is no such file, a name of {@link shippedScenarios} is
 * the one that comes with s2split, `.json` or not.
 *
 * @throws UserError that names the file and what was expected
 */
export async function loadScenario(path: string, stdin?: ByteInput, registry: Registry = mmus): Promise<Case> {
  const text = await readText(await shippedOr(path), { expected: "a scenario file", stdin });
  return parseScenario(text, path, registry);
}

/**
 * As {@link loadScenario}, for callers who also take a schedule of other parties that
 * `verify --interleave` has saved.
 */
export async function loadCase(path: string, stdin?: ByteInput, registry: Registry = mmus): Promise<Case> {
  const text = await readText(await shippedOr(path), { expected: "a scenario file", stdin });
  return parseCase(text, path, registry, true);
}

/** The scenarios that come with s2split, by name, with their paths. */
export async function shippedScenarios(folder: string = SHIPPED): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).sort();
  return new Map(files.map((file) => [file.slice(0, -".json".length), join(folder, file)]));
}

/**
 * The path of the shipped scenario that a name means. What is there is meant itself, its `.json`
 * too, and so is what looks like a path.
 */
async function shippedOr(path: string): Promise<string> {
  if (path === "-" || /[/\\]/.test(path) || (await isThere(path))) return path;
  const shipped = await shippedScenarios();
  const name = path.replace(/\.json$/, "");
  const found = shipped.get(name);
  if (found !== undefined) return (await isThere(`${name}.json`)) ? `${name}.json` : found;
  const near = didYouMean(name, shipped.keys());
  const problem = `no such file, nor a scenario of s2split's${near === undefined ? "" : `, did you mean "${near}"?`}`;
  throw badInput(nameOfPath(path), problem, "a scenario file, or a name that s2split list scenarios has");
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

/**
 * The scenario in a JSON text. @param input what it was read from, for messages; `-` is standard
 * input
 */
export function parseScenario(text: string, input: string, registry: Registry = mmus): Promise<Case> {
  return parseCase(text, input, registry, false);
}

async function parseCase(text: string, input: string, registry: Registry, schedules: boolean): Promise<Case> {
  const shown = nameOfPath(input);
  const value = parseJson(text, shown, EXPECTED);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badInput(shown, `is ${nameOf(value)}`, "a scenario");
  const { mmu: id = defaultMmu(registry), kind } = value as { mmu?: unknown; kind?: unknown };
  if (typeof id !== "string") throw badInput(`${shown}.mmu`, `is ${nameOf(id)}`, "a string");
  const mmu = await loadMmu(id, registry);
  if (kind !== INTERLEAVING_KIND) return mmu.parse(value, shown);
  if (!schedules)
    throw badInput(shown, "is a schedule of verify --interleave", "a scenario (verify and trace take schedules)");
  return interleavingCase(mmu, value, shown);
}
