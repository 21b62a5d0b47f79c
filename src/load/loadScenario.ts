import { badInput, clip } from "../errors.js";
import { nameOf } from "../files/fields.js";
import { parseJson } from "../files/parseJson.js";
import { readText } from "../files/read.js";
import type { ByteInput } from "../files/streams.js";
import type { Mmu, ScenarioBase } from "../mmu/contract.js";
import { loadMmu } from "../mmu/registry.js";

const EXPECTED = "a scenario; see scenarios/ for examples";

/**
 * Reads a scenario file: JSON, of the MMU that its `mmu` names (arm64 where it names none). `-` is standard input.
 *
 * @throws UserError that names the file and what was expected
 */
export async function loadScenario(path: string, stdin?: ByteInput): Promise<{ mmu: Mmu; scenario: ScenarioBase }> {
  const text = await readText(path, { expected: "a scenario file", stdin });
  return parseScenario(text, path === "-" ? "standard input" : path);
}

/** The scenario in a JSON text. @param input what it was read from, for messages */
export async function parseScenario(text: string, input: string): Promise<{ mmu: Mmu; scenario: ScenarioBase }> {
  const shown = clip(input, 200);
  const value = parseJson(text, shown, EXPECTED);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badInput(shown, `is ${nameOf(value)}`, "a scenario");
  const id = (value as { mmu?: unknown }).mmu ?? "arm64";
  if (typeof id !== "string") throw badInput(`${shown}.mmu`, `is ${nameOf(id)}`, "a string");
  const mmu = await loadMmu(id);
  return { mmu, scenario: mmu.parse(value, shown) };
}
