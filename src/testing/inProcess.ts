import type { Io } from "../cli/io.js";
import { main } from "../cli/main.js";
import { mmus, type Registry } from "../mmu/registry.js";

/**
 * How a run of the program ended, and what it said: the same whether it ran in a process of its own
 * or in this one.
 */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunHow {
  /** Default: the project's root. With it, no other run may go on at the same time. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** Makes stdout and stderr a terminal of this width. */
  readonly columns?: number;
  /** Default: the MMUs that the program has. */
  readonly registry?: Registry;
}

/**
 * Text as it was before it was broken into lines that fit: for what is said, wherever its lines
 * end.
 */
export function unwrapped(text: string): string {
  return text.replace(/\n +/g, " ");
}

/**
 * An {@link Io} that keeps what is written, to each stream and to both as it came. No signal ever
 * comes.
 */
export function memoryIo({ env = {}, stdin = "", columns, registry = mmus }: RunHow = {}) {
  const written = { stdout: "", stderr: "", both: "" };
  const output = (name: "stdout" | "stderr") => ({
    ...(columns === undefined ? {} : { isTTY: true, columns }),
    write: (text: string) => {
      written[name] += text;
      written.both += text;
    },
  });
  const io: Io = {
    stdin: (async function* () {
      if (stdin !== "") yield Buffer.from(stdin);
    })(),
    stdout: output("stdout"),
    stderr: output("stderr"),
    env,
    registry,
    onInterrupt: () => () => {},
  };
  return { io, written };
}

/**
 * Runs the command line in this process, from the sources: for whatever is not about signals,
 * pipes, or how a process ends. The environment is empty but for what is given: no colour, no
 * GitHub.
 */
export function run(args: readonly string[], how: RunHow = {}): Promise<Ended> {
  return runMain(main, args, how);
}

/** The same with any `main`: that of dist/, say. */
export async function runMain(call: typeof main, args: readonly string[], how: RunHow = {}): Promise<Ended> {
  const { io, written } = memoryIo(how);
  const before = process.cwd();
  if (how.cwd !== undefined) process.chdir(how.cwd);
  try {
    const code = await call(args, io);
    return { code, stdout: written.stdout, stderr: written.stderr };
  } finally {
    if (how.cwd !== undefined) process.chdir(before);
  }
}
