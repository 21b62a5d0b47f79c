import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Counts, countAt } from "../mmu/counters.js";

/** The golden files of one group, parsed, in name order. */
export function goldenFiles<T>(group: string): { name: string; data: T }[] {
  const folder = fileURLToPath(new URL(`./golden/${group}/`, import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name, data: JSON.parse(readFileSync(`${folder}${name}`, "utf8")) as T }));
}

/**
 * What a golden file says something about: the counts at the keys that it has, one by one in a
 * list. Levels are compared whole, with every key: a counter that is newer than the file does not
 * matter, a level too many does.
 */
export function atGoldenKeys(counts: unknown, golden: unknown): unknown {
  if (Array.isArray(counts) && Array.isArray(golden)) return counts.map((one, i) => atGoldenKeys(one, golden[i]));
  if (!isRecord(counts) || !isRecord(golden)) return counts;
  const keys = Object.keys(golden);
  if (keys.every((key) => /^-?\d+$/.test(key))) return counts;
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(counts, key)).map((key) => [key, atGoldenKeys(counts[key], golden[key])]),
  );
}

/** Counters that no golden file says anything of: they stand in none of these counts. */
export function uncovered(declarations: readonly { readonly path: string }[], counts: readonly Counts[]): string[] {
  return declarations.map(({ path }) => path).filter((path) => counts.every((one) => countAt(one, path) === undefined));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
