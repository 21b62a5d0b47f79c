/**
 * Measurements that others published, as they printed them. Percentages are changes of run time of the patched kernel against
 * the unpatched one (negative is faster), in percent; spreads are standard deviations in points.
 */

import type { ProfileId } from "./profiles.js";

export type Backing = "4K" | "thp" | "hugetlb-1g";

export interface SplitSeries {
  readonly id: string;
  readonly title: string;
  readonly author: string;
  readonly date: string;
  /** What was posted and measured, by its id in the strategy registry. */
  readonly strategy: string;
  readonly machine: string;
  readonly slotGiB: number;
  /** `split`: the split function alone; `ioctl`: all that userspace waits for. */
  readonly scope: "split" | "ioctl";
  /** Profile that belongs to this machine. */
  readonly profile: ProfileId;
  readonly rows: readonly SplitRow[];
}

export interface SplitRow {
  readonly mode: "enable" | "clear";
  readonly backing: Backing;
  readonly changePercent: number;
  /** Null where none was published. */
  readonly stdevPoints: number | null;
  /** Whether the profile's figures were computed from this row. */
  readonly fitted: boolean;
}

function row(
  mode: SplitRow["mode"],
  backing: Backing,
  changePercent: number,
  stdevPoints: number | null,
  fitted = false,
): SplitRow {
  return { mode, backing, changePercent, stdevPoints, fitted };
}

export const SPLIT_SERIES: readonly SplitSeries[] = [
  {
    id: "rfc-2026-05-15",
    title: "[RFC PATCH 0/2] Optimize S2 page splitting",
    author: "Leonardo Bras",
    date: "2026-05-15",
    strategy: "skip-return-rfc",
    machine: "software model",
    slotGiB: 1,
    scope: "split",
    profile: "model-rfc",
    rows: [
      row("enable", "4K", -97.33, null, true),
      row("enable", "thp", -19.82, null, true),
      row("enable", "hugetlb-1g", -20.65, null, true),
    ],
  },
  {
    id: "v1-2026-06-10",
    title: "[PATCH v1 0/2] Optimize S2 page splitting",
    author: "Leonardo Bras",
    date: "2026-06-10",
    strategy: "skip-level",
    machine: "AmpereOne",
    slotGiB: 64,
    scope: "ioctl",
    profile: "ampereone",
    rows: [
      row("enable", "4K", -35.47, 5.63, true),
      row("enable", "thp", -11.94, 2.55, true),
      row("enable", "hugetlb-1g", -14.46, 2.68),
      row("clear", "4K", -26.36, 3.32),
      row("clear", "thp", -12.05, 0.37),
      row("clear", "hugetlb-1g", -13.87, 0.86),
    ],
  },
  {
    id: "v2-2026-06-18",
    title: "[PATCH v2 0/3] Optimize S2 page splitting",
    author: "Leonardo Bras",
    date: "2026-06-18",
    strategy: "skip-level",
    machine: "ThunderX2, 32 GB",
    slotGiB: 16,
    scope: "ioctl",
    profile: "thunderx2",
    rows: [
      row("enable", "4K", -44.01, 2.8, true),
      row("enable", "thp", -24.66, 1.21, true),
      row("enable", "hugetlb-1g", -24.78, 0.85),
      row("clear", "4K", -38.98, 1.91),
      row("clear", "thp", -25.49, 0.65),
      row("clear", "hugetlb-1g", -24.24, 0.65),
    ],
  },
];

/**
 * Eager against lazy splitting by vCPUs: time of the first guest pass after the first clear ("Iteration 2 dirty memory time"),
 * 1 GiB of 2M blocks a vCPU, manual protect.
 */
export interface VcpuSeries {
  readonly id: string;
  readonly title: string;
  readonly author: string;
  readonly date: string;
  readonly machine: string;
  readonly profile: ProfileId;
  /** What the guests do. */
  readonly workload: string;
  /** Bytes between two accesses of a vCPU. */
  readonly strideBytes: number;
  readonly writePercent: number;
  /** [vCPUs, lazy ms, eager ms]. */
  readonly rows: readonly (readonly [vcpus: number, lazyMs: number, eagerMs: number])[];
  /** Whether the profile's figures were computed from it, and from which rows (vCPUs). */
  readonly fittedVcpus: readonly number[];
}

export const VCPU_SERIES: readonly VcpuSeries[] = [
  {
    id: "koller-2023-01-13",
    title: "[PATCH 0/9] KVM: arm64: Eager Huge-page splitting for dirty-logging",
    author: "Ricardo Koller",
    date: "2023-01-13",
    machine: "AmpereOne",
    profile: "altra-like",
    workload: "one write in every 2M",
    strideBytes: 2 ** 21,
    writePercent: 100,
    rows: [
      [1, 2.63, 1.66],
      [2, 2.95, 1.7],
      [4, 3.21, 1.71],
      [8, 4.97, 1.78],
      [16, 9.51, 1.82],
      [32, 20.15, 3.03],
      [64, 40.09, 5.8],
      [128, 80.08, 12.24],
      [152, 109.81, 15.14],
    ],
    fittedVcpus: [1],
  },
  {
    id: "koller-2023-01-13-read-mostly",
    title: "the same, read-mostly",
    author: "Ricardo Koller",
    date: "2023-01-13",
    machine: "AmpereOne",
    profile: "altra-like",
    workload: "every page, one write in ten accesses",
    strideBytes: 4096,
    writePercent: 10,
    rows: [
      [1, 650, 70],
      [2, 700, 80],
      [4, 710, 80],
      [8, 720, 80],
      [16, 760, 80],
      [32, 1610, 140],
      [64, 3460, 300],
      [128, 5490, 640],
      [152, 6440, 630],
    ],
    fittedVcpus: [],
  },
];

/** Loops of the TDP iterator while two roots are zapped, one pass a zap level and root, before and after. */
export const ZAP_SERIES = {
  id: "kauer-2024-10-23",
  title: "KVM: x86: Fast forward the iterator when zapping the TDP MMU",
  author: "Bernhard Kauer",
  date: "2024-10-23",
  profile: "x86-tdp",
  strategy: "skip-not-present-posted",
  loopsBefore: [3584, 2048, 1024, 512, 512, 512, 512, 512],
  loopsAfter: [118, 69, 35, 17, 16, 16, 16, 16],
  entries: [2, 3, 2, 1, 0, 0, 0, 0],
  savedMicroseconds: 115,
} as const;
