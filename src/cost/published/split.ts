/**
 * Measurements that others published, as they printed them. Percentages are changes of run time of
 * the patched kernel against the unpatched one (negative is faster), in percent; spreads are
 * standard deviations in points.
 */

import type { ProfileId } from "../profiles.js";

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
      row("enable", "hugetlb-1g", -14.46, 2.68, true),
      row("clear", "4K", -26.36, 3.32, true),
      row("clear", "thp", -12.05, 0.37, true),
      row("clear", "hugetlb-1g", -13.87, 0.86, true),
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
 * Loops of the TDP iterator while two roots are zapped, before and after, and entries zapped: one
 * pass a zap level and root.
 */
export const ZAP_SERIES = {
  id: "kauer-2024-10-23",
  title: "KVM: x86: Fast forward the iterator when zapping the TDP MMU",
  author: "Bernhard Kauer",
  date: "2024-10-23",
  profile: "x86-tdp",
  strategy: "skip-not-present-posted",
  passes: [
    { before: 3584, after: 118, entries: 2 },
    { before: 2048, after: 69, entries: 3 },
    { before: 1024, after: 35, entries: 2 },
    { before: 512, after: 17, entries: 1 },
    { before: 512, after: 16, entries: 0 },
    { before: 512, after: 16, entries: 0 },
    { before: 512, after: 16, entries: 0 },
    { before: 512, after: 16, entries: 0 },
  ],
  savedMicroseconds: 115,
} as const;
