import { writeSync } from "node:fs";
import { CommanderError } from "commander";
import { UserError } from "../errors.js";
import { buildProgram } from "./program.js";

/** Exit codes, as documented in --help. */
export const EXIT = { fine: 0, regression: 1, usage: 2, invariant: 3, internal: 70, interrupted: 130 } as const;

/**
 * Runs the command line: parses, runs the command, and turns what was thrown into one line on stderr and an exit code. Sets
 * `process.exitCode` rather than exiting, so that output to a pipe is never cut.
 */
export async function main(argv: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipe(process.stdout);
  endQuietlyOnClosedPipe(process.stderr);
  try {
    const program = await buildProgram(argv.slice(2));
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version end in an "error" of code 0; the messages of the others are already on stderr.
    return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  }
  if (error instanceof UserError) {
    console.error(`s2split: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof Error && error.name === "ModelFault") {
    console.error(`s2split: model invariant failed: ${error.message}`);
    return EXIT.invariant;
  }
  console.error(
    `s2split: internal error, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return EXIT.internal;
}

/** `s2split ... | head` closes the pipe while there is more to say: no reason for a stack. */
function endQuietlyOnClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? EXIT.fine);
    // A full disk, most likely: nothing more can be said there, and what was said is not whole.
    const line = `s2split: ${stream === process.stdout ? "standard output" : "standard error"}: cannot be written (${error.code ?? error.message})\n`;
    try {
      writeSync(process.stderr.fd, line);
    } catch {}
    process.exit(EXIT.usage);
  });
}
