import type { DetailTable } from "../contract.js";
import type { Counts } from "../counters.js";

/**
 * Data of the table that only x86 has, for renderers: the passes of a zap, as the mails on it print
 * them.
 */

/** One pass of a zap over a root. */
export interface ZapPassRow {
  readonly root: number;
  readonly zapLevel: number;
  /** Null where the pass never ends. */
  readonly loops: number | null;
  readonly body: number | null;
  readonly zapped: number;
  readonly spteReads: number | null;
  readonly tablesFreed: number;
}

/**
 * The passes of a zap's counts, root by root, in the order in which they ran. Empty for other
 * workloads.
 */
export function zapPasses(counts: Counts): ZapPassRow[] {
  const { passes } = counts;
  if (passes === undefined || passes === null || typeof passes !== "object") return [];
  return Object.values(passes)
    .flatMap((levels) => Object.values(levels as Counts))
    .map((pass) => {
      const { root, zapLevel, loops, body, zapped, spteReads, tablesFreed } = pass as Counts & ZapPassRow;
      return { root, zapLevel, loops, body, zapped, spteReads, tablesFreed };
    });
}

/**
 * The passes of a zap, a column of loops for each strategy and the entries zapped by the first, as
 * the mail of 2024-10-23 prints them; undefined for other workloads.
 */
export function zapTable(
  runs: readonly { readonly strategy: string; readonly counts: Counts }[],
): DetailTable | undefined {
  const passes = runs.map(({ counts }) => zapPasses(counts));
  const first = passes[0];
  if (first === undefined || first.length === 0) return undefined;
  const rows = first.map(({ root, zapLevel, zapped }, i) => [
    String(root),
    String(zapLevel),
    ...passes.map((of) => cell(of[i]?.loops, of[i]?.zapped, zapped)),
    String(zapped),
  ]);
  const totals = passes.map((of) =>
    of.some(({ loops }) => loops === null) ? null : of.reduce((sum, { loops }) => sum + loops!, 0),
  );
  const sums = passes.map((of) => of.reduce((sum, pass) => sum + pass.zapped, 0));
  const zapped = sums[0]!;
  return {
    title: "loops by pass",
    headings: ["root", "zap level", ...runs.map(({ strategy }) => strategy), "entries zapped"],
    rows: [...rows, ["all", "", ...totals.map((loops, i) => cell(loops, sums[i], zapped)), String(zapped)]],
  };
}

/** Loops, and what was zapped where that is another number than the table's own column has. */
function cell(loops: number | null | undefined, zapped: number | undefined, asFirst: number): string {
  const text = loopsText(loops);
  return zapped === undefined || zapped === asFirst ? text : `${text} (zapped ${zapped})`;
}

/** A walk that never ends has no number of loops. */
function loopsText(loops: number | null | undefined): string {
  return loops === null ? "never ends" : loops === undefined ? "-" : String(loops);
}
