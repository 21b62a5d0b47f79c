import type { FaultLock } from "../contention.js";
import type { ProfileId } from "../profiles.js";

/**
 * Published times of guests that dirty their memory, over the number of vCPUs:
 * dirty_log_perf_test's "dirty memory time". Figures as their authors printed them; no source gives
 * a spread: every row is one printed time.
 */

export interface ContentionTable {
  /** "koller-2023-sparse". */
  readonly id: string;
  /** What was posted together: "koller-2023". */
  readonly post: string;
  readonly title: string;
  readonly author: string;
  readonly date: string;
  readonly messageId: string;
  readonly alsoIn?: readonly string[];
  /** Null where the post does not name it. */
  readonly machine: string | null;
  readonly kernel: string;
  readonly command: string;
  readonly workload: Workload;
  /** The unit that the rows were printed in. */
  readonly unit: "ms" | "s";
  readonly columns: readonly ContentionColumn[];
  /** What the source leaves open, and what to know before the figures are used. */
  readonly notKnown: readonly string[];
  /** A profile with constants of this machine. */
  readonly profile: ProfileId;
}

/** What each vCPU does in the timed pass, to memory of its own. */
export interface Workload {
  readonly memoryBytes: number;
  /** Bytes of the blocks that map it before the split. */
  readonly blockBytes: number;
  /** Bytes from one access to the next. */
  readonly strideBytes: number;
  /**
   * Page i is written if i % writeEvery is 0, else read (`-f`, 2021 and 2022). 1: all are written.
   */
  readonly writeEvery: number;
  /** The same in words. */
  readonly text: string;
}

export interface ContentionColumn {
  /** "lazy", "write lock". */
  readonly name: string;
  readonly lock: FaultLock;
  /** Whether the memory had been split to pages when the pass began. */
  readonly eager: boolean;
  /** vCPUs and the time that was printed. */
  readonly rows: readonly (readonly [vcpus: number, time: number])[];
  /** Half of the last printed digit, where that is more than a percent of some row. */
  readonly rounding?: number;
  /**
   * The column of another table that this one repeats to the digit: one measurement, printed twice.
   */
  readonly repeats?: string;
}
