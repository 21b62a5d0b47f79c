import type { Environment, TextOutput } from "../files/streams.js";

/** Columns of a line where there is no terminal, and COLUMNS does not say. */
const PIPE_COLUMNS = 120;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour begins so
const COLOUR = /\u001b\[[0-9;]*m/g;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NOTHING = /[\p{Mn}\p{Me}\p{Cf}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is not of ASCII takes the long way
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * Columns that a line takes on a terminal, without escape sequences of colour: two for wide (East
 * Asian) characters.
 */
export function displayWidth(line: string): number {
  const plain = line.replace(COLOUR, "");
  if (ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += NOTHING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Columns that a line on a stream may have. */
export function columnsOf(stream: TextOutput, env: Environment): number {
  return stream.isTTY ? stream.columns || 80 : Number(env.COLUMNS) || PIPE_COLUMNS;
}
