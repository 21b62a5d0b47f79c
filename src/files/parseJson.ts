import { badInput, clip } from "../errors.js";

/** Deeper than anything that is read here: scenarios, the deepest, nest about eight levels. */
const MAX_DEPTH = 64;

/**
 * Parses JSON from outside, after a look at how deep it nests: V8 takes fifty bytes of memory for
 * each bracket that is open.
 *
 * @param input what it was read from, for messages
 * @param expected what it should be, for messages
 * @throws UserError: empty, not JSON, nested too deep, or with names that reach into prototypes
 */
export function parseJson(text: string, input: string, expected: string): unknown {
  if (isTooDeep(text)) throw badInput(input, `nested more than ${MAX_DEPTH} deep`, expected);
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const cause = text.trim() === "" ? "empty" : `not JSON, perhaps truncated (${clip((error as Error).message, 90)})`;
    throw badInput(input, cause, expected);
  }
  if (hasPrototypeName(value)) throw badInput(input, 'holds the name "__proto__"', expected);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether more brackets are open at once than anything needs. Of what is no JSON either answer will
 * do.
 */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i + 1);
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Where the string that begins at `start` has its closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

function hasPrototypeName(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  // Samples, by the thousand, hold no names.
  if (Array.isArray(value)) return value.some(hasPrototypeName);
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasPrototypeName);
}
