import Table from "cli-table3";
import type { Style } from "./style.js";

/** A column: its heading, and whether its cells are figures (right-aligned). */
export interface GridColumn {
  readonly heading: string;
  readonly figure: boolean;
}

const BLANK = Object.fromEntries([
  ["top", ""],
  ["top-mid", ""],
  ["top-left", ""],
  ["top-right", ""],
  ["bottom", ""],
  ["bottom-mid", ""],
  ["bottom-left", ""],
  ["bottom-right", ""],
  ["left", ""],
  ["left-mid", ""],
  ["mid", ""],
  ["mid-mid", ""],
  ["right", ""],
  ["right-mid", ""],
  ["middle", "  "],
] as const);

/**
 * A table without borders, as benchstat has them. Where the terminal is too narrow for it, the same as records, a line a figure: a
 * table that wraps cannot be read.
 *
 * @param rows cells, already styled
 */
export function grid(columns: readonly GridColumn[], rows: readonly (readonly string[])[], style: Style): string {
  const table = new Table({
    chars: BLANK,
    // cli-table3 colours head and borders even into a pipe unless these are empty.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
    head: columns.map((column) => style.chalk.bold(column.heading)),
    colAligns: columns.map((column) => (column.figure ? "right" : "left")),
  });
  for (const row of rows) table.push([...row]);
  const lines = table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
  if (lines.every((line) => plainLength(line) <= style.columns)) return lines.join("\n");
  return records(columns, rows, style);
}

function records(columns: readonly GridColumn[], rows: readonly (readonly string[])[], style: Style): string {
  const width = Math.max(...columns.slice(1).map((column) => column.heading.length));
  return rows
    .map((row) => {
      const lines = [style.chalk.bold(row[0]!)];
      for (const [i, column] of columns.entries()) {
        const cell = row[i]!.trim();
        if (i === 0 || cell === "") continue;
        // A column without a heading belongs to the one before it.
        if (column.heading === "") lines.push(`${lines.pop()}  ${cell}`);
        else lines.push(`  ${column.heading.padEnd(width)}  ${cell}`);
      }
      return lines.join("\n");
    })
    .join("\n");
}

/** Characters that a line takes on a terminal, without escape sequences. */
export function plainLength(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what colour begins with
  return line.replace(/\u001b\[[0-9;]*m/g, "").length;
}
