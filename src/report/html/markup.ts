import { nonEmpty, zip } from "../../lists.js";

/** Text that is HTML or SVG already. Only {@link markup} makes it of plain text, by escaping. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/**
 * What may stand in a template: text is escaped, markup is not, lists are joined, nothing is
 * nothing.
 */
export type Insert = string | number | Markup | null | undefined | false | readonly Insert[];

/**
 * A template of HTML or SVG whose inserts are escaped, so that no name from outside becomes markup,
 * neither as text nor within an attribute in double quotes.
 */
export function markup(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  const [first, ...others] = nonEmpty(strings);
  return new Markup(
    first +
      zip(inserts, others)
        .map(([insert, text]) => written(insert) + text)
        .join(""),
  );
}

/**
 * For text that another program wrote as SVG (the chart library), or that this project ships. Never
 * for what users give.
 */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function written(insert: Insert): string {
  if (insert === null || insert === undefined || insert === false) return "";
  if (insert instanceof Markup) return insert.text;
  if (typeof insert === "object") return insert.map(written).join("");
  return escapeText(String(insert));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Escapes for text and quoted attributes, and takes out what cannot be read: control characters,
 * and those that turn text around.
 */
export function escapeText(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Text without control characters and without marks that make a name look like another one. */
export function plainText(text: string): string {
  return text.replace(/(?![\t\n\r])\p{Cc}|\p{Bidi_Control}/gu, "\ufffd");
}

/** JSON that may stand in a script element: nothing in it ends the element or begins a comment. */
export function scriptJson(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, unicodeEscape));
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
