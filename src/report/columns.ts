import type { TableColumn } from "./page.js";

/** Columns of a table: texts, then figures, then texts again. */
export function columnsOf(
  before: readonly string[],
  figures: readonly string[],
  after: readonly string[] = [],
): TableColumn[] {
  return [
    ...before.map((heading) => ({ heading, figure: false })),
    ...figures.map((heading) => ({ heading, figure: true })),
    ...after.map((heading) => ({ heading, figure: false })),
  ];
}
