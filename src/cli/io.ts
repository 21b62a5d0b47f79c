import type { Command } from "commander";
import { EXIT } from "../exit.js";
import type { ByteInput, Environment, TextOutput } from "../files/streams.js";
import type { Registry } from "../mmu/registry.js";
import { wrappedOutput } from "../report/wrapLines.js";

/** All that a command has of the world beside files: handed in, so that a test needs no process. */
export interface Io {
  readonly stdin: ByteInput;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Environment;
  /** The MMUs that there are. */
  readonly registry: Registry;
  /**
   * Has the listener told, once, of Ctrl-C, SIGTERM or SIGHUP, in place of ending the program; a
   * second one ends it at once.
   *
   * @returns gives the signals back
   */
  onInterrupt(listener: () => void): () => void;
}

/**
 * A command's work. Its arguments are those that commander hands to an action.
 *
 * @returns the exit code
 */
// biome-ignore lint/suspicious/noExplicitAny: what commander hands over has no type
type Work<A extends any[]> = (io: Io, ...args: A) => Promise<number>;

/** One call of the program: its commands get their io from it, and leave their exit code. */
export class Invocation {
  exitCode: number = EXIT.fine;
  /** What commands get: notes on stderr are no wider than it is. */
  readonly io: Io;

  /** @param everything builds the program with all commands, as shell completion must know them */
  constructor(
    io: Io,
    readonly everything: () => Promise<Command>,
  ) {
    this.io = { ...io, stderr: wrappedOutput(io.stderr, io.env) };
  }

  /** A command's work as commander's action. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  action<A extends any[]>(work: Work<A>): (...args: A) => Promise<void> {
    return async (...args) => {
      this.exitCode = await work(this.io, ...args);
    };
  }
}
