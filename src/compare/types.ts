import type { CountValue } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import type { RunVerdict } from "../results/verdict.js";

/** What a comparison is asked for. */
export interface CompareOptions {
  /**
   * Largest tolerated increase of an exact counter, as a fraction of the base: 0 tolerates none,
   * 0.01 one percent.
   */
  readonly maxIncrease: number;
  /**
   * Change of the median wall time, as a fraction, beyond which it can be a regression; null never
   * gates wall time.
   */
  readonly wallThreshold: number | null;
  /** Chance of a false alarm over all wall comparisons together, above 0 and below 1. */
  readonly alpha: number;
  /** Seed of the bootstrap. */
  readonly seed: number;
  /**
   * Whether a case or strategy that NEW no longer has is only told, instead of being a regression.
   */
  readonly allowMissing: boolean;
  /** Whether wall times of different environments are compared all the same. */
  readonly anyEnvironment: boolean;
}

export const DEFAULT_COMPARE_OPTIONS: CompareOptions = {
  maxIncrease: 0,
  wallThreshold: null,
  alpha: 0.05,
  seed: 1,
  allowMissing: false,
  anyEnvironment: false,
};

/**
 * - `equal`: the same
 * - `improvement`: less of what costs, or right where it was wrong
 * - `changed`: different, neither better nor worse
 * - `tolerated`: more, within the largest tolerated increase
 * - `regression`: more of what costs, or wrong where it was right
 */
export type Status = "equal" | "improvement" | "changed" | "tolerated" | "regression";

/**
 * A counter on both sides. Exact: any difference is one of the program, not of the MMU it ran on.
 */
export interface ExactMetric {
  readonly kind: "exact";
  readonly path: string;
  readonly label: string;
  readonly unit: string;
  /** Sum over levels where the counter is by level; undefined where that side does not count it. */
  readonly base: CountValue | undefined;
  readonly next: CountValue | undefined;
  /** Increase as a fraction of base; Infinity from zero; null where either is no number. */
  readonly change: number | null;
  readonly status: Status;
  /** The levels that differ, of a counter by level. */
  readonly levels: readonly { readonly level: string; readonly base: number; readonly next: number }[];
}

/** Wall time of one part on both sides: measured, noisy. */
export interface WallMetric {
  readonly kind: "measured";
  /** "split", "ioctl". */
  readonly part: string;
  readonly baseNs: number;
  readonly nextNs: number;
  /** Change of the median as a fraction of base. */
  readonly change: number;
  /** 95% bootstrap interval of {@link change}. */
  readonly interval: readonly [number, number];
  /**
   * Two-sided p of the Mann-Whitney test, alone and after Holm's correction over all wall
   * comparisons.
   */
  readonly p: number;
  readonly pHolm: number;
  readonly samples: readonly [number, number];
  /**
   * Samples that each side needs to see a change of the threshold four times in five; null where no
   * threshold is set.
   */
  readonly samplesNeeded: number | null;
  /**
   * `not-gated`: no threshold is set. `noise`: no change beyond the threshold that the tests
   * confirm. `too-few`: the same, but with so few samples that a change of the threshold would
   * probably have been missed. `changed`: faster, but the result is wrong.
   */
  readonly status: "not-gated" | "noise" | "too-few" | "improvement" | "changed" | "regression";
}

/** Whether the strategy's result is right, on both sides, and what may be said of the strategy. */
export interface FindingsChange {
  readonly base: readonly Finding[];
  readonly next: readonly Finding[];
  /** null of a run without findings in a file that has no verdicts. */
  readonly verdicts: { readonly base: RunVerdict | null; readonly next: RunVerdict | null };
  /**
   * A verdict that gets worse is a regression, whatever the findings: right, not searched, wrong on
   * other layouts, wrong.
   */
  readonly status: Exclude<Status, "tolerated">;
}

export interface CellRef {
  /** The file it is in; of a run on both sides the base's. */
  readonly path: string;
  readonly scenario: string;
  readonly mmu: string;
  readonly strategy: string;
}

/** One strategy on one case. */
export interface CellComparison extends CellRef {
  readonly workload: string;
  readonly exact: readonly ExactMetric[];
  readonly wall: readonly WallMetric[];
  readonly findings: FindingsChange;
}

/**
 * What a reader must know beside the figures. Codes with data; `report/compareTable.ts` words them.
 */
export type Note =
  | { readonly code: "wall-not-compared"; readonly field: string; readonly base: string; readonly next: string }
  | { readonly code: "environment-ignored"; readonly field: string; readonly base: string; readonly next: string }
  | { readonly code: "wall-only-one-side"; readonly cells: number }
  | { readonly code: "next-partial"; readonly paths: readonly string[] };

export interface Comparison {
  readonly options: CompareOptions;
  readonly base: { readonly paths: readonly string[] };
  readonly next: { readonly paths: readonly string[] };
  readonly cells: readonly CellComparison[];
  /** In BASE and not in NEW. */
  readonly missing: readonly CellRef[];
  /** In NEW and not in BASE. */
  readonly added: readonly CellRef[];
  readonly notes: readonly Note[];
  readonly summary: {
    /** Metrics, findings and (unless allowed) missing cells that regressed. */
    readonly regressions: number;
    readonly improvements: number;
    readonly changed: number;
    readonly tolerated: number;
    /** Exact counters, and results right or wrong (one a run), that were compared. */
    readonly exact: number;
    /** How many of {@link exact} are equal. */
    readonly equal: number;
    /** Wall series that were compared. */
    readonly wall: number;
  };
}
