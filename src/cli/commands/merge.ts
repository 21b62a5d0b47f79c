import type { Command } from "commander";
import { benchTables } from "../../report/benchTable.js";
import { styleFor } from "../../report/style.js";
import { mergeShards } from "../../results/merge.js";
import { readResults } from "../../results/read.js";
import { addExportOptions, type ExportFlags, Exports, mmusOf } from "../exportOptions.js";

const HELP = `
The parts are made by bench --shard I/N. A part that is missing, given twice, interrupted or of another sweep is refused by name.
The merged result is the one that bench without --shard gives, but for times and environment.

Example:
  s2split merge part-*.json --export-json whole.json`;

/** Adds `s2split merge`. */
export function register(program: Command): void {
  addExportOptions(program.command("merge"))
    .summary("put the parts of a sharded sweep together")
    .description("Put the results of bench --shard I/N together.")
    .argument("<files...>", "all parts: result files, or folders of them")
    .option("-q, --quiet", "print no table")
    .addHelpText("after", HELP)
    .action(async (files: string[], flags: ExportFlags & { quiet?: boolean }, command: Command) => {
      const exports = await Exports.prepare(flags);
      const result = mergeShards(await readResults(files));
      const mmus = await mmusOf([result]);
      await exports.writeFiles(result, mmus);
      if (exports.onStdout) await exports.writeStdout(result, mmus);
      else if (flags.quiet !== true) {
        const style = styleFor(process.stdout, command.optsWithGlobals().color);
        process.stdout.write(`${benchTables(result, mmus, style)}\n`);
      }
    });
}
