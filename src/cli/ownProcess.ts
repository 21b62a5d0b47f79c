import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.js";
import { EXIT } from "../exit.js";
import type { Io } from "./io.js";

const BIN = fileURLToPath(new URL("../../bin/s2split.js", import.meta.url));

/**
 * Runs this program once more, in a process of its own that no earlier work has warmed. Its stderr
 * is this one's. An interruption is passed on, and its end waited for: it says itself how far it
 * came.
 */
export async function runAgain(args: readonly string[], io: Io): Promise<{ code: number; stdout: string }> {
  // A terminal is handed on as it is, for progress.
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ["ignore", "pipe", io.stderr.isTTY === true ? "inherit" : "pipe"],
  });
  child.stderr?.on("data", (chunk: Buffer) => io.stderr.write(chunk.toString("utf8")));
  const chunks: Buffer[] = [];
  child.stdout!.on("data", (chunk: Buffer) => chunks.push(chunk));
  const release = io.onInterrupt(() => child.kill());
  const code = await new Promise<number | null>((done, failed) => {
    child.on("error", (error) => failed(new UserError(`s2split cannot be run (${error.message})`)));
    child.on("close", done);
  }).finally(release);
  return { code: code ?? EXIT.interrupted, stdout: Buffer.concat(chunks).toString("utf8") };
}
