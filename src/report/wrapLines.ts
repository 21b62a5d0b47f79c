import type { Environment, TextOutput } from "../files/streams.js";
import { columnsOf, displayWidth } from "./displayWidth.js";
import type { Style } from "./style.js";

/** Running text is no easier to read in longer lines. */
const WIDEST = 120;

/** What is there to be pasted, or for a program: a command, JSON, an annotation for GitHub. */
const PASTED = /^\s*(?:(?:\$ |npx )?s2split \S|[{[]"|::\w+ \w+=)/;

/**
 * Lines that are too long broken at spaces, what follows indented by two more than its line. Lines
 * that fit (a grid's do) and those to be pasted stay as they are.
 */
export function wrapLines(text: string, { columns }: Pick<Style, "columns">): string {
  const width = Math.min(columns, WIDEST);
  return text
    .split("\n")
    .flatMap((line) => {
      if (displayWidth(line) <= columns && (displayWidth(line) <= width || isRow(line))) return [line];
      return PASTED.test(line) ? [line] : brokenLine(line, width);
    })
    .join("\n");
}

/** Whether a line is one of a grid, which may be as wide as the terminal. */
function isRow(line: string): boolean {
  return /\S {2,}\S/.test(line);
}

export function indentOf(line: string): string {
  return line.slice(0, line.search(/[^ ]|$/));
}

/** One line of running text as lines of at most `width`, but for a word that is longer. */
export function brokenLine(line: string, width: number, further = "  "): string[] {
  const indent = indentOf(line);
  const lines: string[] = [];
  let current = indent;
  let empty = true;
  for (const word of line.slice(indent.length).split(" ")) {
    if (!empty && displayWidth(current) + 1 + displayWidth(word) > width) {
      lines.push(current);
      current = `${indent}${further}${word}`;
    } else current += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, current];
}

/**
 * A stream that is given running text, in lines that fit it. What moves the cursor (progress)
 * passes as it is, and so does what begins with the program's name: an error is one line, wherever
 * it is read.
 */
export function wrappedOutput(stream: TextOutput, env: Environment): TextOutput {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return columnsOf(stream, env);
    },
    write: (text) =>
      stream.write(/^\r|^s2split: /.test(text) ? text : wrapLines(text, { columns: columnsOf(stream, env) })),
  };
}
