import type { Finding } from "../mmu/finding.js";

/** All ns are modelled; all else is counted. */
export interface AdviceRow {
  readonly mode: "enable" | "clear";
  readonly chunk: string;
  readonly strategy: string;
  /** The ioctl that enables logging. 0 in clear mode, where it only sets bits. */
  readonly enableNs: number;
  /** Clearing all of memory for the first time; null in enable mode, which has no clear. */
  readonly firstClearNs: number | null;
  readonly longestHold: Hold;
  readonly longestStretch: Hold;
  /** Time with mmu_lock held, for each GiB enabled or cleared. */
  readonly lockedNsPerGiB: number;
  readonly cachePages: number;
  readonly cacheBytes: number;
  readonly ioctlTlbis: number;
  /** What is wrong with the tree that the ioctl leaves, such as blocks not split: then nothing is said of the guest. */
  readonly findings: readonly Finding[];
  /** The first pass; null where {@link findings} are: it is that of a guest wholly split, which this one is not. */
  readonly guest: GuestFigures | null;
  /** Time of the ioctls and of all vCPUs' first pass; null where there are findings. */
  readonly totalNs: number | null;
  readonly withinLockHold: boolean;
  /** Counts of equal regions were multiplied, exactly. */
  readonly scaled: boolean;
}

export interface GuestFigures {
  readonly faults: number;
  readonly tlbis: number;
  readonly writes: number;
  /** What the pass takes longer than without logging, all vCPUs at the same time. */
  readonly elapsedNs: number;
  /** The same summed over vCPUs. */
  readonly vcpuNs: number;
  readonly sampled: boolean;
}

/** A row whose ioctl did what it should: only these are compared and recommended. */
export type RightRow = AdviceRow & { readonly guest: GuestFigures; readonly totalNs: number };

export function isRight(row: AdviceRow): row is RightRow {
  return row.guest !== null && row.totalNs !== null;
}

export interface Hold {
  readonly visits: number;
  readonly ns: number;
}
