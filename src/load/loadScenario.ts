import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { badInput, clip, didYouMean } from "../errors.js";
import { nameOf } from "../files/fields.js";
import { parseJson } from "../files/parseJson.js";
import { readText } from "../files/read.js";
import type { ByteInput } from "../files/streams.js";
import type { Case } from "../mmu/contract.js";
import { defaultMmu, loadMmu, mmus, type Registry } from "../mmu/registry.js";

const EXPECTED = "a scenario; see scenarios/ for examples";
const SHIPPED = fileURLToPath(new URL("../../scenarios/", import.meta.url));

/**
 * Reads a scenario file: JSON, of the MMU that its `mmu` names (the default one where it names none). `-` is standard input. Where there
 * is no such file, a name of {@link shippedScenarios} is the one that comes with s2split, `.json` or not.
 *
 * @throws UserError that names the file and what was expected
 */
export async function loadScenario(path: string, stdin?: ByteInput, registry: Registry = mmus): Promise<Case> {
  const text = await readText(await shippedOr(path), { expected: "a scenario file", stdin });
  return parseScenario(text, path === "-" ? "standard input" : path, registry);
}

/** The scenarios that come with s2split, by name, with their paths. */
export async function shippedScenarios(): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(SHIPPED)).filter((file) => file.endsWith(".json")).sort();
  return new Map(files.map((file) => [file.slice(0, -".json".length), SHIPPED + file]));
}

/** The path of the shipped scenario that a name means. What is there is meant itself, its `.json` too, and so is what looks like a path. */
async function shippedOr(path: string): Promise<string> {
  if (path === "-" || /[/\\]/.test(path) || (await isThere(path))) return path;
  const shipped = await shippedScenarios();
  const name = path.replace(/\.json$/, "");
  const found = shipped.get(name);
  if (found !== undefined) return (await isThere(`${name}.json`)) ? `${name}.json` : found;
  const near = didYouMean(name, shipped.keys());
  const problem = `no such file, nor a scenario of s2split's${near === undefined ? "" : `, did you mean "${near}"?`}`;
  throw badInput(clip(path, 200), problem, "a scenario file, or a name that s2split list scenarios has");
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

/** The scenario in a JSON text. @param input what it was read from, for messages */
export async function parseScenario(text: string, input: string, registry: Registry = mmus): Promise<Case> {
  const shown = clip(input, 200);
  const value = parseJson(text, shown, EXPECTED);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badInput(shown, `is ${nameOf(value)}`, "a scenario");
  const id = (value as { mmu?: unknown }).mmu ?? defaultMmu(registry);
  if (typeof id !== "string") throw badInput(`${shown}.mmu`, `is ${nameOf(id)}`, "a string");
  return (await loadMmu(id, registry)).parse(value, shown);
}
