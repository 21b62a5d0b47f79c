import type { MeasurePlan, PlannedRun } from "./plan.js";
import { runProcess } from "./process.js";
import { measuredRun } from "./readLog.js";
import type { MeasuredOutput, MeasuredRun } from "./schema.js";
import { type LoggedRun, parseSelftestLog } from "./selftestLog.js";

/** What one process gave: an output and its runs, one for each guest mode; one without phases where it printed none. */
export interface RunRecord {
  readonly planned: PlannedRun;
  readonly output: MeasuredOutput;
  readonly runs: readonly MeasuredRun[];
}

export interface RunnerOptions {
  readonly timeoutMs: number | null;
  /** Ends the process that runs, and the measurement after it. */
  readonly signal: AbortSignal;
  readonly onStart?: (planned: PlannedRun, index: number) => void;
  /** Called after each process, before the next one: write the result here, so that a crash loses nothing. */
  readonly onRecord: (record: RunRecord) => Promise<void>;
  /** Name of the raw output of a run beside the result; null where none is written. */
  readonly rawFile: (planned: PlannedRun, index: number) => string | null;
}

/**
 * Runs a plan. A run that fails, hangs or prints what cannot be read is recorded as such, and the next one follows.
 *
 * @returns true if it was interrupted
 * @throws UserError if the program cannot be started at all
 */
export async function runMeasurement(plan: MeasurePlan, options: RunnerOptions): Promise<boolean> {
  const { signal, timeoutMs } = options;
  for (const [index, planned] of plan.order.entries()) {
    if (signal.aborted) return true;
    options.onStart?.(planned, index);
    const { program, args, env } = planned.case;
    const outcome = await runProcess(program, args, env, timeoutMs, signal);
    await options.onRecord(recordOf(planned, index, outcome, options.rawFile(planned, index)));
  }
  return signal.aborted;
}

function recordOf(
  planned: PlannedRun,
  index: number,
  outcome: Awaited<ReturnType<typeof runProcess>>,
  rawFile: string | null,
): RunRecord {
  const { text, truncated, exitCode, signal, durationNs, ended } = outcome;
  const origin = { log: null, rawFile, exitCode, signal, durationNs, truncated };
  const log = parseSelftestLog(text);
  const logged = log.runs.map((run) => measuredRun(run, planned.case.id, planned.case.options, origin));
  if (logged.length === 0) {
    logged.push(measuredRun(nothing(log.failure), planned.case.id, planned.case.options, origin));
  }
  // The guest mode that was running when it was ended is the last one; those before it are whole.
  const runs = logged.map((run, i): MeasuredRun => {
    const status =
      i === logged.length - 1 && run.status !== "complete" ? endOf(run, ended, exitCode, signal) : run.status;
    const whole =
      status === "complete" && exitCode !== 0 ? { code: "exit-code", data: exitData(exitCode, signal) } : undefined;
    return {
      ...run,
      round: planned.round,
      warmup: planned.warmup,
      output: index,
      status,
      notes: whole === undefined ? run.notes : [...run.notes, whole],
    };
  });
  return { planned, output: { ...origin, unread: [...log.unread], unreadCount: log.unreadCount, text }, runs };
}

function endOf(
  run: MeasuredRun,
  ended: "timeout" | "interrupted" | null,
  exitCode: number | null,
  signal: string | null,
): MeasuredRun["status"] {
  if (ended !== null) return ended;
  return exitCode !== 0 || signal !== null ? "failed" : run.status;
}

function exitData(exitCode: number | null, signal: string | null) {
  return exitCode === null ? { signal: signal ?? "" } : { exitCode };
}

/** The run of a process that printed none. */
function nothing(failure: string | undefined): LoggedRun {
  return {
    firstLine: 0,
    lastLine: 0,
    guestMode: null,
    iterations: null,
    region: null,
    seeds: [],
    phases: [],
    totals: [],
    command: undefined,
    failure,
  };
}
