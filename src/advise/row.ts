import type { Finding } from "../mmu/finding.js";
import type { Stall } from "./stall.js";

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
  /**
   * What is wrong with the tree that the ioctl leaves, such as blocks not split: then nothing is
   * said of the guest.
   */
  readonly findings: readonly Finding[];
  /**
   * The first pass; null where {@link findings} are: it is that of a guest wholly split, which this
   * one is not.
   */
  readonly guest: GuestFigures | null;
  /** What the vCPUs and the ioctl do to each other; null where the profile does not tell. */
  readonly stall: Stall | null;
  /** Time of the ioctls and of all vCPUs' first pass; null where there are findings. */
  readonly totalNs: number | null;
  readonly withinLockHold: boolean;
  readonly withinGuestStall: boolean;
  /** Counts of equal regions were multiplied, exactly. */
  readonly scaled: boolean;
  /**
   * Regions that stand for all, and how far the ioctl's time may be off for it, percent; null where
   * all was counted.
   */
  readonly sampled: { readonly regions: number; readonly of: number; readonly errorPercent: number } | null;
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
