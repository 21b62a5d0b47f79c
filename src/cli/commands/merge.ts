import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { badInput, UserError } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import { readJson } from "../../files/read.js";
import { loadMmu } from "../../mmu/registry.js";
import { benchTables } from "../../report/benchTable.js";
import { type Style, styleFor } from "../../report/style.js";
import { wrapLines } from "../../report/wrapLines.js";
import { mergeShards } from "../../results/merge.js";
import { LARGEST_RESULT_BYTES, readResults } from "../../results/read.js";
import type { NamedShare } from "../../verify/exhaustive.js";
import { addExportOptions, type ExportFlags, Exports, mmusOf } from "../exportOptions.js";
import type { Invocation, Io } from "../io.js";

const HELP = `
The parts are made by bench --shard I/N, or by verify --exhaustive --shard I/N.
A part that is missing, given twice, interrupted or of another sweep is refused
by name. The merged result is the one that bench without --shard gives, but for
times and environment.

Example:
  s2split merge part-*.json --export-json whole.json`;

/** Adds `s2split merge`. */
export function register(program: Command, invocation: Invocation): void {
  addExportOptions(program.command("merge"))
    .description("Put the results of bench --shard I/N, or of verify --exhaustive --shard I/N, together.")
    .argument("<files...>", "all parts: result files, or folders of them")
    .option("-q, --quiet", "print no table")
    .option("--full", "of more than three cases print every table whole")
    .addHelpText("after", HELP)
    .action(invocation.action(merge));
}

async function merge(
  io: Io,
  files: string[],
  flags: ExportFlags & { quiet?: boolean; full?: boolean },
  command: Command,
): Promise<number> {
  const exports = await Exports.prepare(flags, io, files);
  const shares = await exhaustiveShares(files, io);
  if (shares !== undefined)
    return mergeVerdicts(shares, io, files, flags, styleFor(io, command.optsWithGlobals().color));
  const result = mergeShards(await readResults(files, io));
  const mmus = await mmusOf([result], io.registry);
  await exports.writeFiles(result, mmus);
  if (exports.onStdout) await exports.writeStdout(result, mmus);
  else if (flags.quiet !== true) {
    const style = styleFor(io, command.optsWithGlobals().color);
    io.stdout.write(`${benchTables(result, mmus, style, flags.full)}\n`);
  }
  return EXIT.fine;
}

/**
 * The files as shares of an exhaustive search; undefined where the first is none: then they are
 * results of bench.
 */
async function exhaustiveShares(files: readonly string[], io: Io): Promise<NamedShare[] | undefined> {
  const [first] = files;
  if (first === undefined || first === "-" || (await isFolder(first))) return undefined;
  const { isExhaustiveResult } = await import("../../verify/exhaustive.js");
  const expected = "a share of an exhaustive search";
  const how = { expected, maxBytes: LARGEST_RESULT_BYTES, stdin: io.stdin };
  if (!isExhaustiveResult(await readJson(first, how))) return undefined;
  return Promise.all(
    files.map(async (path) => {
      const result = await readJson(path, how);
      if (!isExhaustiveResult(result)) throw badInput(path, "is of another kind than the first file", expected);
      return { path, result };
    }),
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

async function mergeVerdicts(
  shares: readonly NamedShare[],
  io: Io,
  files: readonly string[],
  flags: ExportFlags & { quiet?: boolean; full?: boolean },
  style: Style,
): Promise<number> {
  const [{ mergeExhaustive }, { exhaustiveConclusion, exhaustiveText }, { prepareOutput }] = await Promise.all([
    import("../../verify/exhaustive.js"),
    import("../../report/exhaustiveText.js"),
    import("../../files/write.js"),
  ]);
  const other = Object.keys(flags).find((name) => name.startsWith("export") && name !== "exportJson");
  if (other !== undefined)
    throw new UserError("merge: verdicts of verify are exported as JSON alone; expected --export-json");
  const path = typeof flags.exportJson === "string" ? flags.exportJson : undefined;
  const target = await prepareOutput(path, { stdout: io.stdout, inputs: files });
  const result = mergeExhaustive(shares);
  await target?.write(formatJson(result));
  const wrong = result.strategies.filter(({ failing }) => failing > 0).map(({ strategy }) => strategy);
  if (flags.quiet !== true && flags.exportJson !== "-") {
    io.stdout.write(`${exhaustiveText(result, await loadMmu(result.mmu, io.registry), style)}\n\n`);
    io.stdout.write(`${wrapLines(exhaustiveConclusion(wrong, result.strategies.length, false), style)}\n`);
  }
  return wrong.length > 0 ? EXIT.regression : EXIT.fine;
}
