import { CommanderError } from "commander";
import { printable, UserError } from "../errors.js";
import { EXIT } from "../exit.js";
import { Invocation, type Io } from "./io.js";
import { buildProgram } from "./program.js";

/**
 * Runs the command line: parses, runs the command, and turns what was thrown into one line on
 * stderr and an exit code.
 *
 * @param argv the arguments, without those that name Node.js and the program
 * @returns the exit code: see {@link EXIT}
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const invocation: Invocation = new Invocation(io, () => buildProgram([], invocation, true));
    const program = await buildProgram(argv, invocation);
    await program.parseAsync([...argv], { from: "user" });
    return invocation.exitCode;
  } catch (error) {
    return report(error, io);
  }
}

function report(error: unknown, { stderr }: Io): number {
  if (error instanceof CommanderError) {
    // Help and version end in an "error" of code 0; the messages of the others are already on
    // stderr.
    return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  }
  if (error instanceof UserError) {
    stderr.write(`s2split: ${printable(error.message)}\n`);
    return error.exitCode;
  }
  if (error instanceof Error && error.name === "ModelFault") {
    stderr.write(`s2split: model invariant failed: ${error.message}\n`);
    return EXIT.invariant;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`s2split: internal error, please report it: ${text}\n`);
  return EXIT.internal;
}
