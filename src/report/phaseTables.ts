import { groupBy } from "../lists.js";
import { columnsOf, type TableColumn } from "./columns.js";
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
  const runOf = (label: string) => label.slice(0, Math.max(0, label.lastIndexOf(": ")));
  const headings = [...columnsOf(["phase"]), ...columns];
  return [...groupBy(rows, ({ label }) => runOf(label))]
    .map(([run, own]) => {
      const shown = own.map(({ label, cells }) => [run === "" ? label : label.slice(run.length + 2), ...cells]);
      return [...(run === "" ? [] : [run]), grid(headings, shown, style)].join("\n");
    })
    .join("\n\n");
}
