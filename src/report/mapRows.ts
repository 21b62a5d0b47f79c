import { PAGE_LEVEL } from "../guest/geometry.js";
import { formatAddress, formatSize, parseSize } from "../guest/sizes.js";
import { nonEmpty } from "../lists.js";
import type { Case, MemoryMap, Mmu, Strategy } from "../mmu/contract.js";
import type { RunResult } from "../results/types.js";
import { resultWords } from "./verdictWords.js";

/** Guest memory as strategies left it; those that left, and inspected, the same share a row. */
export interface MapRow {
  readonly strategies: readonly string[];
  readonly map: MemoryMap;
  /** "right", or what is wrong. */
  readonly verdict: string;
  readonly wrong: boolean;
}

/** Where a map begins and ends. */
export function endsOf({ slots }: MemoryMap): [from: string, to: string] {
  const [first] = nonEmpty(slots);
  const last = slots.at(-1) ?? first;
  return [first.baseHex, formatAddress(Number(last.baseHex) + last.bytes)];
}

/**
 * Expected work of all maps of one page: a few seconds. Results have no maps; they are drawn anew.
 */
const MAX_WORK = 24_000_000;

/** How much of it is left. */
export class MapBudget {
  private left = MAX_WORK;

  /** Takes what a run costs; false where that is more than is left. */
  take(work: number): boolean {
    if (work > this.left) return false;
    this.left -= work;
    return true;
  }
}

/** A strategy of which a map is wanted, and what is known of its result. */
export interface MappedStrategy {
  readonly strategy: Strategy;
  /** "right", or what is wrong. */
  readonly verdict: string;
  readonly wrong: boolean;
}

/**
 * Strategies of a result of which maps can be drawn: not custom ones, for their modules are not in
 * it.
 */
export function mappedOf(runs: readonly RunResult[], mmu: Mmu): MappedStrategy[] {
  return runs.flatMap((run) => {
    const strategy = run.source === "builtin" ? mmu.strategies.find((one) => one.id === run.strategy) : undefined;
    if (strategy === undefined) return [];
    return [{ strategy, verdict: resultWords(run, mmu.findingWords), wrong: run.findings.length > 0 }];
  });
}

/**
 * The maps of a case; strategies whose maps are equal share one. None where the MMU draws none, or
 * drawing them would take long.
 *
 * @param bins of each memslot, at most
 */
export function mapRows(bound: Case, mapped: readonly MappedStrategy[], bins: number, budget: MapBudget): MapRow[] {
  const rows: (MapRow & { readonly strategies: string[]; readonly key: string })[] = [];
  for (const { strategy, verdict, wrong } of mapped.filter((one) => bound.applies(one.strategy))) {
    if (!budget.take(bound.expectedWork(strategy))) return [];
    const map: MemoryMap | undefined = bound.run(strategy, { map: { bins }, digest: false }).memoryMap;
    if (map === undefined) return [];
    const key = JSON.stringify([verdict, map]);
    const same = rows.find((row) => row.key === key);
    if (same !== undefined) same.strategies.push(strategy.id);
    else rows.push({ strategies: [strategy.id], map, verdict, wrong, key });
  }
  return rows;
}

/** What leaves of a level map: "2M blocks" where the scenario names its granule. */
export function levelsOf({ scenario }: Case): (level: number) => string {
  const { granule } = scenario as { granule?: unknown };
  if (typeof granule !== "string" || !/^(?:4|16|64)K$/.test(granule)) return (level) => `leaves of level ${level}`;
  const page = parseSize(granule);
  return (level) => {
    const kind = level === PAGE_LEVEL ? "pages" : "blocks";
    return `${formatSize(page * (page / 8) ** (PAGE_LEVEL - level))} ${kind}`;
  };
}
