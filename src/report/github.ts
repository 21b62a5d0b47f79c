import type { Comparison } from "../compare/types.js";
import { regressionLines } from "./compareTable.js";

/** GitHub shows at most ten error annotations a step, and drops the others without a word. */
const MOST_ANNOTATIONS = 10;

/**
 * Workflow commands that annotate a run with its regressions, one line each; the last says how many are not shown.
 *
 * @param file the file that the annotations are pinned to: the new result, as the user named it
 */
export function annotations(comparison: Comparison, file: string): string[] {
  const lines = regressionLines(comparison);
  const shown = lines.length <= MOST_ANNOTATIONS ? lines : lines.slice(0, MOST_ANNOTATIONS - 1);
  if (shown.length < lines.length)
    shown.push(`${lines.length - shown.length} more regressions: see the log or the summary`);
  return shown.map((line) => workflowError(file, "s2split: regression", line));
}

/** One `::error` workflow command; escaping as GitHub's actions/toolkit does it (packages/core, command). */
export function workflowError(file: string, title: string, message: string): string {
  return `::error file=${property(file)},title=${property(title)}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
