import { writeSync } from "node:fs";
import { cutShort } from "../cleanup.js";
import { EXIT } from "../exit.js";
import type { TextOutput } from "../files/streams.js";
import { mmus } from "../mmu/registry.js";
import type { Io } from "./io.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The {@link Io} of this process. To be made once. */
export function processIo(): Io {
  process.on("exit", cutShort);
  return {
    stdin: process.stdin,
    stdout: outputOf(process.stdout, "standard output"),
    stderr: outputOf(process.stderr, "standard error"),
    env: process.env,
    registry: mmus,
    onInterrupt: interrupts(),
  };
}

/**
 * A stream of the process. Where its reader has gone (`| head`, a closed terminal), what is left to
 * say is dropped, quietly: the exit code still tells. Where it cannot be written for another
 * reason, what was said is not whole, and the program ends in a line.
 */
function outputOf(stream: NodeJS.WriteStream, name: string): TextOutput {
  let gone = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    gone = true;
    if (error.code === "EPIPE" || (error.code === "EIO" && stream.isTTY)) return;
    try {
      writeSync(process.stderr.fd, `s2split: ${name}: cannot be written (${error.code ?? error.message})\n`);
    } catch {
      // A full disk, most likely, under both.
    }
    process.exit(EXIT.usage);
  });
  return {
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    write: (text) => gone || stream.write(text),
  };
}

/**
 * Signals go to the listeners, once to each; where none is left to be told, the process dies of the
 * signal, as it would without us.
 */
function interrupts(): Io["onInterrupt"] {
  const untold = new Set<() => void>();
  const onSignal = (signal: NodeJS.Signals) => {
    if (untold.size > 0) {
      const listeners = [...untold];
      untold.clear();
      for (const listener of listeners) listener();
      return;
    }
    cutShort();
    // Not process.exit: it waits for threads, and one may be blocked in a pipe that nobody opens.
    for (const name of SIGNALS) process.off(name, onSignal);
    process.kill(process.pid, signal);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return (listener) => {
    // Each call is a listener of its own, even with the same function.
    const own = () => listener();
    untold.add(own);
    return () => {
      untold.delete(own);
    };
  };
}
