import type { TableColumn } from "./columns.js";
import { grid } from "./grid.js";
import type { Style } from "./style.js";

/**
 * A phase of a run: its label ("-m 6 -s anonymous -g chunk 2M: dirty 1"), and the cells beside it.
 */
export interface PhaseRow {
  readonly label: string;
  readonly cells: readonly string[];
}

/**
 * A table a run, with what is equal in its labels above it, in place of before each of its phases.
 */
export function phaseTables(columns: readonly TableColumn[], rows: readonly PhaseRow[], style: Style): string {
  const byRun = new Map<string, string[][]>();
  for (const { label, cells } of rows) {
    const end = label.lastIndexOf(": ");
    const run = label.slice(0, Math.max(0, end));
    byRun.set(run, [...(byRun.get(run) ?? []), [end < 0 ? label : label.slice(end + 2), ...cells]]);
  }
  const headings = [{ heading: "phase", figure: false }, ...columns];
  return [...byRun]
    .map(([run, own]) => [...(run === "" ? [] : [run]), grid(headings, own, style)].join("\n"))
    .join("\n\n");
}
