import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import type { main as Main } from "../cli/main.js";
import type { Registry } from "../mmu/registry.js";
import { type Ended, memoryIo, type RunHow, runMain } from "../testing/inProcess.js";
import { ROOT } from "../testing/temporaryFolder.js";

export { ROOT, temporaryFolder } from "../testing/temporaryFolder.js";

const BIN = join(ROOT, "bin", "s2split.js");

const built = (path: string): Promise<unknown> => import(pathToFileURL(join(ROOT, "dist", path)).href);
const { main } = (await built("cli/main.js")) as { main: typeof Main };
const { mmus: registry } = (await built("mmu/registry.js")) as { mmus: Registry };

/** The same, with what it writes to both streams as it comes, as a terminal shows it. */
export async function shown(args: readonly string[], how: RunHow = {}): Promise<{ code: number; output: string }> {
  const { io, written } = memoryIo({ registry, ...how });
  const call: typeof main = (words) => main(words, io);
  const { code } = await runMain(call, args, how);
  return { code: code!, output: written.both };
}

/**
 * Runs the built program in this process: for all that is not about signals, pipes or the end of a
 * process.
 */
export function s2split(args: readonly string[], how: RunHow = {}): Promise<Ended> {
  return runMain(main, args, { registry, ...how });
}

export interface SpawnHow extends Omit<RunHow, "columns"> {
  /** Another copy of the program. */
  readonly bin?: string;
  /** Called with the child once it runs, to send it signals. */
  readonly during?: (child: ReturnType<typeof spawn>) => void;
}

/** The environment of a child: without colour, GitHub's variables and the width of a terminal. */
export function childEnvironment(more: SpawnHow["env"] = {}): NodeJS.ProcessEnv {
  const {
    GITHUB_ACTIONS: _a,
    GITHUB_STEP_SUMMARY: _s,
    NO_COLOR: _n,
    FORCE_COLOR: _f,
    COLUMNS: _c,
    ...inherited
  } = process.env;
  return { ...inherited, ...more };
}

/**
 * Runs the built program as a user would, in a process of its own, without a terminal. It is killed
 * if the test ends before it does.
 */
export function spawned(args: readonly string[], how: SpawnHow = {}): Promise<Ended> {
  const child = spawn(process.execPath, [how.bin ?? BIN, ...args], {
    cwd: how.cwd ?? ROOT,
    env: childEnvironment(how.env),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString("utf8"), stderr: Buffer.concat(err).toString("utf8") }),
    );
    child.stdin.end(how.stdin ?? "");
    how.during?.(child);
  });
}
