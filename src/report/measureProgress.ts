import type { PlannedRun } from "../measure/plan.js";
import { formatNs } from "./measureReport.js";

/** Where a measurement stands, on one line: "3/24 warm-up 1 of s=anonymous_thp, about 40.0 s left". */
export function progressLine(planned: PlannedRun, index: number, total: number, meanNs: number | null): string {
  const name = caseName(planned);
  const left = meanNs === null ? "" : `, about ${formatNs(meanNs * (total - index))} left`;
  return `${index + 1}/${total} ${planned.warmup ? "warm-up" : "run"} ${planned.round}${name === "" ? "" : ` of ${name}`}${left}`;
}

/** What distinguishes the case of a run in its measurement; empty where there is only one. */
export function caseName({ case: { variables } }: PlannedRun): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
