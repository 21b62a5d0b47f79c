import type { Command } from "commander";
import { EXIT } from "../../exit.js";
import { benchTables } from "../../report/benchTable.js";
import { styleFor } from "../../report/style.js";
import { mergeShards } from "../../results/merge.js";
import { readResults } from "../../results/read.js";
import { addExportOptions, type ExportFlags, Exports, mmusOf } from "../exportOptions.js";
import type { Invocation, Io } from "../io.js";

const HELP = `
The parts are made by bench --shard I/N. A part that is missing, given twice, interrupted or of another sweep is refused by name.
The merged result is the one that bench without --shard gives, but for times and environment.

Example:
  s2split merge part-*.json --export-json whole.json`;

/** Adds `s2split merge`. */
export function register(program: Command, invocation: Invocation): void {
  addExportOptions(program.command("merge"))
    .summary("put the parts of a sharded sweep together")
    .description("Put the results of bench --shard I/N together.")
    .argument("<files...>", "all parts: result files, or folders of them")
    .option("-q, --quiet", "print no table")
    .addHelpText("after", HELP)
    .action(invocation.action(merge));
}

async function merge(
  io: Io,
  files: string[],
  flags: ExportFlags & { quiet?: boolean },
  command: Command,
): Promise<number> {
  const exports = await Exports.prepare(flags, io, files);
  const result = mergeShards(await readResults(files, io.stdin));
  const mmus = await mmusOf([result]);
  await exports.writeFiles(result, mmus);
  if (exports.onStdout) await exports.writeStdout(result, mmus);
  else if (flags.quiet !== true) {
    const style = styleFor(io, command.optsWithGlobals().color);
    io.stdout.write(`${benchTables(result, mmus, style)}\n`);
  }
  return EXIT.fine;
}
