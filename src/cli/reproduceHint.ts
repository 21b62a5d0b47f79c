import type { Case } from "../mmu/contract.js";

/**
 * The command that makes a C program of a counterexample for a real host; null where there is none:
 * of its MMU, or of such a scenario.
 *
 * @param path of the scenario's file
 */
export async function reproduceHint(bound: Case, path: string): Promise<string | null> {
  const { isReproducible } = await import("../reproduce/reproduce.js");
  if (path === "-" || bound.schedule !== undefined || !isReproducible(bound)) return null;
  const shown = /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  return `s2split reproduce ${shown}`;
}

/** What is said of a counterexample that was saved: where it is, and how a real host shows it. */
export async function savedNotice(number: number, path: string, bound: Case): Promise<string> {
  const hint = await reproduceHint(bound, path);
  return (
    `s2split: fault ${number} is in ` +
    `${path}${hint === null ? "" : `; what a real host's own walker does there: ${hint}`}\n`
  );
}
