import type { Counts } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import { defaultMmu } from "../mmu/registry.js";
import type { RunResult, RunVerdict } from "./types.js";

export type { RunVerdict };

export type VerdictCode = RunVerdict["code"];

/**
 * From the best to the worst; a step down this list is a regression. What was idle cannot be
 * compared with what was not.
 */
export const VERDICT_CODES = [
  "right",
  "idle",
  "unsearched",
  "right-here",
  "wrong",
] as const satisfies readonly VerdictCode[];

/** What a verdict rests on. */
export interface VerdictBasis {
  readonly strategy: {
    readonly id: string;
    readonly mmu: string;
    readonly knownFaults: readonly string[];
    readonly source: string;
  };
  readonly counts: Counts;
  readonly findings: readonly Finding[];
  /** As the MMU's. */
  readonly idle?: ((counts: Counts) => string | undefined) | undefined;
}

/** The one place where a run is judged. */
export function verdictOf({ strategy, counts, findings, idle }: VerdictBasis): RunVerdict {
  if (findings.length > 0) return { code: "wrong" };
  const reason = idle?.(counts);
  if (reason !== undefined) return { code: "idle", reason };
  if (strategy.knownFaults.length > 0) return { code: "right-here", knownFaults: [...strategy.knownFaults] };
  return strategy.source === "builtin" ? { code: "right" } : { code: "unsearched", search: searchCommand(strategy) };
}

/**
 * The verdict of a run; of one of an older file, which has none, no more than its findings tell.
 */
export function verdictIn({ verdict, findings }: Pick<RunResult, "verdict" | "findings">): RunVerdict | undefined {
  return verdict ?? (findings.length > 0 ? { code: "wrong" } : undefined);
}

/** Whether a strategy's gain counts as one: nothing is known against it. */
export function isSound(run: Pick<RunResult, "verdict" | "findings">): boolean {
  const code = verdictIn(run)?.code;
  return code !== "wrong" && code !== "right-here";
}

const LAYOUTS = 5000;

function searchCommand({ mmu, source }: VerdictBasis["strategy"]): string {
  const file = /^[\w@%+=:,./-]+$/.test(source) ? source : `'${source.replaceAll("'", "'\\''")}'`;
  const only = mmu === defaultMmu() ? "" : ` --mmu ${mmu}`;
  return `s2split verify${only} --strategy ${file} --random ${LAYOUTS}`;
}
