import type { Mmu } from "../mmu/contract.js";
import type { CounterDeclaration, Counts } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import type { Environment, ResultFile, RunResult, ScenarioResult } from "../results/types.js";
import { summarize } from "../stats/statistics.js";

/** Result files made by hand, for tests of what reads them. */

export const environment: Environment = {
  node: "v20.20.2",
  v8: "11.3",
  os: "Linux 6.12",
  arch: "x64",
  cpuModel: "Example CPU",
  cpuCount: 2,
};

/** Counters of the MMU "toy". */
export const toyCounters: readonly CounterDeclaration[] = [
  {
    path: "split/inspected",
    byLevel: true,
    label: "entries inspected (split)",
    unit: "entries",
    role: "cost",
    doc: "Entries that the split walks loaded.",
  },
  {
    path: "split/tlbi",
    byLevel: true,
    label: "TLBIs (split)",
    unit: "TLBIs",
    role: "cost",
    doc: "Invalidations by IPA.",
  },
  {
    path: "split/lockDrops",
    byLevel: false,
    label: "lock drops",
    unit: "drops",
    role: "cost",
    doc: "Times the MMU lock was dropped.",
  },
  {
    path: "final/unsplitBlocks",
    byLevel: false,
    label: "blocks left unsplit",
    unit: "blocks",
    role: "outcome",
    worse: "more",
    doc: "Blocks in the final tree.",
  },
  {
    path: "final/tables",
    byLevel: false,
    label: "tables (final)",
    unit: "pages",
    role: "outcome",
    doc: "Table pages, root excluded.",
  },
  {
    path: "final/digest",
    byLevel: false,
    label: "digest of the final tree",
    unit: "",
    role: "outcome",
    worse: "different",
    values: "digest-or-none",
    doc: "SHA-256 over the leaves.",
  },
];

/** Counts of a plausible split of 1 GiB of 2M blocks. */
export const toyCounts = {
  split: { inspected: { "1": 1, "2": 512, "3": 262144 }, tlbi: { "1": 0, "2": 512, "3": 0 }, lockDrops: 2 },
  final: { unsplitBlocks: 0, tables: 513, digest: "ab".repeat(32) },
} as const satisfies Counts;

/** A counts tree with one value replaced: `withCount(toyCounts, "split/inspected/3", 5)`. */
export function withCount(counts: Counts, path: string, value: number | string | null): Counts {
  const [name, ...rest] = path.split("/") as [string, ...string[]];
  return { ...counts, [name]: rest.length === 0 ? value : withCount(counts[name] as Counts, rest.join("/"), value) };
}

export function scenarioResult(id = "thp/enable", more: Partial<ScenarioResult> = {}): ScenarioResult {
  return {
    id,
    mmu: "toy",
    name: "thp",
    description: "One GiB of 2M blocks.",
    workload: "enable",
    variables: { mode: "enable", chunk: "1G" },
    scenario: { granule: "4K", memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "1G" }] }] },
    initial: { tables: 1 },
    ...more,
  };
}

export function runResult(more: Partial<RunResult> = {}): RunResult {
  return {
    scenario: "thp/enable",
    strategy: "baseline",
    source: "builtin",
    counts: toyCounts,
    findings: [],
    verdict: (more.findings ?? []).length > 0 ? { code: "wrong" } : { code: "right" },
    wall: null,
    ...more,
  };
}

export const unsplit: Finding = {
  code: "unsplit-block",
  count: 511,
  data: { ipa: "0x40200000", level: 2, bytes: 1071644672 },
};

/** Wall series from samples in nanoseconds. */
export function wall(samplesNs: readonly number[]) {
  return { split: summarize(samplesNs) };
}

export function resultFile(more: Partial<ResultFile> = {}): ResultFile {
  return {
    schemaVersion: 1,
    kind: "s2split-result",
    tool: { name: "s2split", version: "0.1.0", modelVersion: 1 },
    partial: false,
    createdAt: "2026-07-31T12:00:00.000Z",
    environment,
    options: { wall: false, runs: null, timeMs: null, seed: 1 },
    shard: null,
    scenarios: [scenarioResult()],
    runs: [
      runResult(),
      runResult({ strategy: "max-level", counts: withCount(toyCounts, "split/inspected/3", 0) }),
      runResult({
        strategy: "skip-return-rfc",
        counts: withCount(toyCounts, "final/unsplitBlocks", 511),
        findings: [unsplit],
      }),
    ],
    ...more,
  };
}

/** An MMU that simulates nothing, for renderers and exports of hand-made results. */
export const toyMachine = {
  id: "toy",
  title: "a toy",
  workloads: [],
  baseline: "baseline",
  counters: toyCounters,
  strategies: [],
  columns: [
    { path: "split/inspected", heading: "inspected", change: true },
    { path: "split/tlbi", heading: "TLBIs" },
  ],
} as unknown as Mmu;
