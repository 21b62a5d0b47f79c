import type { GuestInput, GuestPassInput } from "../flow/guestAccess.js";
import type { GStageMode } from "./geometry.js";

/**
 * A whole flow of dirty logging on KVM/riscv: a guest whose memory is not mapped yet, and the steps that guests, userspace and the host
 * take. Self-contained; the form of `input` in the golden flows. Sizes are strings such as "2M", addresses hexadecimal strings.
 */
export interface RiscvFlowInput extends GuestInput {
  readonly gstage: GStageMode;
  /** The module parameter `eager_page_split`. */
  readonly eagerSplit: boolean;
  /** 0: no manual protect (`-g`). 1: manual protect. 3: manual protect with initially-all-set, the test's default. */
  readonly manual: 0 | 1 | 3;
  /** The hart has Svvptc: an entry that was empty needs no flush when it is filled. */
  readonly svvptc: boolean;
  /** need_resched is true at every n-th poll of a step's split loops; 0 is never. */
  readonly reschedEveryNPolls: number;
  readonly slots: readonly RiscvFlowSlot[];
  /** Guest pages of one vCPU's part; memory is `vcpus` times this, partitioned or not. */
  readonly pagesPerVcpu: number;
  readonly steps: readonly RiscvFlowStep[];
}

/** A memslot and the host memory behind it. */
export interface RiscvFlowSlot {
  readonly base: string;
  readonly size: string;
  /** Host virtual address. */
  readonly hva: string;
  /** In order from `hva`. `map` 4K; 2M is thp unless `hugetlb`; 1G is hugetlb. */
  readonly backing: readonly {
    readonly map: string;
    readonly size: string;
    readonly hugetlb?: boolean | undefined;
  }[];
}

export type RiscvFlowStep =
  | GuestPassInput
  /** Accesses one by one: `[vcpu, "r" or "w", first page, number of pages]`, pages counted through all slots. */
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
  /** With `guests`, one pass runs meanwhile (`-e`); it is a step of its own in the outcome, after the ioctls'. */
  | { readonly op: "disable"; readonly name: string; readonly guests?: GuestPassInput | undefined }
  /** The host takes pages of a slot away. */
  | {
      readonly op: "unmap";
      readonly name: string;
      readonly slot: number;
      readonly firstPage: number;
      readonly numPages: number;
    }
  /** The VM ends; nothing can follow. */
  | { readonly op: "destroy"; readonly name: string };
