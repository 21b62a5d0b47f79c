import { x } from "tinyexec";
import { whenCutShort } from "../cleanup.js";
import { badInput } from "../errors.js";
import type { Environment } from "../files/streams.js";

export interface ProcessOutcome {
  /** Standard output and standard error, as they came. */
  readonly text: string;
  readonly truncated: boolean;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationNs: number;
  /** Why this program ended it, if it did. */
  readonly ended: "timeout" | "interrupted" | null;
}

/** What is kept of an output; a run of the selftest prints a few kilobytes for each guest mode. */
const MAX_BYTES = 4 * 2 ** 20;
/** Between asking a process to end and making it, where nothing else is said. */
const GRACE_MS = 2000;

/**
 * Runs a program once, alone in a process group, so that it and all its children can be ended: by
 * the timeout or by the signal.
 *
 * @param env its environment, on top of what this process has
 * @throws UserError if there is no such program or it may not be run; any outcome of a started one
 *   is returned
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  env: Environment,
  timeoutMs: number | null,
  signal: AbortSignal,
  graceMs = GRACE_MS,
): Promise<ProcessOutcome> {
  const started = process.hrtime.bigint();
  // A group of its own also keeps the terminal's Ctrl-C from it: this program ends it, and says so
  // in the result.
  const child = x(program, args, {
    nodeOptions: { detached: true, env, stdio: ["ignore", "pipe", "pipe"] },
  });
  const handle = child.process;
  const chunks: Buffer[] = [];
  let bytes = 0;
  let truncated = false;
  let ended: ProcessOutcome["ended"] = null;
  const kill = (how: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, how);
    } catch {
      // It has ended already.
    }
  };
  let force: NodeJS.Timeout | undefined;
  const end = (why: ProcessOutcome["ended"]) => {
    ended ??= why;
    kill("SIGTERM");
    force ??= setTimeout(() => kill("SIGKILL"), graceMs);
  };
  const keep = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BYTES) chunks.push(chunk);
    else if (!truncated) {
      truncated = true;
      end(null);
    }
  };
  handle?.stdout?.on("data", keep);
  handle?.stderr?.on("data", keep);
  // If this program ends first, by a second Ctrl-C or a fault, the test must not go on without it.
  const finished = whenCutShort(() => kill("SIGKILL"));
  const timer = timeoutMs === null ? undefined : setTimeout(() => end("timeout"), timeoutMs);
  const onAbort = () => end("interrupted");
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  try {
    await child;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw badInput(program, "no such program", "the path of dirty_log_perf_test");
    if (code === "EACCES") throw badInput(program, "may not be run", "an executable file");
    throw error;
  } finally {
    clearTimeout(timer);
    clearTimeout(force);
    signal.removeEventListener("abort", onAbort);
    finished();
    // Children that outlived it would hold the CPUs of the runs to come.
    kill("SIGKILL");
  }
  return {
    text: Buffer.concat(chunks).toString("utf8"),
    truncated,
    exitCode: child.exitCode ?? null,
    signal: child.signalCode,
    durationNs: Number(process.hrtime.bigint() - started),
    ended,
  };
}
