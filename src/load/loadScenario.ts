import { badInput, clip } from "../errors.js";
import { nameOf } from "../files/fields.js";
import { parseJson } from "../files/parseJson.js";
import { readText } from "../files/read.js";
import type { ByteInput } from "../files/streams.js";
import type { Case } from "../mmu/contract.js";
import { defaultMmu, loadMmu, mmus, type Registry } from "../mmu/registry.js";

const EXPECTED = "a scenario; see scenarios/ for examples";

/**
 * Reads a scenario file: JSON, of the MMU that its `mmu` names (the default one where it names none). `-` is standard input.
 *
 * @throws UserError that names the file and what was expected
 */
export async function loadScenario(path: string, stdin?: ByteInput, registry: Registry = mmus): Promise<Case> {
  const text = await readText(path, { expected: "a scenario file", stdin });
  return parseScenario(text, path === "-" ? "standard input" : path, registry);
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
