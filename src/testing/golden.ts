import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The golden files of one group, parsed, in name order. */
export function goldenFiles<T>(group: string): { name: string; data: T }[] {
  const folder = fileURLToPath(new URL(`./golden/${group}/`, import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name, data: JSON.parse(readFileSync(`${folder}${name}`, "utf8")) as T }));
}
