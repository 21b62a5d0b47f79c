import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { x } from "tinyexec";
import { whenCutShort } from "../cleanup.js";
import { badInput, clip, UserError } from "../errors.js";
import type { Environment } from "../files/streams.js";
import { formatSize } from "../guest/sizes.js";
import { preloadSource } from "./preloadSource.js";

/** The library that sets the eager-split chunk, and where it says that it did. */
export interface ChunkPreload {
  readonly library: string;
  /** Written anew by each run. */
  readonly proof: string;
  /** Takes away what was made for this measurement; a library in the cache stays. */
  remove(): Promise<void>;
}

/** What a run has said of the chunk: `set` for every VM, or why not. */
export type ChunkProof =
  | { readonly kind: "set"; readonly bytes: number; readonly vms: number }
  /** The test made no VM that the library saw. */
  | { readonly kind: "silent" }
  | { readonly kind: "refused"; readonly bytes: number; readonly errno: number; readonly sizes: readonly number[] };

/**
 * Compiles the library, unless it is in the cache: `$XDG_CACHE_HOME/s2split` or `~/.cache/s2split`,
 * by the hash of its text, the compiler and the machine.
 *
 * @param env where `CC` names another compiler than `cc`
 * @throws UserError where there is no compiler, or it fails
 */
export async function prepareChunkPreload(env: Environment): Promise<ChunkPreload> {
  const compiler = env.CC === undefined || env.CC === "" ? "cc" : env.CC;
  const folder = await mkdtemp(join(tmpdir(), "s2split-chunk-"));
  try {
    const library = await cachedLibrary(compiler, folder, env);
    const kept = whenCutShort(() => rmSync(folder, { recursive: true, force: true }));
    const remove = async () => {
      kept();
      await rm(folder, { recursive: true, force: true });
    };
    return { library, proof: join(folder, "proof"), remove };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * What the test is run with, so that it has the chunk.
 *
 * @param given what the user sets, LD_PRELOAD perhaps among it
 */
export function chunkEnvironment(preload: ChunkPreload, bytes: number, given: Environment): Record<string, string> {
  const others = given.LD_PRELOAD === undefined || given.LD_PRELOAD === "" ? [] : [given.LD_PRELOAD];
  return {
    LD_PRELOAD: [preload.library, ...others].join(":"),
    S2SPLIT_CHUNK: String(bytes),
    S2SPLIT_CHUNK_PROOF: preload.proof,
  };
}

/** Forgets the run before. */
export async function clearProof({ proof }: ChunkPreload): Promise<void> {
  await rm(proof, { force: true });
}

/** What the run that has just ended has said. */
export async function readProof({ proof }: ChunkPreload): Promise<ChunkProof> {
  let text: string;
  try {
    text = await readFile(proof, "utf8");
  } catch {
    return { kind: "silent" };
  }
  const refused = /^refused vm \d+ chunk (\d+) errno (\d+) sizes (\d+)$/m.exec(text);
  if (refused !== null) {
    const sizes = Number(refused[3]);
    const bits = Array.from({ length: 31 }, (_, bit) => bit).filter((bit) => ((sizes >>> bit) & 1) === 1);
    return {
      kind: "refused",
      bytes: Number(refused[1]),
      errno: Number(refused[2]),
      sizes: bits.map((bit) => 2 ** bit),
    };
  }
  const chunks = [...text.matchAll(/^set vm \d+ chunk (\d+)$/gm)].map((set) => Number(set[1]));
  if (chunks.length === 0 || chunks.some((bytes) => bytes !== chunks[0])) return { kind: "silent" };
  return { kind: "set", bytes: chunks[0]!, vms: chunks.length };
}

/** The error for a chunk that the kernel does not take. */
export function chunkRefused({ bytes, errno, sizes }: Extract<ChunkProof, { kind: "refused" }>): UserError {
  if (sizes.length === 0) {
    return new UserError(
      `--eager-split-chunk ${formatSize(bytes)}: this kernel has no KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE; expected ` +
        "KVM on arm64, Linux 6.5 or newer",
    );
  }
  return badInput(
    `--eager-split-chunk ${formatSize(bytes)}`,
    `the kernel refuses it (errno ${errno})`,
    `0, or one of ${sizes.map(formatSize).join(", ")}`,
  );
}

async function cachedLibrary(compiler: string, folder: string, env: Environment): Promise<string> {
  const key = createHash("sha256")
    .update([preloadSource, compiler, process.arch].join("\0"))
    .digest("hex")
    .slice(0, 16);
  const cache = await cacheFolder(env);
  const name = `eager-split-chunk-${key}.so`;
  if (cache !== undefined) {
    const there = join(cache, name);
    if (await exists(there)) return there;
  }
  const built = join(folder, name);
  await compile(compiler, folder, built);
  if (cache === undefined) return built;
  // By a name of its own first: two measurements may build it at once, and one may be ended in the
  // middle.
  const target = join(cache, name);
  const own = `${target}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(own, await readFile(built), { mode: 0o755 });
    await rename(own, target);
    return target;
  } catch {
    await rm(own, { force: true });
    return built;
  }
}

/** Undefined where there is no place for a cache: then the library is made for each measurement. */
async function cacheFolder(env: Environment): Promise<string | undefined> {
  const base = env.XDG_CACHE_HOME || (env.HOME ? join(env.HOME, ".cache") : undefined);
  if (base === undefined) return undefined;
  const folder = join(base, "s2split");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    return undefined;
  }
}

async function compile(compiler: string, folder: string, target: string): Promise<void> {
  const source = join(folder, "chunk.c");
  await writeFile(source, preloadSource);
  const needed = "a C compiler with its headers (Debian: gcc and libc6-dev), or CC naming one";
  let result: { readonly exitCode: number | undefined; readonly stderr: string };
  try {
    result = await x(compiler, ["-O2", "-shared", "-fPIC", "-o", target, source, "-ldl"]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const problem =
      code === "ENOENT"
        ? `there is no ${clip(compiler)} to build the library that sets it`
        : `${clip(compiler)}: ${code}`;
    throw badInput("--eager-split-chunk", problem, needed);
  }
  if (result.exitCode === 0 && (await exists(target))) return;
  const said =
    result.stderr.split("\n").find((line) => /error|cannot|fatal/i.test(line)) ?? `exit code ${result.exitCode}`;
  throw badInput(
    "--eager-split-chunk",
    `${clip(compiler)} cannot build the library that sets it (${clip(said, 120)})`,
    needed,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
