import { plainLength } from "./grid.js";
import type { Style } from "./style.js";

/** Longest line where there is no terminal to tell. */
const WIDEST = 120;

/**
 * Lines that are too long broken at spaces, what follows indented by two more than its line. Lines that fit (a grid's do) stay as they
 * are.
 */
export function wrapLines(text: string, style: Pick<Style, "columns">): string {
  const width = Math.min(style.columns, WIDEST);
  return text
    .split("\n")
    .flatMap((line) => (plainLength(line) <= width ? [line] : broken(line, width)))
    .join("\n");
}

function broken(line: string, width: number): string[] {
  const indent = /^ */.exec(line)![0];
  const lines: string[] = [];
  let current = indent;
  let empty = true;
  for (const word of line.slice(indent.length).split(" ")) {
    if (!empty && plainLength(current) + 1 + plainLength(word) > width) {
      lines.push(current);
      current = `${indent}  ${word}`;
    } else current += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, current];
}
