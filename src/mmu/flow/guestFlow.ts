import type { Counts } from "../counters.js";
import type { GuestInput, GuestPassInput } from "./guestAccess.js";

/**
 * dirty_log_perf_test with its guests, as any MMU can run it: memory that is not mapped yet, and
 * what is done, step by step.
 */
export interface GuestFlow extends GuestInput {
  /**
   * 0: no manual protect (`-g`). 1: manual protect. 3: manual protect with initially-all-set, the
   * test's default.
   */
  readonly manual: 0 | 1 | 3;
  readonly slots: readonly GuestFlowSlot[];
  /** Guest pages of one vCPU's part; memory is `vcpus` times this, partitioned or not. */
  readonly pagesPerVcpu: number;
  readonly steps: readonly GuestFlowStep[];
}

/**
 * A memslot and the host memory behind it. Sizes are strings such as "2M", addresses hexadecimal
 * strings.
 */
export interface GuestFlowSlot {
  readonly base: string;
  readonly size: string;
  /** Host virtual address. */
  readonly hva: string;
  /**
   * In order from `hva`; `hugetlb` says whether a block is one of hugetlb memory rather than a
   * transparent huge page.
   */
  readonly backing: readonly {
    readonly map: string;
    readonly size: string;
    readonly hugetlb?: boolean | undefined;
  }[];
}

export type GuestFlowStep =
  | GuestPassInput
  | { readonly op: "enable" | "get" | "clear"; readonly name: string }
  /**
   * With `guests`, one pass of the guests runs meanwhile (`-e`), spread evenly over the time
   * before, between and after the ioctls of the slots; it is a step of its own in the outcome,
   * after the ioctls'.
   */
  | { readonly op: "disable"; readonly name: string; readonly guests?: GuestPassInput | undefined };

/** What golden flows do beside that. */
export type DirtyLogStep =
  | GuestFlowStep
  /**
   * Accesses one by one: `[vcpu, "r" or "w", first page, number of pages]`, pages of the MMU
   * counted through all slots.
   */
  | {
      readonly op: "access";
      readonly name: string;
      readonly accesses: readonly (readonly [number, "r" | "w", number, number])[];
    }
  /** KVM_CLEAR_DIRTY_LOG with a custom bitmap: bits in `runs` are relative to `firstPage`. */
  | {
      readonly op: "clear_part";
      readonly name: string;
      readonly slot: number;
      readonly firstPage: number;
      readonly numPages: number;
      readonly runs: readonly (readonly [number, number])[];
    };

/** What one step of a flow did. */
export interface FlowPhase {
  readonly phase: string;
  /** Counts of the step; what is 0 is absent. */
  readonly counts: Counts;
  /** The tree and the caches after the step, for JSON. */
  readonly state?: object | undefined;
}
