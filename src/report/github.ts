import type { Comparison } from "../compare/types.js";
import { regressionsOf } from "./compareTable.js";

/** GitHub shows at most ten error annotations a step, and drops the others without a word. */
const MAX_ANNOTATIONS = 10;

/**
 * Workflow commands that annotate a run with its regressions, one line each, pinned to the file of
 * the base (which is in the repository where results are committed); the last says how many are not
 * shown.
 */
export function annotations(comparison: Comparison): string[] {
  const all = regressionsOf(comparison);
  const shown = all.length <= MAX_ANNOTATIONS ? all : all.slice(0, MAX_ANNOTATIONS - 1);
  const lines = shown.map(({ path, text }) => workflowError(path, "s2split: regression", text));
  const [next, ...others] = all.slice(shown.length);
  if (next !== undefined) {
    const more = `${others.length + 1} more: see the log or the summary`;
    lines.push(workflowError(next.path, "s2split: regressions", more));
  }
  return lines;
}

/**
 * One `::error` workflow command; escaping as GitHub's actions/toolkit does it (packages/core,
 * command).
 */
export function workflowError(file: string, title: string, message: string): string {
  return `::error file=${property(file)},title=${property(title)}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
