import { badInput } from "../../errors.js";
import type { DirtyBitmap } from "./dirtyBitmap.js";
import type { GuestAccesses, GuestPassInput } from "./guestAccess.js";

/** What a flow's steps do with the dirty log of a memslot, whatever the MMU. */
export interface LoggedSlot {
  /** null while logging is disabled. */
  bitmap: DirtyBitmap | null;
  /** The copy that userspace got last, for the clear that follows. */
  lastGot: DirtyBitmap | null;
}

/** vCPU, read or write, first page of the guest, number of pages. */
type AccessRun = readonly [vcpu: number, kind: "r" | "w", first: number, count: number];
type Access = (vcpu: number, page: number, write: boolean) => void;

/** The part of a pass of so many pages from one share of its accesses to another. */
export function passPart(
  accesses: GuestAccesses,
  step: GuestPassInput,
  passPages: number,
  fromShare: number,
  toShare: number,
  access: Access,
): void {
  accesses.pass(step, Math.floor(fromShare * passPages), Math.floor(toShare * passPages), access);
}

/** Makes a step's accesses. @throws UserError for one that is beyond the guest */
export function accessRuns(
  step: { readonly name: string; readonly accesses: readonly AccessRun[] },
  vcpus: number,
  npages: number,
  access: Access,
): void {
  for (const [vcpu, kind, first, count] of step.accesses) {
    if (!(vcpu >= 0 && vcpu < vcpus && first >= 0 && first + count <= npages)) {
      const run = `${step.name}: access [${vcpu}, ${kind}, ${first}, ${count}]`;
      throw badInput(run, "beyond the guest", "its own pages");
    }
    for (let page = first; page < first + count; page++) access(vcpu, page, kind === "w");
  }
}

/**
 * Disables logging slot by slot, between the equal parts of a pass that runs meanwhile.
 *
 * @param part makes the part of that pass from one share of its accesses to another
 */
export function disableInTurn<S extends LoggedSlot>(
  slots: readonly S[],
  part: (fromShare: number, toShare: number) => void,
  disabled: (slot: S) => void,
): void {
  const parts = slots.length + 1;
  part(0, 1 / parts);
  for (const [index, slot] of slots.entries()) {
    slot.bitmap = null;
    slot.lastGot = null;
    disabled(slot);
    part((index + 1) / parts, (index + 2) / parts);
  }
}

/** @throws UserError where a step clears and logging is without manual protect */
export function refuseClear(manual: number, step: string): void {
  if (manual === 0) throw badInput(`step ${step}`, "clears without manual protect", "manual 1 or 3");
}

/** The bitmap of a slot. @throws UserError while logging is disabled */
export function bitmapOf(slot: LoggedSlot, step: string): DirtyBitmap {
  if (slot.bitmap === null) throw badInput(`step ${step}`, "needs a dirty log", "an enable step before it");
  return slot.bitmap;
}
