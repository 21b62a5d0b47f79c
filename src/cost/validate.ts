import type { Counts } from "../results/counters.js";
import { strategies } from "../strategies/registry.js";
import type { SplitStrategy } from "../strategies/strategy.js";
import { buildTree, type RootSpec } from "../x86/build.js";
import { VARIANTS } from "../x86/variants/index.js";
import { zapRoot } from "../x86/zap.js";
import { guestPass } from "./guestPass.js";
import { modelTime, type UnpricedCount, unpricedTogether } from "./modelTime.js";
import type { CostProfile } from "./profile.js";
import { builtinProfile } from "./profiles.js";
import {
  type Backing,
  SPLIT_SERIES,
  type SplitRow,
  type SplitSeries,
  VCPU_SERIES,
  type VcpuSeries,
  ZAP_SERIES,
} from "./published.js";
import { countsOfGuest, REGION, type RegionMemory } from "./uniformGuest.js";

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

export interface VcpuValidation {
  readonly series: VcpuSeries;
  readonly profile: string;
  readonly rows: readonly VcpuComparison[];
  readonly unpriced: readonly UnpricedCount[];
  readonly restsOnAssumptions: boolean;
  /** Guest faults and broadcast TLBIs of each vCPU in the pass, simulated. */
  readonly counts: {
    readonly lazy: { readonly faults: number; readonly tlbis: number };
    readonly eager: { readonly faults: number; readonly tlbis: number };
  };
}

export interface VcpuComparison {
  readonly vcpus: number;
  readonly role: Role;
  readonly publishedLazyMs: number;
  readonly modelledLazyMs: number;
  readonly publishedEagerMs: number;
  readonly modelledEagerMs: number;
  /** Change of eager against lazy, percent. */
  readonly publishedPercent: number;
  readonly modelledPercent: number;
  readonly errorPoints: number;
}

/** Every vCPU does its pass at the same time: all of them issue broadcast TLBIs, and the pass takes as long as one vCPU's. */
export function validateVcpuSeries(series: VcpuSeries, profile?: CostProfile): VcpuValidation {
  const used = profile ?? builtinProfile(series.profile);
  const pass = {
    pageBytes: 4096,
    entries: 512,
    memoryBytes: REGION,
    strideBytes: series.strideBytes,
    writePercent: series.writePercent,
    // The pass after the first clear; iterations count from 1.
    iteration: 2,
    vcpu: 0,
    seed: 1,
  };
  const lazy = guestPass({ ...pass, leafBytes: 2 ** 21 });
  const eager = guestPass({ ...pass, leafBytes: 4096 });
  const change = (from: number, to: number) => 100 * (to / from - 1);
  const times = series.rows.map(([vcpus]) =>
    [lazy, eager].map((counts) => modelTime(counts, used, { issuers: vcpus })),
  );
  const rows = series.rows.map(([vcpus, publishedLazyMs, publishedEagerMs], i): VcpuComparison => {
    const [modelledLazyMs, modelledEagerMs] = times[i]!.map((time) => time.totalNs / 1e6) as [number, number];
    const publishedPercent = change(publishedLazyMs, publishedEagerMs);
    const modelledPercent = change(modelledLazyMs, modelledEagerMs);
    return {
      vcpus,
      role: series.fittedVcpus.includes(vcpus) && used.name === series.profile ? "fitted" : "judged",
      publishedLazyMs,
      modelledLazyMs,
      publishedEagerMs,
      modelledEagerMs,
      publishedPercent,
      modelledPercent,
      errorPoints: modelledPercent - publishedPercent,
    };
  });
  const countsFor = (i: 0 | 1) => ({
    faults: countOf(times[0]![i]!, "faults"),
    tlbis: countOf(times[0]![i]!, "tlbiBroadcast"),
  });
  return {
    series,
    profile: used.name,
    rows,
    unpriced: unpricedTogether(times.flat()),
    restsOnAssumptions: times.flat().some((time) => time.restsOnAssumptions),
    counts: { lazy: countsFor(0), eager: countsFor(1) },
  };
}

function countOf(time: ReturnType<typeof modelTime>, counter: string): number {
  const part = time.parts.find((one) => one.counter === counter);
  return part?.count ?? time.unpriced.find((one) => one.counter === counter)?.count ?? 0;
}

export interface ZapValidation {
  readonly passes: readonly {
    readonly root: number;
    readonly zapLevel: number;
    readonly publishedBefore: number;
    readonly simulatedBefore: number;
    readonly publishedAfter: number;
    readonly simulatedAfter: number;
    readonly publishedEntries: number;
    readonly simulatedEntries: number;
  }[];
  /** Whether every count of loops and entries is as published. */
  readonly exact: boolean;
  readonly profile: string;
  readonly publishedSavedNs: number;
  readonly modelledSavedNs: number;
}

/** The hello-world guest of the mail: a low page, the reset vector, and one non-present entry; then the same root empty. */
const HELLO: RootSpec = {
  rootLevel: 4,
  leaves: [
    { gfn: 0, level: 1, count: 1 },
    { gfn: 0xfffff, level: 1, count: 1 },
  ],
  nonpresentPaths: [{ gfn: 0xfee00, level: 1 }],
};
const EMPTY: RootSpec = { rootLevel: 4, leaves: [], nonpresentPaths: [] };
const MAXPHYADDR = 48;

export function validateZap(profile = builtinProfile(ZAP_SERIES.profile)): ZapValidation {
  const zap = (variant: keyof typeof VARIANTS) =>
    [HELLO, EMPTY].flatMap((root, i) => zapRoot(buildTree(root), VARIANTS[variant], MAXPHYADDR, i));
  const before = zap("baseline");
  const after = zap(ZAP_SERIES.strategy);
  const passes = before.map((pass, i) => ({
    root: pass.root,
    zapLevel: pass.zapLevel,
    publishedBefore: ZAP_SERIES.loopsBefore[i]!,
    simulatedBefore: pass.loops ?? Number.NaN,
    publishedAfter: ZAP_SERIES.loopsAfter[i]!,
    simulatedAfter: after[i]!.loops ?? Number.NaN,
    publishedEntries: ZAP_SERIES.entries[i]!,
    simulatedEntries: pass.zapped,
  }));
  const saved = passes.reduce((sum, pass) => sum + pass.simulatedBefore - pass.simulatedAfter, 0);
  return {
    passes,
    exact: passes.every(
      (pass) =>
        pass.publishedBefore === pass.simulatedBefore &&
        pass.publishedAfter === pass.simulatedAfter &&
        pass.publishedEntries === pass.simulatedEntries,
    ),
    profile: profile.name,
    publishedSavedNs: ZAP_SERIES.savedMicroseconds * 1000,
    modelledSavedNs: modelTime({ loops: saved }, profile).totalNs,
  };
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
