import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { badInput, clip, UserError } from "../errors.js";
import { parseJson } from "./parseJson.js";
import type { ByteInput } from "./streams.js";

/**
 * The largest text that is read unless its reader says otherwise: dumps and smaps of the largest
 * hosts have some tens of MiB.
 */
export const LARGEST_TEXT_BYTES = 128 * 2 ** 20;

/** How something from outside is read. */
export interface Reading {
  /** What it should be, for messages: "a scenario file". */
  readonly expected: string;
  /** Default: {@link LARGEST_TEXT_BYTES}. */
  readonly maxBytes?: number;
  /** What the path `-` reads; without it there is no standard input, and `-` is refused. */
  readonly stdin?: ByteInput | undefined;
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "cannot be read: permission denied (files of debugfs and of other processes need root)",
  EPERM: "cannot be read: not permitted",
  EISDIR: "is a folder",
  ENOTDIR: "cannot be read: a part of the path is not a folder",
  ENAMETOOLONG: "cannot be read: the name is too long",
  ELOOP: "cannot be read: too many symbolic links",
  ESRCH: "cannot be read: the process has ended",
};

/**
 * Reads a text from outside: UTF-8, with a byte order mark or without. Devices, pipes and files of
 * /proc and debugfs have no size, so all are measured as they are read. `-` is standard input.
 *
 * @throws UserError that names the file and why it cannot be read: not there, a folder, too large,
 *   of another encoding
 */
export async function readText(path: string, how: Reading): Promise<string> {
  return decode(await readBytes(path, how), path, how.expected);
}

/**
 * Reads JSON from outside.
 *
 * @throws UserError as {@link readText} and {@link parseJson}
 */
export async function readJson(path: string, how: Reading): Promise<unknown> {
  return parseJson(await readText(path, how), nameOf(path), how.expected);
}

async function readBytes(path: string, { expected, maxBytes = LARGEST_TEXT_BYTES, stdin }: Reading): Promise<Buffer> {
  const name = nameOf(path);
  const tooLarge = (size: string) =>
    badInput(name, `${size} is too large`, `${expected} of at most ${mebibytes(maxBytes)}`);
  try {
    if (path !== "-") {
      const info = await stat(path);
      if (info.isDirectory()) throw badInput(name, "is a folder", expected);
      if (info.isFile() && info.size > maxBytes) throw tooLarge(mebibytes(info.size));
    } else if (stdin === undefined) throw badInput(name, "cannot be read here", "a path");
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of path === "-" ? stdin! : createReadStream(path)) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
      size += bytes.length;
      if (size > maxBytes) throw tooLarge(`more than ${mebibytes(maxBytes)}`);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks, size);
  } catch (error) {
    throw unreadable(name, error, expected);
  }
}

function decode(bytes: Buffer, path: string, expected: string): string {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (mark === 0xfffe || mark === 0xfeff) throw badInput(nameOf(path), "is UTF-16", `${expected}, in UTF-8`);
  // Editors on Windows write a byte order mark, which is no part of the text.
  const marked = bytes.length >= 3 && mark === 0xefbb && bytes[2] === 0xbf;
  return bytes.toString("utf8", marked ? 3 : 0);
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** What a system call's error means for a path, as a UserError; other errors as they are. */
export function unreadable(name: string, error: unknown, expected: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  return badInput(name, CAUSES[code] ?? `cannot be read (${code})`, expected);
}

/** A path as messages name it. */
export function nameOf(path: string): string {
  return path === "-" ? "standard input" : clip(path, 200);
}
