import type { Command } from "commander";
import { badInput } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { nonEmpty } from "../../lists.js";
import type { ReadOutput } from "../../measure/readLog.js";
import type { MeasurementFile } from "../../measure/schema.js";
import type { Invocation, Io } from "../io.js";
import { refuseOverwrite } from "../overwrite.js";

interface ImportOptions {
  readonly command?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly color?: "auto" | "always" | "never";
}

const EXAMPLES = `
Examples:
  s2split import dlpt-4k.log dlpt-thp.log --output measured.json
  s2split import --command "dirty_log_perf_test -v 96 -s anonymous_thp" mail.txt
  ./dirty_log_perf_test -b 1G | s2split import -

A command line in a log is found ("$ ./dirty_log_perf_test -b 1G"); without one,
the options of a run are not known, and calibrate and validate cannot use it.
Logs with the same command are runs of one case. Lines that cannot be read are
named on stderr.

Exit codes: 0 every run is complete; 1 some are, others not (they are in the
result, marked, and left out of figures); 2 none is: nothing is written.`;

/** Adds `import`: saved output of dirty_log_perf_test as a measured result. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("import")
    .description("Read saved output of the real dirty_log_perf_test, of any kernel version, into a measured result.")
    .argument("<logs...>", "files with its output, mails and kselftest logs included; - is standard input")
    .option("--command <line>", "the command of logs that do not have it")
    .option("--output <file>", "write the measured result (JSON) here, for compare, calibrate and validate")
    .option("--force", "overwrite the output")
    .option("--json", "print the measured result instead of the report")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(importLogs));
}

async function importLogs(io: Io, logs: readonly string[], _: unknown, self: Command): Promise<number> {
  const options = self.optsWithGlobals<ImportOptions>();
  const [{ readLog }, { findSelftestCommand }, { assembleImport }, { nameOf, readText }] = await Promise.all([
    import("../../measure/readLog.js"),
    import("../../measure/selftestCommand.js"),
    import("../../measure/assemble.js"),
    import("../../files/read.js"),
  ]);
  const command = options.command === undefined ? undefined : findSelftestCommand(options.command);
  if (options.command !== undefined && command === undefined) {
    throw badInput(`--command "${options.command}"`, "not a command of the selftest", '"dirty_log_perf_test OPTIONS"');
  }
  const { prepareOutput } = await import("../../files/write.js");
  await refuseOverwrite(options.output, options.force);
  const target = await prepareOutput(options.output, { stdout: io.stdout, inputs: logs });

  const read: ReadOutput[] = [];
  for (const log of logs) {
    const name = nameOf(log);
    const text = await readText(log, { expected: "output of dirty_log_perf_test", stdin: io.stdin });
    const origin = { log: name, rawFile: null, exitCode: null, signal: null, durationNs: null, truncated: false };
    const one = readLog(text, origin, name, command);
    if (one.runs.length === 0) throw badInput(name, whyNoRun(one), 'lines as "Populate memory time: 1.234567890s"');
    read.push(one);
  }
  const { toolVersion } = await import("../../version.js");
  const file = assembleImport(read, toolVersion());
  const complete = file.runs.filter((run) => run.status === "complete").length;
  if (complete === 0)
    throw badInput(read.length === 1 ? nameOf(logs[0]!) : `${logs.length} logs`, ...(await whyNone(file)));
  const { formatJson } = await import("../../files/json.js");
  await target?.write(formatJson(file));

  const { unreadReport, measureReport } = await import("../../report/measureReport.js");
  for (const line of unreadReport(file)) io.stderr.write(`${line}\n`);
  if (options.json === true) io.stdout.write(formatJson(file));
  else {
    const { styleFor } = await import("../../report/style.js");
    io.stdout.write(measureReport(file, styleFor(io, options.color ?? "auto")));
  }
  return complete < file.runs.length ? EXIT.regression : EXIT.fine;
}

/**
 * What is wrong where no run is complete, with what the first one says of itself; and what was
 * expected.
 */
async function whyNone({ runs }: MeasurementFile): Promise<[string, string]> {
  const { noteWords } = await import("../../report/measureNotes.js");
  const [first] = nonEmpty(runs);
  const why = first.notes.filter(({ code }) => code === "missing-phases" || code === "test-failed").map(noteWords);
  const which = runs.length === 1 ? "its run is" : `none of ${runs.length} runs is complete, the first is`;
  const words = [`${which} ${first.status}`, ...why].join("; ");
  return [words, "a run with all its phases, from populating to disabling"];
}

function whyNoRun({ helpLine, failure }: ReadOutput): string {
  if (helpLine !== undefined) return `has the help of the test (line ${helpLine}), no run`;
  return failure === undefined ? "has no run of dirty_log_perf_test" : `has no run: ${failure}`;
}
