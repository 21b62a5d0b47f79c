import type { Environment } from "../files/streams.js";
import {
  type ChunkPreload,
  type ChunkProof,
  chunkEnvironment,
  chunkRefused,
  clearProof,
  readProof,
} from "./eagerSplit.js";
import type { MeasurePlan, PlannedRun } from "./plan.js";
import { runProcess } from "./process.js";
import { measuredRun } from "./readLog.js";
import type { MeasuredOutput, MeasuredRun } from "./schema.js";
import { type LoggedRun, parseSelftestLog } from "./selftestLog.js";

/**
 * What one process gave: an output and its runs, one for each guest mode; one without phases where
 * it printed none.
 */
export interface RunRecord {
  readonly planned: PlannedRun;
  readonly output: MeasuredOutput;
  readonly runs: readonly MeasuredRun[];
  /** The eager-split chunk that the run is proved to have had; null where nothing proves one. */
  readonly provedChunkBytes: number | null;
}

export interface RunnerOptions {
  /** What the program was given: processes inherit it, and what the plan sets comes on top. */
  readonly env: Environment;
  readonly timeoutMs: number | null;
  /** How long a process that was asked to end may take. Default 2 s. */
  readonly graceMs?: number;
  /** Ends the process that runs, and the measurement after it. */
  readonly signal: AbortSignal;
  readonly onStart?: (planned: PlannedRun, index: number) => void;
  /**
   * Called after each process, before the next one: write the result here, so that a crash loses
   * nothing.
   */
  readonly onRecord: (record: RunRecord) => Promise<void>;
  /** Name of the raw output of a run beside the result; null where none is written. */
  readonly rawFile: (planned: PlannedRun, index: number) => string | null;
  /** Sets the chunk of cases that are planned with one. */
  readonly chunkPreload?: ChunkPreload | undefined;
}

/**
 * Runs a plan. A run that fails, hangs or prints what cannot be read is recorded as such, and the
 * next one follows.
 *
 * @returns true if it was interrupted
 * @throws UserError if the program cannot be started at all, or if the kernel refuses an
 *   eager-split chunk
 */
export async function runMeasurement(plan: MeasurePlan, options: RunnerOptions): Promise<boolean> {
  const { signal, timeoutMs, graceMs } = options;
  for (const [index, planned] of plan.order.entries()) {
    if (signal.aborted) return true;
    options.onStart?.(planned, index);
    const { program, args, chunkBytes } = planned.case;
    const env = { ...options.env, ...planned.case.env };
    const preload = chunkBytes === null ? undefined : options.chunkPreload;
    if (preload !== undefined) await clearProof(preload);
    const chunkEnv = preload === undefined ? {} : chunkEnvironment(preload, chunkBytes!, env);
    const outcome = await runProcess(program, args, { ...env, ...chunkEnv }, timeoutMs, signal, graceMs);
    const proof = preload === undefined ? undefined : await readProof(preload);
    if (proof?.kind === "refused") throw chunkRefused(proof);
    await options.onRecord(withProof(recordOf(planned, index, outcome, options.rawFile(planned, index)), proof));
  }
  return signal.aborted;
}

/**
 * A run that was to have a chunk and does not prove it has no figures: they would be taken for
 * those of the chunk.
 */
function withProof(record: RunRecord, proof: ChunkProof | undefined): RunRecord {
  const wanted = record.planned.case.chunkBytes;
  if (wanted === null) return record;
  if (proof?.kind === "set" && proof.bytes === wanted) return { ...record, provedChunkBytes: wanted };
  const note = { code: "chunk-not-set", data: { chunk: wanted } };
  const runs = record.runs.map(
    (run): MeasuredRun => ({
      ...run,
      status: run.status === "complete" ? "failed" : run.status,
      notes: [...run.notes, note],
    }),
  );
  return { ...record, runs };
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
  return {
    planned,
    output: { ...origin, unread: [...log.unread], unreadCount: log.unreadCount, text },
    runs,
    provedChunkBytes: null,
  };
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
