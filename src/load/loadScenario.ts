import { readFile, stat } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { badInput, clip, UserError } from "../errors.js";
import { nameOf } from "../files/fields.js";
import type { Case } from "../mmu/contract.js";
import { defaultMmu, loadMmu, mmus, type Registry } from "../mmu/registry.js";
import { hostile } from "../results/integrity.js";

/** The largest scenario file that is read: a fragmented guest of 16 TiB has some millions of segments. */
const LARGEST_SCENARIO_BYTES = 128 * 2 ** 20;

/**
 * Reads a scenario file: JSON, of the MMU that its `mmu` names (the default one where it names none).
 *
 * @throws UserError that names the file and what was expected
 */
export async function loadScenario(path: string, registry: Registry = mmus): Promise<Case> {
  return parseScenario(await readScenarioText(path), path, registry);
}

/** The scenario in a JSON text. @param input what it was read from, for messages */
export async function parseScenario(text: string, input: string, registry: Registry = mmus): Promise<Case> {
  const shown = clip(input, 200);
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw badInput(
      shown,
      `not JSON (${clip((error as Error).message, 90)})`,
      "a scenario; see scenarios/ for examples",
    );
  }
  const danger = hostile(value);
  if (danger !== undefined) throw badInput(shown, danger, "a scenario");
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badInput(shown, `is ${nameOf(value)}`, "a scenario");
  const id = (value as { mmu?: unknown }).mmu ?? defaultMmu(registry);
  if (typeof id !== "string") throw badInput(`${shown}.mmu`, `is ${nameOf(id)}`, "a string");
  return (await loadMmu(id, registry)).parse(value, shown);
}

async function readScenarioText(path: string): Promise<string> {
  try {
    if (path === "-") return await text(process.stdin);
    const info = await stat(path);
    if (info.isDirectory()) throw badInput(clip(path, 200), "is a folder", "a scenario file");
    if (info.size > LARGEST_SCENARIO_BYTES)
      throw badInput(clip(path, 200), `has ${info.size} bytes`, "a scenario of at most 128M");
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw badInput(
      clip(path, 200),
      code === "ENOENT" ? "no such file" : `cannot be read (${code ?? "unknown error"})`,
      "a scenario file",
    );
  }
}
