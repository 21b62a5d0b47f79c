import { badInput } from "../errors.js";
import { disagreements, missingPhases } from "./completeness.js";
import type { MeasuredCase, MeasuredOutput, MeasuredRun, MeasureNote, SelftestOptions } from "./schema.js";
import { formatCommand, optionsOf, type SelftestCommand } from "./selftestCommand.js";
import { type LoggedRun, parseSelftestLog } from "./selftestLog.js";

/** Where an output comes from: a log, or a process that this program ran. */
export interface OutputOrigin {
  readonly log: string | null;
  readonly rawFile: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationNs: number | null;
  readonly truncated: boolean;
}

/** The parts of a measured result that one output gives. */
export interface ReadOutput {
  readonly output: MeasuredOutput;
  /** `output` is still 0, and `case` the id of {@link cases}. */
  readonly runs: readonly MeasuredRun[];
  readonly cases: readonly MeasuredCase[];
  /** Set where the log has the test's help instead of a run. */
  readonly helpLine: number | undefined;
  readonly failure: string | undefined;
}

/**
 * Reads one log into runs and cases. A command that the output contradicts (other iterations, other
 * mode, other memory) is not taken for its command: figures must not be tied to options that they
 * do not have.
 *
 * @param command taken where the log has no command line of its own
 * @param fallbackCase id of the case where no command is known: runs of unknown commands are not
 *   thrown together
 * @throws UserError where the given command is not that of a run
 */
export function readLog(
  text: string,
  origin: OutputOrigin,
  fallbackCase: string,
  command?: SelftestCommand | undefined,
): ReadOutput {
  const log = parseSelftestLog(text);
  const cases = new Map<string, MeasuredCase>();
  const runs = log.runs.map((run): MeasuredRun => {
    const claimed = run.command ?? command;
    const differ = claimed === undefined ? [] : contradictions(run, optionsOf(claimed));
    if (differ.length > 0 && run.command === undefined) {
      throw badInput(
        `${fallbackCase} line ${run.firstLine}`,
        `not the output of --command: ${differ.join(", ")} differ`,
        "its own command",
      );
    }
    const known = differ.length > 0 ? undefined : claimed;
    const options = known === undefined ? null : optionsOf(known);
    const id = known === undefined ? fallbackCase : formatCommand({ ...known, program: "dirty_log_perf_test" });
    if (!cases.has(id)) {
      cases.set(id, { id, variables: {}, command: known === undefined ? null : formatCommand(known), options });
    }
    const read = measuredRun(run, id, options, origin);
    if (differ.length === 0) return read;
    return { ...read, notes: [...read.notes, { code: "command-disagrees", data: { options: differ } }] };
  });
  const { unread, unreadCount, helpLine, failure } = log;
  return {
    output: { ...origin, unread: [...unread], unreadCount, text },
    runs,
    cases: [...cases.values()],
    helpLine,
    failure,
  };
}

/**
 * A run with its status and what is to be said of it. `round`, `warmup` and `output` are the
 * caller's to set.
 */
export function measuredRun(
  run: LoggedRun,
  id: string,
  options: SelftestOptions | null,
  origin: OutputOrigin,
): MeasuredRun {
  const { command: _, failure, ...logged } = run;
  const missing = missingPhases(run);
  const notes: MeasureNote[] = [...disagreements(run), ...optionNotes(options)];
  if (missing.length > 0) notes.push({ code: "missing-phases", data: { phases: missing } });
  if (failure !== undefined) notes.push({ code: "test-failed", data: { text: failure } });
  const failed = failure !== undefined || (missing.length > 0 && origin.exitCode !== null && origin.exitCode !== 0);
  return {
    case: id,
    round: null,
    warmup: false,
    output: 0,
    ...logged,
    status: failed ? "failed" : missing.length > 0 ? "incomplete" : "complete",
    notes,
  };
}

/**
 * What the options of a run do to the meaning of its figures.
 *
 * In Linux 7.3 the guest of dirty_log_perf_test never gets the seed: its copy of
 * `guest_random_seed` stays 0, and vCPU k draws from a Lehmer generator seeded with 0 + k
 * (tools/testing/selftests/kvm/lib/memstress.c). Seeded with 0 it draws 0 for ever: vCPU 0 writes
 * every page unless `-w 0`, and with `-a` touches its first page over and over. The fixture with
 * `-w 50 -a` shows it: a millisecond for 16384 pages.
 *
 * `-p` is parsed into `p.phys_offset`, which nothing reads (dirty_log_perf_test.c): the memory lies
 * where it does without it.
 */
function optionNotes(options: SelftestOptions | null): MeasureNote[] {
  if (options === null) return [];
  const notes: MeasureNote[] = [];
  const { vcpus, writePercent } = options;
  if (writePercent > 0 && writePercent < 100) {
    notes.push({ code: "write-percent-ignored", data: { writePercent, vcpus } });
  }
  if (options.randomAccess) notes.push({ code: "random-access-one-page", data: { vcpus } });
  if (options.offset !== null) notes.push({ code: "offset-ignored", data: { offset: options.offset } });
  if (options.unknown.length > 0) notes.push({ code: "options-unknown", data: { words: options.unknown } });
  return notes;
}

/** The options that an output contradicts. */
function contradictions(run: LoggedRun, options: SelftestOptions): string[] {
  const differ: string[] = [];
  if (run.iterations !== null && run.iterations !== options.iterations) differ.push("-i");
  const clears = run.phases.some(({ phase }) => phase === "clear");
  // Without a clear a run is -g, or was cut before its first one.
  if (clears !== options.manualProtect && (clears || missingPhases(run).length === 0)) differ.push("-g");
  if (run.region?.end != null) {
    const bytes = Number(run.region.end) - Number(run.region.start);
    // Rounded up to the larger of guest and host page.
    if (Math.abs(bytes - options.vcpus * options.memoryPerVcpuBytes) >= 2 ** 16) differ.push("-b");
  }
  return differ;
}
