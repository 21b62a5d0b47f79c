/** Longest line that holds a whole array or object, in characters. */
const WIDTH = 120;

/**
 * Writes JSON for people and diffs: two spaces of indentation, but what holds no further object or
 * array stands on one line where it fits (a counter by level is one line), and a series of samples
 * always does. Ends with a newline. The same value gives the same text.
 */
export function formatJson(value: unknown): string {
  return `${format(value)}\n`;
}

function format(value: unknown, indent = 0, column = 0): string {
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Array.isArray(value)
    ? value.map((item) => ["", item] as const)
    : Object.entries(value).filter(([, item]) => item !== undefined);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return open + close;
  const label = (name: string): string => (Array.isArray(value) ? "" : `${quote(name)}: `);

  if (entries.every(([, item]) => typeof item !== "object" || item === null)) {
    const flat = entries.map(([name, item]) => label(name) + format(item)).join(", ");
    const line = Array.isArray(value) ? `[${flat}]` : `{ ${flat} }`;
    const isSeries = Array.isArray(value) && typeof value[0] === "number";
    if (isSeries || column + line.length <= WIDTH) return line;
  }
  const inner = " ".repeat(indent + 2);
  const lines = entries.map(([name, item]) => {
    const start = inner + label(name);
    return start + format(item, indent + 2, start.length + 1);
  });
  return `${open}\n${lines.join(",\n")}\n${" ".repeat(indent)}${close}`;
}

/** A string in quotes, with what a terminal would not show, or would obey, as escapes. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (hidden) =>
    Array.from({ length: hidden.length }, (_, i) => `\\u${hidden.charCodeAt(i).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}
