import { badInput } from "../errors.js";

/**
 * A guest mode of the selftests: width of the guest's physical addresses, and the size of its own
 * pages.
 */
export interface GuestMode {
  /** The number that `-m` takes. */
  readonly id: number;
  /** As the test prints it. */
  readonly label: string;
  readonly ipaBits: number;
  readonly vaBits: number;
  readonly guestPage: "4K" | "16K" | "64K";
}

function mode(id: number, ipaBits: number, vaBits: number, guestPage: GuestMode["guestPage"]): GuestMode {
  return {
    id,
    label: `PA-bits:${ipaBits},  VA-bits:${vaBits}, ${guestPage.padStart(3)} pages`,
    ipaBits,
    vaBits,
    guestPage,
  };
}

/**
 * The guest modes of arm64, by the numbers of Linux 7.3; those of 52 bits need LPA2 on a host of 4K
 * or 16K pages (tools/testing/selftests/kvm/include/kvm_util.h, `enum vm_guest_mode`).
 */
export const GUEST_MODES: readonly GuestMode[] = [
  mode(0, 52, 48, "4K"),
  mode(1, 52, 48, "16K"),
  mode(2, 52, 48, "64K"),
  mode(3, 48, 48, "4K"),
  mode(4, 48, 48, "16K"),
  mode(5, 48, 48, "64K"),
  mode(6, 40, 48, "4K"),
  mode(7, 40, 48, "16K"),
  mode(8, 40, 48, "64K"),
  mode(12, 36, 48, "4K"),
  mode(13, 36, 48, "16K"),
  mode(14, 36, 48, "64K"),
  mode(15, 47, 47, "16K"),
  mode(16, 36, 47, "16K"),
];

/** @throws UserError for a number that is no such mode */
export function guestModeOf(id: number): GuestMode {
  const found = GUEST_MODES.find((candidate) => candidate.id === id);
  if (found === undefined) {
    throw badInput(`-m ${id}`, "no arm64 guest mode", `one of ${GUEST_MODES.map((m) => m.id).join(", ")}`);
  }
  return found;
}
