import type { Counts } from "../results/counters.js";

/**
 * Data of the two tables that only x86 has, for renderers: the passes of a zap, as the mails on it print them, and arm64 beside x86
 * where the question is the same.
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

/** The passes of a zap's counts, root by root, in the order in which they ran. Empty for other workloads. */
export function zapPasses(counts: Counts): ZapPassRow[] {
  const { passes } = counts;
  if (passes === undefined || passes === null || typeof passes !== "object") return [];
  return Object.values(passes)
    .flatMap((levels) => Object.values(levels as Counts))
    .map((pass) => {
      const { root, zapLevel, loops, body, zapped, spteReads, tablesFreed } = pass as unknown as ZapPassRow;
      return { root, zapLevel, loops, body, zapped, spteReads, tablesFreed };
    });
}

/** A column that both MMUs have: where each machine counts it; several paths are added up. */
export interface SharedColumn {
  readonly heading: string;
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** Eager splitting, arm64 beside x86: the same work, the same four questions. */
export const SPLIT_SIDE_BY_SIDE: readonly SharedColumn[] = [
  { heading: "entries inspected or looped", paths: { arm64: ["split/inspected"], "x86-tdp": ["loops"] } },
  { heading: "tables", paths: { arm64: ["split/tablesAllocated"], "x86-tdp": ["spAllocs"] } },
  { heading: "flushes", paths: { arm64: ["split/tlbi"], "x86-tdp": ["tlbFlushes"] } },
  { heading: "lock drops", paths: { arm64: ["split/lockDrops"], "x86-tdp": ["mmuLockDropsTotal"] } },
];

/** What a reader of that table must know. */
export const SPLIT_SIDE_BY_SIDE_NOTE =
  "x86's min_level = target level + 1 is the maximum-level walk proposed for arm64: tables of 4K entries are never entered.";
