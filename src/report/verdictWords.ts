import { clip } from "../errors.js";
import type { FindingWordTable } from "../mmu/findingWords.js";
import type { RunResult } from "../results/types.js";
import { type RunVerdict, verdictIn } from "../results/verdict.js";
import { verdict as wrongWords } from "./findings.js";

type Judged = Pick<RunResult, "findings" | "verdict">;

/**
 * The verdict on a run in one cell, in the same words wherever it is shown.
 *
 * @param words what the run's MMU calls its findings, as for `shortFinding`
 */
export function resultWords(run: Judged, words?: FindingWordTable): string {
  const verdict = verdictIn(run);
  switch (verdict?.code) {
    case "wrong":
      return wrongWords(run.findings, words);
    case "right":
      return "right";
    case "idle":
      return clip(verdict.reason, 200);
    case "right-here":
      return "right here, wrong on other layouts";
    case "unsearched":
    case undefined:
      // Of other layouts nothing is known; a file of before verdicts were written says no more
      // either.
      return "right here";
  }
}

/**
 * As {@link resultWords}, with what a reader can do or must know: the command that searches, the
 * faults that are known.
 */
export function resultSentence(run: Judged, words?: FindingWordTable): string {
  const verdict = verdictIn(run);
  const more = verdict === undefined ? undefined : moreWords(verdict);
  const short = resultWords(run, words);
  return more === undefined ? short : `${short} (${more})`;
}

/** What stands behind a verdict in full; undefined where its short words say all. */
export function moreWords(verdict: RunVerdict): string | undefined {
  if (verdict.code === "right-here") return clip(verdict.knownFaults.join("; "), 1000);
  return verdict.code === "unsearched" ? `${clip(verdict.search, 500)} searches other layouts` : undefined;
}

/** One word for a side of a comparison. */
export function resultWord(verdict: RunVerdict | null): string {
  switch (verdict?.code) {
    case "wrong":
      return "WRONG";
    case "right":
      return "right";
    case "idle":
      return "idle";
    case "right-here":
      return "right here";
    case "unsearched":
      return "not searched";
    case undefined:
      return "no fault";
  }
}
