import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/s2split.js", import.meta.url));
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunHow {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  /** Another copy of the program. */
  readonly bin?: string;
  /** Called with the child once it runs, to send it signals. */
  readonly during?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the built program, as a user would, without a terminal, colour or GitHub's variables. */
export function s2split(args: readonly string[], how: RunHow = {}): Promise<Ended> {
  const {
    GITHUB_ACTIONS: _a,
    GITHUB_STEP_SUMMARY: _s,
    NO_COLOR: _n,
    FORCE_COLOR: _f,
    COLUMNS: _c,
    ...inherited
  } = process.env;
  const child = spawn(process.execPath, [how.bin ?? BIN, ...args], {
    cwd: how.cwd ?? ROOT,
    env: { ...inherited, ...how.env },
  });
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

/** An empty folder that goes when the test is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "s2split-e2e-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
