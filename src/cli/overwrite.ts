import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { badInput, clip } from "../errors.js";

/**
 * Refuses to write over a file that is there. Devices and pipes are no files to lose.
 *
 * @param force the user's `--force`
 * @param option the option that named the file
 * @throws UserError
 */
export async function refuseOverwrite(
  path: string | undefined,
  force: boolean | undefined,
  option = "--output",
): Promise<void> {
  if (force === true || path === undefined || path === "-") return;
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile()) throw badInput(clip(path, 200), "is there already", `another ${option}, or --force`);
}

/**
 * The same for a file that others, numbered, may come to stand beside: none of those may be there
 * either.
 *
 * @throws UserError
 */
export async function refuseOverwriteNumbered(path: string, force: boolean | undefined, option: string): Promise<void> {
  if (force === true || path === "-") return;
  await refuseOverwrite(path, force, option);
  for (const name of await readdir(dirname(path)).catch((): string[] => [])) {
    const number = Number(/-([1-9]\d*)(?:\.[^.]*)?$/.exec(name)?.[1]);
    if (number < 2 || basename(numberedPath(path, number)) !== name) continue;
    await refuseOverwrite(join(dirname(path), name), force, option);
  }
}

/** FILE-2.json for FILE.json and 2. */
export function numberedPath(path: string, number: number): string {
  if (path === "-") return path;
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${number}${extension}`;
}
