import { readFile, stat } from "node:fs/promises";
import { badInput, clip } from "../errors.js";
import type { CostProfile } from "./profile.js";
import { builtinProfile } from "./profiles.js";

/** A profile is a page of text; anything far beyond is not one. */
const MAX_BYTES = 1 << 20;

/**
 * A profile by its name or from a file: a name with a dot-json ending or a slash in it is a path.
 *
 * @throws UserError for an unknown name, an unreadable file, or one that is no profile
 */
export async function loadProfile(nameOrFile: string): Promise<CostProfile> {
  if (!/[/\\]|\.json$/i.test(nameOrFile)) return builtinProfile(nameOrFile);
  const input = `"${clip(nameOrFile)}"`;
  let content: string;
  try {
    const info = await stat(nameOrFile);
    if (!info.isFile()) throw badInput(`cost profile ${input}`, "not a file", "a JSON file");
    if (info.size > MAX_BYTES) throw badInput(`cost profile ${input}`, `${info.size} bytes`, `at most ${MAX_BYTES}`);
    content = await readFile(nameOrFile, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      throw badInput(`cost profile ${input}`, `cannot be read (${String(error.code)})`, "a JSON file");
    }
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw badInput(`cost profile ${input}`, "not JSON", "a profile as `s2split calibrate --output` writes it");
  }
  const { parseProfile } = await import("./profileSchema.js");
  return parseProfile(value, input);
}
