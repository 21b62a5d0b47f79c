import { Chalk } from "chalk";
import type { Style } from "../report/style.js";

/** Styles by the codes that a terminal has for them. */
const NAMES: Readonly<Record<string, string>> = {
  1: "<bold>",
  2: "<dim>",
  22: "</>",
  31: "<red>",
  32: "<green>",
  33: "<yellow>",
  39: "</>",
};

/** A terminal with colours, so many columns wide. */
export function colourStyle(columns = 120): Style {
  return { chalk: new Chalk({ level: 1 }), columns };
}

/** Text with its colours as words, for tests that hold all of it: "<red>WRONG</>". */
export function marked(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour begins so
  return text.replace(/\u001b\[(\d+)m/g, (_, code: string) => NAMES[code] ?? `<${code}>`);
}
