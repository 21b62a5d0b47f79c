import type { CostId } from "./profile.js";
import type { TermCounts } from "./terms.js";

/** One measured time and what the simulation counts for it. */
export interface Observation {
  /** "anonymous_thp, chunk 2M, -g: enable". */
  readonly label: string;
  readonly terms: TermCounts;
  /** Nanoseconds, measured; at least one, all above 0. */
  readonly samplesNs: readonly number[];
  /** CPUs that issue broadcast TLBIs at the same time. Default 1. */
  readonly issuers?: number;
}

/** What could be run next, with what it would count. */
export interface CandidateRun {
  readonly label: string;
  readonly terms: TermCounts;
}

export interface FitOptions {
  /** Costs to fit. Default: `FITTED_COSTS`. */
  readonly costs?: readonly CostId[];
  /** Seed of the bootstrap. Default 1. */
  readonly seed?: number;
  /** Refits for the intervals. Default 1000. */
  readonly resamples?: number;
  readonly candidates?: readonly CandidateRun[];
  /** What the figures' provenance says of the runs. */
  readonly source: string;
}

export type FitWarning =
  | {
      readonly code: "same-counts" | "near-collinear";
      readonly a: CostId;
      readonly b: CostId;
      readonly cosine: number;
      /** The run that would tell them apart best, or null where no known run does. */
      readonly run: string | null;
    }
  | {
      readonly code: "dependent";
      readonly cost: CostId;
      readonly inflation: number;
      /**
       * The run that would lower the inflation most, and to what; null where no known run halves
       * it.
       */
      readonly run: { readonly label: string; readonly inflation: number } | null;
    }
  | { readonly code: "few-runs"; readonly runs: number; readonly costs: number }
  | { readonly code: "few-samples"; readonly label: string; readonly samples: number };
