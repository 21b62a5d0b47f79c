import { clip } from "../errors.js";
import { readJson } from "../files/read.js";
import type { CostProfile } from "./profile.js";
import { profileNamed } from "./profiles.js";

/** A profile is a page of text; anything far beyond is not one. */
const MAX_BYTES = 1 << 20;

const EXPECTED = "a cost profile as `s2split calibrate --output` writes it";

/**
 * A profile by its name or from a file: a name with a dot-json ending or a slash in it is a path.
 *
 * @throws UserError for an unknown name, an unreadable file, or one that is no profile
 */
export async function loadProfile(nameOrFile: string): Promise<CostProfile> {
  if (!/[/\\]|\.json$/i.test(nameOrFile)) return profileNamed(nameOrFile);
  const input = `"${clip(nameOrFile)}"`;
  const value = await readJson(nameOrFile, { expected: EXPECTED, maxBytes: MAX_BYTES });
  const { parseProfile } = await import("./profileSchema.js");
  return parseProfile(value, input);
}
