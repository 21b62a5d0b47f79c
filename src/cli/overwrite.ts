import { stat } from "node:fs/promises";
import { badInput, clip } from "../errors.js";

/**
 * Refuses to write over a file that is there. Devices and pipes are no files to lose.
 *
 * @param force the user's `--force`
 * @throws UserError
 */
export async function refuseOverwrite(path: string, force: boolean | undefined): Promise<void> {
  if (force === true || path === "-") return;
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile()) throw badInput(clip(path, 200), "is there already", "another --output, or --force");
}
