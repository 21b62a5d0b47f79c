import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/**
 * Which of the inputs a file is, through links and other spellings of the path; of a folder each
 * file directly in it counts.
 *
 * @param inputs paths as the user gave them; those that cannot be looked at are nothing's input
 */
export async function isInputFile(file: FileIdentity, inputs: readonly string[]): Promise<string | undefined> {
  for (const input of inputs) {
    if (input === "-") continue;
    const info = await stat(input).catch(() => undefined);
    if (info === undefined) continue;
    const paths = info.isDirectory()
      ? (await readdir(input).catch(() => [])).map((name) => join(input, name))
      : [input];
    for (const path of paths) {
      const { dev, ino } = (await stat(path).catch(() => undefined)) ?? {};
      if (dev === file.dev && ino === file.ino) return path;
    }
  }
  return undefined;
}

/**
 * What tells a file that is to be written from others, whether it is there or not: links and
 * spelling do not matter.
 */
export async function placeOf(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  if (info !== undefined) return `${info.dev}:${info.ino}`;
  const folder = await realpath(dirname(path)).catch(() => resolve(dirname(path)));
  return join(folder, basename(path));
}
