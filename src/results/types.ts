import type { Counts } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import type { TimeSeries } from "../stats/statistics.js";

/**
 * The result file. `schema.ts` has the same in zod, for reading what comes from outside and for the
 * exported JSON Schema; a type-level test keeps the two equal. Numbers carry their unit in their
 * name, or stand under a counter whose declaration does.
 */
export interface ResultFile {
  readonly schemaVersion: 1;
  readonly kind: "s2split-result";
  readonly tool: { readonly name: "s2split"; readonly version: string; readonly modelVersion: number };
  /** True where the run was interrupted; `compare` refuses such a file as a baseline. */
  readonly partial: boolean;
  /** ISO 8601; null in reference results, which are the same on any machine. */
  readonly createdAt: string | null;
  /** null in reference results. */
  readonly environment: Environment | null;
  /** How it was measured. */
  readonly options: {
    readonly wall: boolean;
    readonly runs: number | null;
    readonly timeMs: number | null;
    readonly seed: number;
  };
  /** Present in a part of a sweep. */
  readonly shard: Shard | null;
  readonly scenarios: readonly ScenarioResult[];
  readonly runs: readonly RunResult[];
}

/** Which part of which sweep a result is. */
export interface Shard {
  /** 1-based. */
  readonly index: number;
  readonly count: number;
  /** Digest of the whole plan: parts of one sweep have the same. */
  readonly plan: string;
  /**
   * Where each of this part's scenarios stands in the plan, from 0, in the order of the file:
   * `merge` restores the order.
   */
  readonly cases: readonly number[];
}

export interface Environment {
  readonly node: string;
  readonly v8: string;
  readonly os: string;
  readonly arch: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
}

/** One case: a scenario with its workload and chunk. */
export interface ScenarioResult {
  /** Unique in the file: the scenario's name, workload and variables joined with `/`. */
  readonly id: string;
  readonly mmu: string;
  readonly name: string;
  readonly description: string | null;
  readonly workload: string;
  /** What distinguishes this case in a sweep: `{ "mode": "enable", "chunk": "1G" }`. */
  readonly variables: Readonly<Record<string, string>>;
  /** The full scenario, self-contained: feed it to `--scenario` to run it again. */
  readonly scenario: unknown;
  readonly initial: Counts;
}

export interface RunResult {
  /** Id of a scenario in this file. */
  readonly scenario: string;
  readonly strategy: string;
  /** "builtin" or "user". */
  readonly source: string;
  readonly counts: Counts;
  /** What is wrong with this run. Empty says nothing of other layouts: see {@link verdict}. */
  readonly findings: readonly Finding[];
  /** What may be said of the strategy by this run; absent in files of before it was written. */
  readonly verdict?: RunVerdict | undefined;
  /** Series by part ("split", "ioctl"); null where wall time was not measured. */
  readonly wall: Readonly<Record<string, WallSeries>> | null;
}

/** Wall time of the simulation on this host, measured. Not a time of any kernel. */
export type WallSeries = TimeSeries;

/**
 * Raised whenever a change of the model changes any count: results of different versions are not
 * compared.
 */
export const MODEL_VERSION = 1;

/**
 * What may be said of a run: computed once, when it ends (`verdictOf`), and said alike by tables,
 * exports and comparisons. A run without findings is right on its own scenario; whether its
 * strategy is right is another question.
 */
export type RunVerdict =
  /**
   * Nothing is wrong, and no fault of the strategy is known or to be expected: the tests search for
   * them.
   */
  | { readonly code: "right" }
  /** The scenario gave it nothing to do, which is no credit. */
  | { readonly code: "idle"; readonly reason: string }
  /**
   * Nothing is wrong here, but nothing is known of other layouts: a custom strategy.
   * `search` is the command that looks.
   */
  | { readonly code: "unsearched"; readonly search: string }
  /** Nothing is wrong here, but it is on other layouts. */
  | { readonly code: "right-here"; readonly knownFaults: readonly string[] }
  /** See the run's findings. */
  | { readonly code: "wrong" };
