import { randomBytes } from "node:crypto";
import { constants, openSync, unlinkSync } from "node:fs";
import { type FileHandle, lstat, mkdtemp, open, realpath, rename, rm, stat, unlink } from "node:fs/promises";
import { Socket } from "node:net";
import { basename, dirname, extname, join, resolve } from "node:path";
import { whenCutShort } from "../cleanup.js";
import { badInput, clip, UserError } from "../errors.js";
import { isInputFile } from "./sameFile.js";
import type { TextOutput } from "./streams.js";

/** A place that has been found writable before the work began. */
export interface OutputTarget {
  /** As the user gave it; "-" is standard output. */
  readonly path: string;
  /**
   * Writes the whole text. Of a file, a crash or a full disk leaves the old text or the new one,
   * never half of one.
   */
  write(text: string): Promise<void>;
  /**
   * Writes what there is of unfinished work, so that it is not lost: to the path itself where no
   * file was, else beside the file, which may be complete. What stands beside goes when the whole
   * is written.
   *
   * @returns where it is now
   */
  writePartial(text: string): Promise<string>;
}

/** What {@link prepareOutput} must know beside the path. */
export interface OutputOptions {
  /** What `-` is; without it `-` is refused. */
  readonly stdout?: TextOutput;
  /**
   * Paths of files, and of folders of them, that are read in the same work: none of them may be
   * written over.
   */
  readonly inputs?: readonly string[];
}

/**
 * Checks, before the work, that a path can be written, without touching what is there. Long work
 * must not end in "permission denied". Devices and pipes (`/dev/null`, `>(...)`) are written
 * directly: renaming onto them would replace the device.
 *
 * @throws UserError that names the path: a folder, in a missing or unwritable folder, not writable
 *   itself, a symbolic link that leads nowhere, or an input of the same work by whatever name
 */
export async function prepareOutput(path: string, options?: OutputOptions): Promise<OutputTarget>;
/** Undefined where no path is given. */
export async function prepareOutput(
  path: string | undefined,
  options?: OutputOptions,
): Promise<OutputTarget | undefined>;
export async function prepareOutput(
  path: string | undefined,
  options: OutputOptions = {},
): Promise<OutputTarget | undefined> {
  if (path === undefined) return undefined;
  if (path === "-") return toStream(path, options.stdout);
  if (path === "") throw badInput('output ""', "no path", "a file, or - for standard output");
  try {
    const existing = await ifThere(stat(path));
    if (existing?.isDirectory()) throw badInput(clip(path, 200), "is a folder", "a file to write");
    if (existing === undefined && (await ifThere(lstat(path))) !== undefined) {
      throw badInput(clip(path, 200), "is a symbolic link that leads nowhere", "a file to write");
    }
    if (existing?.isFIFO()) return whole(path, (text) => writeToPipe(path, text));
    if (existing !== undefined && !existing.isFile()) return whole(path, (text) => writeDirectly(path, text));
    const input = existing === undefined ? undefined : await isInputFile(existing, options.inputs ?? []);
    if (input !== undefined) {
      const same = input === path ? "is read as well" : `is the same file as ${clip(input, 200)}, which is read`;
      throw badInput(clip(path, 200), `${same}, and would be written over`, "another file to write");
    }
    return await toFile(path, existing?.mode);
  } catch (error) {
    throw unwritable(path, error);
  }
}

async function toFile(path: string, mode: number | undefined): Promise<OutputTarget> {
  const isNew = mode === undefined;
  // Through a symbolic link the file it leads to is replaced, not the link.
  const target = isNew ? resolve(path) : await realpath(path);
  if (!isNew) await (await open(target, "r+")).close();
  // Only making something in the folder shows that one can: a file system may be read-only, or full
  // of inodes.
  await rm(await mkdtemp(join(dirname(target), ".s2split-")), { recursive: true });
  const partial = isNew ? path : `${path}.partial${extname(path)}`;
  const partialTarget = isNew ? target : `${target}.partial${extname(path)}`;
  let beside = false;
  return {
    path,
    write: async (text) => {
      await replace(path, target, text, mode);
      if (beside) await unlink(partialTarget).catch(() => {});
      beside = false;
    },
    writePartial: async (text) => {
      await replace(partial, partialTarget, text, mode);
      beside = !isNew;
      return partial;
    },
  };
}

/** A place that cannot be taken back: unfinished work is written there like finished. */
function whole(path: string, write: (text: string) => Promise<void>): OutputTarget {
  const writePartial = async (text: string) => {
    await write(text);
    return path;
  };
  return { path, write, writePartial };
}

function toStream(path: string, stdout: TextOutput | undefined): OutputTarget {
  if (stdout === undefined) throw badInput('output "-"', "there is no standard output here", "a file to write");
  return whole(path, async (text) => {
    stdout.write(text);
  });
}

async function replace(path: string, target: string, text: string, mode: number | undefined): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(4).toString("hex")}.tmp`);
  const finished = whenCutShort(() => unlinkSync(temporary));
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, "wx");
    await file.writeFile(text);
    if (mode !== undefined) await file.chmod(mode & 0o7777);
    // The data must be on the disk before the name is: otherwise a power cut can leave an empty
    // file under the name.
    await file.sync();
    await file.close();
    file = undefined;
    await rename(temporary, target);
  } catch (error) {
    await file?.close().catch(() => {});
    await unlink(temporary).catch(() => {});
    throw unwritable(path, error);
  } finally {
    finished();
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

const WAIT_FOR_READER_MS = 50;

/**
 * Writes to a named pipe as soon as it has a reader. Opening it the plain way would block a thread
 * until then, and a process with a blocked thread cannot end in good order, Ctrl-C or not.
 */
async function writeToPipe(path: string, text: string): Promise<void> {
  try {
    let fd = openIfRead(path);
    while (fd === undefined) {
      await new Promise((done) => setTimeout(done, WAIT_FOR_READER_MS));
      fd = openIfRead(path);
    }
    const socket = new Socket({ fd, readable: false, writable: true });
    await new Promise<void>((done, failed) => {
      socket.on("error", failed);
      socket.on("close", () => done());
      socket.end(text);
    });
  } catch (error) {
    // A reader that has seen enough is no error.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw unwritable(path, error);
  }
}

function openIfRead(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
    return undefined;
  }
}

async function ifThere<T>(info: Promise<T>): Promise<T | undefined> {
  try {
    return await info;
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

/** What a system call's error means for an output, as a UserError; other errors as they are. */
export function unwritable(path: string, error: unknown): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  return badInput(clip(path, 200), `cannot be written: ${CAUSES[code] ?? code}`, "a file in a writable folder");
}
