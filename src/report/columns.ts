/**
 * A column of a table: its heading, and whether its cells are figures (right-aligned, sorted by
 * value).
 */
export interface TableColumn {
  readonly heading: string;
  readonly figure: boolean;
}

/** Columns of text, then of figures, then of text again, and so on in turn. */
export function columnsOf(...groups: readonly (readonly string[])[]): TableColumn[] {
  return groups.flatMap((headings, i) => headings.map((heading) => ({ heading, figure: i % 2 === 1 })));
}
