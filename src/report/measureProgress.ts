import type { PlannedRun } from "../measure/plan.js";
import type { RunRecord } from "../measure/runner.js";
import { noteWords } from "./measureNotes.js";
import { formatNs } from "./units.js";

/**
 * Where a measurement stands, on one line: "3/24 warm-up 1 of s=anonymous_thp, about 40.000 s
 * left".
 */
export function progressLine(planned: PlannedRun, index: number, total: number, meanNs: number | null): string {
  const left = meanNs === null ? "" : `, about ${formatNs(meanNs * (total - index))} left`;
  return `${index + 1}/${total} ${runName(planned)}${left}`;
}

/**
 * One line for each run of a process that is not complete: which, how it ended, what it said, where
 * its output is.
 */
export function failureLines({ planned, output, runs }: RunRecord): string[] {
  return runs
    .filter((run) => run.status !== "complete")
    .map((run) => {
      const code = output.exitCode === null || output.exitCode === 0 ? "" : ` (exit code ${output.exitCode})`;
      const said = [...run.notes.map(noteWords), ...(output.rawFile === null ? [] : [`output in ${output.rawFile}`])];
      return `${runName(planned)}: ${run.status}${code}: ${said.join("; ")}`;
    });
}

function runName({ case: { variables }, round, warmup }: PlannedRun): string {
  const name = Object.entries(variables).map(([letter, value]) => `${letter}=${value}`);
  return `${warmup ? "warm-up" : "run"} ${round}${name.length === 0 ? "" : ` of ${name.join(" ")}`}`;
}
