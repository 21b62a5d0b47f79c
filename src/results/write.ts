import { randomBytes } from "node:crypto";
import { type FileHandle, mkdtemp, open, realpath, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { badInput, clip, UserError } from "../errors.js";
import { formatJson } from "../files/json.js";
import type { ResultFile } from "./types.js";

/** A place that has been found writable before the work began. */
export interface OutputTarget {
  /** As the user gave it; "-" is standard output. */
  readonly path: string;
  /** Writes the whole text. Of a file, a crash or a full disk leaves the old text or the new one, never half of one. */
  write(text: string): Promise<void>;
}

/**
 * Checks, before the work, that a path can be written, without touching what is there. Long work must not end in "permission
 * denied". Devices and pipes (`/dev/null`, `>(...)`) are written directly: renaming onto them would replace the device.
 *
 * @throws UserError that names the path: a folder, in a missing or unwritable folder, not writable itself
 */
export async function prepareOutput(path: string): Promise<OutputTarget> {
  if (path === "-") return { path, write: writeStdout };
  if (path === "") throw badInput('output ""', "no path", "a file, or - for standard output");
  try {
    const existing = await statIfThere(path);
    if (existing?.isDirectory()) throw badInput(clip(path, 200), "is a folder", "a file to write");
    if (existing !== undefined && !existing.isFile()) return { path, write: (text) => writeDirectly(path, text) };
    // Through a symbolic link the file it leads to is replaced, not the link.
    const target = existing === undefined ? resolve(path) : await realpath(path);
    if (existing !== undefined) await (await open(target, "r+")).close();
    // Only making something in the folder shows that one can: a file system may be read-only, or full of inodes.
    await rm(await mkdtemp(join(dirname(target), ".s2split-")), { recursive: true });
    return { path, write: (text) => replace(path, target, text, existing?.mode) };
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The text of a result file. */
export function formatResult(result: ResultFile): string {
  return formatJson(result);
}

async function replace(path: string, target: string, text: string, mode: number | undefined): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(4).toString("hex")}.tmp`);
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, "wx");
    await file.writeFile(text);
    if (mode !== undefined) await file.chmod(mode & 0o7777);
    // The data must be on the disk before the name is: otherwise a power cut can leave an empty file under the name.
    await file.sync();
    await file.close();
    file = undefined;
    await rename(temporary, target);
  } catch (error) {
    await file?.close().catch(() => {});
    await unlink(temporary).catch(() => {});
    throw unwritable(path, error);
  }
  await syncFolder(dirname(target));
}

/** Makes the new name durable, where the file system can. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch {
    // Not every system lets one sync a folder; the file itself is complete either way.
  } finally {
    await handle?.close().catch(() => {});
  }
}

async function writeDirectly(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

function writeStdout(text: string): Promise<void> {
  return new Promise((done, failed) => {
    process.stdout.write(text, (error) => {
      // A reader that has seen enough (`| head`) is no error.
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") failed(unwritable("standard output", error));
      else done();
    });
  });
}

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "a part of the path is not a folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  ENAMETOOLONG: "the name is too long",
  EISDIR: "is a folder",
};

function unwritable(path: string, error: unknown): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  return badInput(clip(path, 200), `cannot be written: ${CAUSES[code] ?? code}`, "a file in a writable folder");
}
