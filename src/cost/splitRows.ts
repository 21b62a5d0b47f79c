import { strategies } from "../mmu/arm64/strategies/index.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts } from "../mmu/counters.js";
import type { Backing, SplitRow, SplitSeries } from "./published/split.js";
import { combine, type TermCounts, termCounts } from "./terms.js";
import { countsOfGuest, REGION, type RegionMemory } from "./uniformGuest.js";

/**
 * What one published row of a split series is made of, counted: with the series' strategy, and with
 * baseline.
 */
export interface CountedRow {
  readonly row: SplitRow;
  readonly patched: TermCounts;
  readonly base: TermCounts;
  /**
   * Whether counts of the slot were multiplied from equal regions (exactly) rather than simulated
   * whole.
   */
  readonly scaled: boolean;
}

const MAPS: Readonly<Record<Backing, string>> = { "4K": "4K", thp: "2M", "hugetlb-1g": "1G" };
/** Not stated in any of the mails; the figures of the RFC imply 1G. */
export const SERIES_CHUNK = "1G";
/** The other chunk size that the series may have used. */
export const OTHER_CHUNK = "2M";

/**
 * Counts of the published series' guests: the same in every validation, and most of what one takes.
 */
const PUBLISHED: RegionMemory = new Map();

/** @param chunk eager-split chunk, which the mails do not state */
export function countedRows(series: SplitSeries, chunk = SERIES_CHUNK): readonly CountedRow[] {
  const countsFor = (row: SplitRow, strategy: string) => {
    let scaled = false;
    const passes = passesOf(row).map((map) => {
      const bytes = series.slotGiB * REGION;
      const guest = { granule: "4K", map, bytes, mode: row.mode, chunk } as const;
      const result = countsOfGuest(guest, strategyNamed(strategy), PUBLISHED);
      scaled ||= result.scaled;
      const counts: Counts = series.scope === "split" ? { split: result.counts.split! } : result.counts;
      return [termCounts(counts), 1] as const;
    });
    return { terms: combine(passes), scaled };
  };
  return series.rows.map((row) => {
    const patched = countsFor(row, series.strategy);
    const base = countsFor(row, "baseline");
    return { row, patched: patched.terms, base: base.terms, scaled: patched.scaled || base.scaled };
  });
}

/**
 * What a row's time is made of: enabling happens once; clearing was averaged over two iterations,
 * of which the second finds pages, as every block was split in the first.
 */
function passesOf(row: SplitRow): readonly string[] {
  return row.mode === "enable" ? [MAPS[row.backing]] : [MAPS[row.backing], "4K"];
}

function strategyNamed(id: string): SplitStrategy {
  const found = strategies.find((strategy) => strategy.id === id);
  if (found === undefined) throw new Error(`no strategy ${id}`);
  return found;
}
