import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Found } from "./faultSearch.js";

/**
 * An engine with one fault: a text patch of a source file. What is found of each stands in
 * docs/verify.md.
 */
export interface Fault {
  readonly id: string;
  /**
   * What is faulty: the walker, the split visitor, the page cache, a phase, marks, a strategy, or
   * what guest and host do.
   */
  readonly kind: "walker" | "split" | "cache" | "phase" | "mark" | "strategy" | "guest";
  /** What goes wrong, in one sentence. */
  readonly what: string;
  /** Path within src/. */
  readonly file: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
  /**
   * Why the exhaustive search does not find it: `needs others` to act, which is what interleavings
   * are for; or `nothing differs`, whatever is done.
   */
  readonly beyond?: "needs others" | "nothing differs";
}

export const faults: readonly Fault[] = JSON.parse(readFileSync(new URL("./faults.json", import.meta.url), "utf8"));

const script = fileURLToPath(new URL("../../scripts/faultRun.mjs", import.meta.url));

/**
 * What a search finds first on the engines with these faults, in a process of its own.
 *
 * @param units of the exhaustive search, its smallest ones; all where not given
 */
export async function firstFinds(
  search: "golden" | "random" | "exhaustive" | "interleave",
  ids: readonly string[],
  units?: number,
): Promise<(Found & { readonly id: string })[]> {
  const args = [script, search, ids.join(","), ...(units === undefined ? [] : [String(units)])];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Found & { id: string });
}
