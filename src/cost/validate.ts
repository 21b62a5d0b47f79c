import { strategies } from "../mmu/arm64/strategies/index.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts } from "../mmu/counters.js";
import { modelTime, type UnpricedCount, unpricedTogether } from "./modelTime.js";
import type { CostProfile } from "./profile.js";
import { builtinProfile } from "./profiles.js";
import { type Backing, SPLIT_SERIES, type SplitRow, type SplitSeries, VCPU_SERIES } from "./published.js";
import { countsOfGuest, REGION, type RegionMemory } from "./uniformGuest.js";
import { type VcpuValidation, validateVcpuSeries } from "./validateVcpus.js";
import { validateZap, type ZapValidation } from "./validateZap.js";

/** Whether a profile's figures were computed from the row (then agreement proves nothing) or not. */
export type Role = "fitted" | "judged";

export interface SplitValidation {
  readonly series: SplitSeries;
  readonly profile: string;
  readonly rows: readonly SplitComparison[];
  readonly unpriced: readonly UnpricedCount[];
  /** Whether modelled times rest on an assumed figure; `scaleOnly` where the change in percent does not. */
  readonly assumptions: "none" | "scaleOnly" | "figures";
  /** What the clear rows tell of the cost that the profile lacks; null where there are none or the profile has it. */
  readonly wordCost: WordCost | null;
  /** Whether counts of the slot were multiplied from equal regions (exactly) rather than simulated whole. */
  readonly scaled: boolean;
}

/**
 * The profiles of v1 and v2 have no cost for a 64-page word, as enabling has none. The 4K row of clear implies one: this is it, and what the
 * other clear rows become with it.
 */
export interface WordCost {
  /** Nanoseconds a word, derived from the published 4K row of clear, on the profile's scale. */
  readonly nsPerWord: number;
  readonly rows: readonly {
    readonly backing: Backing;
    readonly modelledPercent: number;
    readonly errorPoints: number;
    readonly inside: boolean | null;
  }[];
}

export interface SplitComparison {
  readonly mode: SplitRow["mode"];
  readonly backing: Backing;
  readonly role: Role;
  /** Percent. */
  readonly publishedPercent: number;
  readonly stdevPoints: number | null;
  /** Percent, modelled. */
  readonly modelledPercent: number;
  /** Modelled less published, in points. */
  readonly errorPoints: number;
  /** Whether the error is within one published standard deviation; null where none was published. */
  readonly inside: boolean | null;
}

const MAPS: Readonly<Record<Backing, string>> = { "4K": "4K", thp: "2M", "hugetlb-1g": "1G" };
/** Not stated in any of the mails; the figures of the RFC imply 1G. */
export const SERIES_CHUNK = "1G";
/** The other chunk size that the series may have used. */
export const OTHER_CHUNK = "2M";

function strategyNamed(id: string): SplitStrategy {
  const found = strategies.find((strategy) => strategy.id === id);
  if (found === undefined) throw new Error(`no strategy ${id}`);
  return found;
}

/**
 * @param profile replaces the series' own profile: every row is then judged
 * @param chunk eager-split chunk, which the mails do not state
 */
export function validateSplitSeries(
  series: SplitSeries,
  profile?: CostProfile,
  memory: RegionMemory = new Map(),
  chunk = SERIES_CHUNK,
): SplitValidation {
  const used = profile ?? builtinProfile(series.profile);
  const unpriced: UnpricedCount[][] = [];
  let assumed = false;
  let scaled = false;
  const timeOf = (row: SplitRow, strategy: string) => {
    let total = 0;
    let words = 0;
    for (const map of passesOf(row)) {
      const guest = {
        granule: "4K",
        map,
        bytes: series.slotGiB * REGION,
        mode: row.mode,
        chunk,
      } as const;
      const result = countsOfGuest(guest, strategyNamed(strategy), memory);
      scaled ||= result.scaled;
      const counts: Counts = series.scope === "split" ? { split: result.counts.split! } : result.counts;
      const time = modelTime(counts, used);
      assumed ||= time.restsOnAssumptions;
      unpriced.push([...time.unpriced]);
      total += time.totalNs;
      words += result.terms.ranges;
    }
    return { total, words };
  };
  const times = series.rows.map((row) => ({ patched: timeOf(row, series.strategy), base: timeOf(row, "baseline") }));
  const rows = series.rows.map((row, i): SplitComparison => {
    const modelledPercent = 100 * (times[i]!.patched.total / times[i]!.base.total - 1);
    const errorPoints = modelledPercent - row.changePercent;
    return {
      mode: row.mode,
      backing: row.backing,
      role: row.fitted && used.name === series.profile ? "fitted" : "judged",
      publishedPercent: row.changePercent,
      stdevPoints: row.stdevPoints,
      modelledPercent,
      errorPoints,
      inside: row.stdevPoints === null ? null : Math.abs(errorPoints) <= row.stdevPoints,
    };
  });
  return {
    series,
    profile: used.name,
    rows,
    unpriced: unpricedTogether(
      unpriced.map((list) => ({ totalNs: 0, parts: [], restsOnAssumptions: false, unpriced: list })),
    ),
    assumptions: !assumed ? "none" : restsOnOneScale(used) ? "scaleOnly" : "figures",
    wordCost: used.costs.range === undefined ? wordCostOf(series, times) : null,
    scaled,
  };
}

type RowTimes = Record<"patched" | "base", { readonly total: number; readonly words: number }>;

function wordCostOf(series: SplitSeries, times: readonly RowTimes[]): WordCost | null {
  const at = series.rows.findIndex((row) => row.mode === "clear" && row.backing === "4K");
  if (at < 0) return null;
  const { patched, base } = times[at]!;
  // (patched + w n) / (base + w n) - 1 = published
  const nsPerWord = ((patched.total - base.total) / (series.rows[at]!.changePercent / 100) - base.total) / base.words;
  if (!(nsPerWord > 0)) return null;
  const rows = series.rows.flatMap((row, i) => {
    if (row.mode !== "clear" || i === at) return [];
    const { patched: p, base: b } = times[i]!;
    const modelledPercent = 100 * ((p.total + nsPerWord * p.words) / (b.total + nsPerWord * b.words) - 1);
    const errorPoints = modelledPercent - row.changePercent;
    const inside = row.stdevPoints === null ? null : Math.abs(errorPoints) <= row.stdevPoints;
    return [{ backing: row.backing, modelledPercent, errorPoints, inside }];
  });
  return { nsPerWord, rows };
}

/**
 * What a row's time is made of: enabling happens once; clearing was averaged over two iterations, of which the second finds pages, as every
 * block was split in the first.
 */
function passesOf(row: SplitRow): readonly string[] {
  return row.mode === "enable" ? [MAPS[row.backing]] : [MAPS[row.backing], "4K"];
}

/** Whether every assumed figure is one scale or a derived multiple of it, so that no ratio of times depends on it. */
function restsOnOneScale(profile: CostProfile): boolean {
  const entries = Object.entries(profile.costs);
  const assumed = entries.filter(([, figure]) => figure.provenance.kind === "assumed").map(([id]) => id);
  return (
    assumed.length === 1 && entries.every(([id, figure]) => id === assumed[0] || figure.provenance.scale === assumed[0])
  );
}

export interface Validation {
  /** `otherChunkPoints`: by how much, at most, a change would differ had the series used {@link OTHER_CHUNK}. */
  readonly split: readonly (SplitValidation & { readonly otherChunkPoints: number })[];
  readonly vcpus: readonly VcpuValidation[];
  readonly zap: ZapValidation;
}

/** Model beside publication, for every published measurement. @param profile replaces the arm64 series' own */
export function validateAll(profile?: CostProfile): Validation {
  const memory: RegionMemory = new Map();
  return {
    split: SPLIT_SERIES.map((series) => {
      const one = validateSplitSeries(series, profile, memory);
      const other = validateSplitSeries(series, profile, memory, OTHER_CHUNK);
      const effects = one.rows.map((row, i) => Math.abs(row.modelledPercent - other.rows[i]!.modelledPercent));
      return { ...one, otherChunkPoints: Math.max(...effects) };
    }),
    vcpus: VCPU_SERIES.map((series) => validateVcpuSeries(series, profile)),
    zap: validateZap(),
  };
}
