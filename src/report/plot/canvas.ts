import type { Environment } from "../../files/streams.js";
import type { Style } from "../style.js";

/** What drawings of characters are made for: a width, the characters there are, and colour. */
export interface Canvas {
  readonly style: Style;
  readonly columns: number;
  readonly glyphs: Glyphs;
}

/** Characters of a drawing, each set told apart without colour. */
export interface Glyphs {
  /** A bar's parts, from its beginning. */
  readonly parts: readonly string[];
  /** Ends of a bar, by eighths of a character; empty where there are none. */
  readonly ends: readonly string[];
  /** Leaves by level, 0 to 3. */
  readonly levels: readonly string[];
  readonly hole: string;
  readonly unsplit: string;
  /** From nothing to most. */
  readonly shades: readonly string[];
}

const BLOCKS: Glyphs = {
  parts: ["█", "▒", "░", "▓"],
  ends: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"],
  levels: ["█", "█", "▓", "░"],
  hole: " ",
  unsplit: "X",
  shades: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

const ASCII: Glyphs = {
  parts: ["#", "=", "-", "+"],
  ends: [],
  levels: ["#", "#", "=", "."],
  hole: " ",
  unsplit: "X",
  shades: [" ", ".", ":", "-", "=", "+", "*", "%", "@"],
};

/** Drawings wider than this are no easier to read. */
const WIDEST = 160;
const NARROWEST = 40;

/**
 * A canvas of the terminal's width, 80 columns where there is none; of ASCII where the locale has
 * no UTF-8.
 */
export function canvasFor(style: Style, env: Environment): Canvas {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((name) => (name ?? "") !== "") ?? "";
  const columns = Number.isFinite(style.columns) ? style.columns : 80;
  return {
    style,
    columns: Math.min(WIDEST, Math.max(NARROWEST, columns)),
    glyphs: /utf-?8/i.test(locale) ? BLOCKS : ASCII,
  };
}

/** Entries of a key, as many in a line as the canvas is wide. */
export function keyText(entries: readonly string[], { columns }: Canvas): string {
  const lines: string[] = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + entry.length <= columns) lines[lines.length - 1] = `${last}   ${entry}`;
    else lines.push(entry);
  }
  return lines.join("\n");
}
