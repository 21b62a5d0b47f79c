import { clip } from "../errors.js";

/**
 * Where two JSON values first differ, and what stands there on either side (undefined: nothing).
 */
export interface Difference {
  /** `scenario.memslots[0].base` */
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

/**
 * The first difference of two JSON values, in the order of a's fields; the order of fields itself
 * does not count.
 */
export function firstDifference(a: unknown, b: unknown, path = ""): Difference | undefined {
  if (Object.is(a, b)) return undefined;
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return { path, a, b };
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  for (const name of names) {
    const at = Array.isArray(a) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    const one = Object.hasOwn(a, name) ? a[name] : undefined;
    const other = Object.hasOwn(b, name) ? b[name] : undefined;
    const difference = firstDifference(one, other, at);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** A value in a message: short, on one line. */
export function show(value: unknown): string {
  return value === undefined ? "absent" : clip(JSON.stringify(value), 50);
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
