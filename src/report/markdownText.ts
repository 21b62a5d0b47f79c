/**
 * Text that shows as itself in GitHub-flavoured Markdown, in a table's cell too; control and
 * invisible characters are blanks.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_[\]|~#]/g, "\\$&")
    .trim();
}

/**
 * A table in GitHub-flavoured Markdown.
 *
 * @param rows cells that are Markdown already, and have no line break
 * @param align columns from `figures` up to (not including) `last` are aligned to the right
 */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: { readonly figures: number; readonly last: number },
): string {
  const rule = head.map((_, i) => (i >= align.figures && i < align.last ? "---:" : ":---"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
