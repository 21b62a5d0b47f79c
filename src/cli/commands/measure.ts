import type { Command } from "commander";
import { badInput } from "../../errors.js";
import { EXIT } from "../../exit.js";
import { formatJson } from "../../files/json.js";
import type { OutputTarget } from "../../files/write.js";
import type { ChunkPreload } from "../../measure/eagerSplit.js";

import type { MeasurePlan, PlannedRun } from "../../measure/plan.js";
import type { RawFolder } from "../../measure/rawFolder.js";
import type { RunRecord } from "../../measure/runner.js";
import type { MachineNote, MeasurementFile } from "../../measure/schema.js";
import type { Invocation, Io } from "../io.js";
import { integer, list } from "../options.js";
import { refuseOverwrite } from "../overwrite.js";

interface MeasureOptions {
  readonly runs: number;
  readonly warmup: number;
  readonly vary?: string[];
  readonly env?: string[];
  readonly eagerSplitChunk?: string[];
  readonly timeout: number;
  readonly output: string;
  readonly force?: boolean;
  readonly color?: "auto" | "always" | "never";
}

const EXAMPLES = `
Examples:
  s2split measure -- ./dirty_log_perf_test -m 6 -b 1G -s anonymous_thp
  s2split measure --runs 20 --vary 's=anonymous,anonymous_thp' \\
      --vary 'g=on,off' --output patched.json \\
      -- ./dirty_log_perf_test -m 6 -b 16G -c 2,3
  s2split measure --eager-split-chunk 0,2M,1G --vary g=on,off \\
      -- ./dirty_log_perf_test -m 6 -b 1G -s anonymous_thp

Runs are interleaved: every case once in each round. All raw output is kept, in
the result and in files beside it.
Exit code 1: some run failed, and is named; the others count.`;

/** Adds `measure`: run the real selftest, again and again, and summarise what it prints. */
export function register(program: Command, invocation: Invocation): void {
  program
    .command("measure")
    .description(
      "Run the real dirty_log_perf_test repeatedly, interleaved over what varies, and give each phase's median " +
        "and interval.",
    )
    .argument("<command...>", "-- and the test with its options")
    .option("--runs <n>", "measured runs of each case", integer(1, 10_000), 10)
    .option("--warmup <n>", "runs of each case before, not counted", integer(0, 1000), 1)
    .option(
      "--vary <option=values>",
      "an option of the test with several values, by letter (flags: on,off), or an environment variable; repeatable",
      repeat,
    )
    .option("--env <name=value>", "set in the test's environment; repeatable", repeat)
    .option(
      "--eager-split-chunk <list>",
      "arm64: eager-split chunks (0 is off), set by a library preloaded into the unmodified test; needs a C compiler",
      list,
    )
    .option("--timeout <seconds>", "end a run after this long; 0 is never", integer(0, 86_400), 600)
    .option(
      "--output <file>",
      "measured result (JSON); raw output goes beside it, to FILE.raw/",
      "s2split-measurement.json",
    )
    .option("--force", "overwrite the output")
    .addHelpText("after", EXAMPLES)
    .action(invocation.action(measure));
}

function repeat(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

async function measure(io: Io, command: readonly string[], _: unknown, self: Command): Promise<number> {
  const options = self.optsWithGlobals<MeasureOptions>();
  const { planMeasurement } = await import("../../measure/plan.js");
  const plan = planMeasurement(command, options);
  if (options.output === "-") throw badInput("--output -", "raw output needs a place beside the result", "a file");
  const machine = await checkedMachine(io, plan, options);
  // Places are opened first: hours of runs must not end in "permission denied".
  const places = await openPlaces(io, options);
  const { file, interrupted } = await measured(io, plan, options, places, await beginning(io, plan, options, machine));
  const { target, raw } = places;
  let written: string | null = options.output;
  if (!interrupted) await target.write(formatJson(file));
  else written = isWorthKeeping(file) ? await target.writePartial(formatJson(file)) : null;

  const [{ measureReport, unreadReport }, { styleFor }] = await Promise.all([
    import("../../report/measureReport.js"),
    import("../../report/style.js"),
  ]);
  for (const line of unreadReport(file)) io.stderr.write(`${line}\n`);
  io.stdout.write(measureReport(file, styleFor(io, options.color ?? "auto")));
  io.stdout.write(`Written: ${written ?? "no result, for no run was finished"}, raw output in ${raw.folder}\n`);
  if (interrupted) return EXIT.interrupted;
  return file.runs.some((run) => run.status !== "complete") ? EXIT.regression : EXIT.fine;
}

/** The machine, on which the test can run as far as can be told without running it. */
async function checkedMachine(io: Io, plan: MeasurePlan, options: MeasureOptions): Promise<MachineNote> {
  const [{ readMachineNote }, { checkDynamic, checkProgram }] = await Promise.all([
    import("../../measure/machineNote.js"),
    import("../../measure/program.js"),
  ]);
  const machine = await readMachineNote();
  const { program } = plan;
  const searchPath = io.env.PATH ?? "";
  await checkProgram(program, machine.kvmDevice, searchPath);
  if (options.eagerSplitChunk !== undefined) await checkDynamic(program, searchPath);
  return machine;
}

/** Where the result and raw output go, and the library that sets the chunk. */
interface Places {
  readonly target: OutputTarget;
  readonly raw: RawFolder;
  readonly chunkPreload: ChunkPreload | undefined;
}

async function openPlaces(io: Io, options: MeasureOptions): Promise<Places> {
  const [{ prepareOutput }, { RawFolder }] = await Promise.all([
    import("../../files/write.js"),
    import("../../measure/rawFolder.js"),
  ]);
  await refuseOverwrite(options.output, options.force);
  const target = await prepareOutput(options.output);
  const chunkPreload =
    options.eagerSplitChunk === undefined
      ? undefined
      : await (await import("../../measure/eagerSplit.js")).prepareChunkPreload(io.env);
  return { target, chunkPreload, raw: await RawFolder.open(options.output, options.force === true) };
}

/** The result before the first run, with its warnings, which are told. */
async function beginning(
  io: Io,
  plan: MeasurePlan,
  options: MeasureOptions,
  machine: MachineNote,
): Promise<MeasurementFile> {
  const [{ emptyMeasurement }, { machineWarnings }, { planWarnings }, { noteWords }, { toolVersion }] =
    await Promise.all([
      import("../../measure/assemble.js"),
      import("../../measure/machineNote.js"),
      import("../../measure/plan.js"),
      import("../../report/measureNotes.js"),
      import("../../version.js"),
    ]);
  const known = plan.cases.flatMap((one) => (one.options === null ? [] : [one.options]));
  const warnings = [...machineWarnings(machine, known), ...planWarnings(plan)];
  for (const warning of warnings) io.stderr.write(`warning: ${noteWords(warning)}\n`);
  return {
    ...emptyMeasurement("measure", toolVersion()),
    partial: true,
    createdAt: new Date().toISOString(),
    machine,
    warnings,
    plan: { warmup: plan.warmup, runs: plan.runs, timeoutMs: timeoutOf(options) },
    cases: plan.cases.map(({ id, variables, command: line, options: parsed }) => ({
      id,
      variables,
      command: line,
      options: parsed,
    })),
  };
}

function timeoutOf({ timeout }: MeasureOptions): number | null {
  return timeout === 0 ? null : timeout * 1000;
}

/** Runs the plan; after each run the result so far is written. */
async function measured(
  io: Io,
  plan: MeasurePlan,
  options: MeasureOptions,
  { target, raw, chunkPreload }: Places,
  begun: MeasurementFile,
): Promise<{ readonly file: MeasurementFile; readonly interrupted: boolean }> {
  const [{ failureLines, progressLine }, { Progress }, { runMeasurement }] = await Promise.all([
    import("../../report/measureProgress.js"),
    import("../../report/progress.js"),
    import("../../measure/runner.js"),
  ]);
  let file = begun;
  const progress = new Progress(io.stderr, true);
  const total = plan.order.length;
  let spentNs = 0;
  const onStart = (planned: PlannedRun, index: number) =>
    progress.show(index / total, progressLine(planned, index, total, index === 0 ? null : spentNs / index));
  const onRecord = async (record: RunRecord) => {
    const { output, runs } = record;
    spentNs += output.durationNs ?? 0;
    await raw.write(output.rawFile, output.text);
    file = { ...withChunkOf(record, file), outputs: [...file.outputs, output], runs: [...file.runs, ...runs] };
    if (isWorthKeeping(file)) await target.writePartial(formatJson(file));
    const failures = failureLines(record);
    if (failures.length > 0) progress.clear();
    for (const line of failures) io.stderr.write(`${line}\n`);
  };
  try {
    const interrupted = await untilInterrupted(io, (signal) =>
      runMeasurement(plan, {
        env: io.env,
        timeoutMs: timeoutOf(options),
        signal,
        onStart,
        onRecord,
        rawFile: (planned, index) => raw.name(planned, index),
        chunkPreload,
      }),
    );
    return { file: { ...file, partial: interrupted }, interrupted };
  } finally {
    progress.clear();
    await chunkPreload?.remove();
    if (file.outputs.length === 0) await raw.removeEmpty();
  }
}

/** Whether any run came to an end of its own. */
function isWorthKeeping({ runs }: MeasurementFile): boolean {
  return runs.some(({ status }) => status !== "interrupted");
}

/** The result with the case's chunk, once a run has proved it. */
function withChunkOf({ planned, provedChunkBytes }: RunRecord, file: MeasurementFile): MeasurementFile {
  if (provedChunkBytes === null) return file;
  const cases = file.cases.map((one) =>
    one.id === planned.case.id && one.options !== null
      ? { ...one, options: { ...one.options, eagerSplitChunkBytes: provedChunkBytes } }
      : one,
  );
  return { ...file, cases };
}

/**
 * Ends the run that is under way on the first Ctrl-C or SIGTERM, so that what was measured is
 * written; a second one ends this program, and the run with it, at once.
 */
async function untilInterrupted(io: Io, work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
  const controller = new AbortController();
  const release = io.onInterrupt(() => {
    io.stderr.write("interrupted: ending the run, then writing what there is\n");
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
