import { clip } from "../errors.js";
import type { Mmu } from "../mmu/contract.js";
import type { RunResult } from "../results/types.js";
import { type VerdictCode, verdictIn } from "../results/verdict.js";
import { shortFinding } from "./findings.js";
import type { Style } from "./style.js";

const MARKS: Readonly<Record<VerdictCode, string>> = {
  right: "right",
  idle: "idle",
  unsearched: "right here",
  "right-here": "wrong elsewhere",
  wrong: "WRONG",
};

/**
 * The verdict on a run, short and coloured; {@link caseNotes} and {@link verdictNotes} say in full
 * what is more than "right".
 */
export function verdictCell(run: RunResult, { chalk }: Style): string {
  // Of a file of before verdicts were written no more is known.
  const code = verdictIn(run)?.code ?? "unsearched";
  const colour = { right: chalk.green, idle: chalk.dim, wrong: chalk.red }[code as string] ?? chalk.yellow;
  return colour(MARKS[code]);
}

/** What is wrong in a case, or why there was nothing to do: a line a strategy. */
export function caseNotes(runs: readonly RunResult[], mmu: Mmu, { chalk }: Style): string[] {
  const lines = runs.flatMap((run) => {
    const verdict = verdictIn(run);
    if (verdict?.code === "idle") return [`idle: ${run.strategy}: ${clip(verdict.reason, 200)}`];
    if (verdict?.code !== "wrong") return [];
    const wrong = run.findings.map((finding) => shortFinding(finding, mmu.findingWords)).join("; ");
    return [chalk.red(`WRONG: ${run.strategy}: ${wrong}`)];
  });
  return lines.length === 0 ? [] : ["", ...lines];
}

/**
 * What the verdicts mean that are the same in all cases of a strategy, with what is known against
 * it or how to find out.
 */
export function verdictNotes(runs: readonly RunResult[]): string[] {
  const known = new Map<string, string>();
  const searches = new Map<string, string>();
  for (const { strategy, verdict } of runs) {
    if (verdict?.code === "right-here") known.set(strategy, clip(verdict.knownFaults.join("; "), 1000));
    if (verdict?.code === "unsearched") searches.set(strategy, clip(verdict.search, 500));
  }
  return [
    ...(known.size === 0 ? [] : ["wrong elsewhere: right in this case, and known to be wrong in others:"]),
    ...[...known].map(([strategy, faults]) => `  ${strategy}: ${faults}`),
    ...[...searches].flatMap(([strategy, search]) => [
      `right here: bench searches no other layouts for faults of ${strategy}; this does:`,
      `  ${search}`,
    ]),
  ];
}
