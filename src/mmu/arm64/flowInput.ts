import type { Granule } from "../../guest/geometry.js";
import type { GuestPassInput, GuestRule } from "../flow/guestAccess.js";

export type { GuestPassInput, GuestRule };

/**
 * A whole flow of dirty logging: a guest whose memory is not mapped yet, and the steps that guests and userspace take. Self-contained; the
 * form of `input` in the golden flows. Sizes are strings such as "2M", addresses hexadecimal strings.
 */
export interface FlowInput {
  readonly granule: Granule;
  /** 32 to 52; above 48 needs LPA2 or the 64K granule. */
  readonly ipaBits: number;
  /** The host has LPA2 (4K and 16K granule). */
  readonly lpa2?: boolean | undefined;
  /** Eager-split chunk: 0 (off) or one of the granule's sizes. */
  readonly chunk: string | number;
  /** 0: no manual protect (`-g`). 1: manual protect. 3: manual protect with initially-all-set, the test's default. */
  readonly manual: 0 | 1 | 3;
  /** Blocks are replaced by tables in one store when they are split eagerly (proposed for FEAT_BBM level 2, not in Linux). */
  readonly bbm?: 2 | undefined;
  readonly slots: readonly FlowSlot[];
  readonly vcpus: number;
  /** Each vCPU has its own part of the memory; else all of it. */
  readonly partitioned: boolean;
  /** Guest pages of one vCPU's part; memory is `vcpus` times this, partitioned or not. */
  readonly pagesPerVcpu: number;
  /** Size of the guest's own pages, of which each access touches one; the granule where absent. */
  readonly guestPage?: string | undefined;
  /** How the guest draws what it writes and, in random order, which page. */
  readonly rule: GuestRule;
  /** 32 bits, unsigned. */
  readonly seed: number;
  readonly steps: readonly FlowStepInput[];
}

/** A memslot and the host memory behind it. */
export interface FlowSlot {
  readonly base: string;
  readonly size: string;
  /** Host virtual address. */
  readonly hva: string;
  /** In order from `hva`: the host maps the largest page not above `map` that lies, aligned by host address, wholly inside its segment. */
  readonly backing: readonly { readonly map: string; readonly size: string }[];
}

export type FlowStepInput =
  | GuestPassInput
  /** Accesses one by one: `[vcpu, "r" or "w", first page, number of pages]`; pages are the granule's, from the region's start. */
  | {
      readonly op: "access";
      readonly name: string;
      readonly accesses: readonly (readonly [number, "r" | "w", number, number])[];
    }
  | { readonly op: "enable" | "get" | "clear"; readonly name: string }
  /** KVM_CLEAR_DIRTY_LOG with a custom bitmap: bits in `runs` are relative to `firstPage`. */
  | {
      readonly op: "clear_part";
      readonly name: string;
      readonly slot: number;
      readonly firstPage: number;
      readonly numPages: number;
      readonly runs: readonly (readonly [number, number])[];
    }
  /**
   * With `guests`, one pass of the guests runs meanwhile (`-e`), spread evenly over the time before, between and after the ioctls of
   * the slots; it is a step of its own in the outcome, after the ioctls'.
   */
  | { readonly op: "disable"; readonly name: string; readonly guests?: GuestPassInput | undefined };
