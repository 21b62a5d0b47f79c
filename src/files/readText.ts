import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { badInput, clip, UserError } from "../errors.js";

/** The largest text that is read, in bytes: dumps and smaps of the largest hosts have a few tens of millions. */
export const LARGEST_TEXT_BYTES = 128 * 2 ** 20;

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied (files of debugfs and of other processes need root)",
  EPERM: "not permitted",
  EISDIR: "is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ESRCH: "the process has ended",
};

/**
 * Reads a text from outside. Files of /proc and debugfs have no size, so all are measured as they are read. `-` is standard input.
 *
 * @param expected what the file should be, for the message
 * @throws UserError that names the file and why it cannot be read
 */
export async function readTextFrom(path: string, expected: string): Promise<string> {
  const name = nameOf(path);
  try {
    if (path !== "-" && (await stat(path)).isDirectory()) throw badInput(name, "is a folder", expected);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of path === "-" ? process.stdin : createReadStream(path)) {
      bytes += (chunk as Buffer).length;
      if (bytes > LARGEST_TEXT_BYTES) throw badInput(name, `more than ${LARGEST_TEXT_BYTES / 2 ** 20} MiB`, expected);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw badInput(name, `cannot be read: ${CAUSES[code] ?? code}`, expected);
  }
}

/** A path as messages name it. */
export function nameOf(path: string): string {
  return path === "-" ? "standard input" : clip(path, 200);
}
