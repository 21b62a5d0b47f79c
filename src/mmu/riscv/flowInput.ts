import type { DirtyLogStep, GuestFlow } from "../flow/guestFlow.js";
import type { GStageMode } from "./geometry.js";

/**
 * A whole flow of dirty logging on KVM/riscv: a guest whose memory is not mapped yet, and the steps
 * that guests, userspace and the host take. Self-contained; the form of `input` in the golden
 * flows. Sizes are strings such as "2M", addresses hexadecimal strings.
 */
export interface RiscvFlowInput extends Omit<GuestFlow, "steps"> {
  readonly gstage: GStageMode;
  /** The module parameter `eager_page_split`. */
  readonly eagerSplit: boolean;
  /** The hart has Svvptc: an entry that was empty needs no flush when it is filled. */
  readonly svvptc: boolean;
  /** need_resched is true at every n-th poll of a step's split loops; 0 is never. */
  readonly reschedEveryNPolls: number;
  readonly steps: readonly RiscvFlowStep[];
}

export type RiscvFlowStep =
  | DirtyLogStep
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
