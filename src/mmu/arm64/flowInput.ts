import type { Granule } from "../../guest/geometry.js";
import type { GuestRule } from "../flow/guestAccess.js";
import type { DirtyLogStep, GuestFlow, GuestFlowSlot } from "../flow/guestFlow.js";
import type { VariantSpec } from "./scenario.js";

export type { DirtyLogStep as FlowStepInput, GuestFlowSlot as FlowSlot, GuestRule };

/**
 * A whole flow of dirty logging: a guest whose memory is not mapped yet, and the steps that guests
 * and userspace take. Self-contained; the form of `input` in the golden flows. Sizes are strings
 * such as "2M", addresses hexadecimal strings.
 */
export interface FlowInput extends VariantSpec, Omit<GuestFlow, "steps"> {
  readonly granule: Granule;
  /** 32 to 52; above 48 needs LPA2 or the 64K granule. */
  readonly ipaBits: number;
  /** The host has LPA2 (4K and 16K granule). */
  readonly lpa2?: boolean | undefined;
  /** Eager-split chunk: 0 (off) or one of the granule's sizes. */
  readonly chunk: string | number;
  /** Size of the guest's own pages, of which each access touches one; the granule where absent. */
  readonly guestPage?: string | undefined;
  readonly steps: readonly DirtyLogStep[];
}
