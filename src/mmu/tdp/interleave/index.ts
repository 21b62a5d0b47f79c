import { UserError } from "../../../errors.js";
import { type InterleaveOptions, type InterleaveSearch, searchOf } from "../../interleave.js";
import type { TdpStrategy } from "../strategy.js";
import { MAXPHYADDR, UNITS, type Unit, unitId } from "./guests.js";
import { ScriptRun } from "./run.js";

/**
 * Explores what others may do while the TDP MMU zaps, splits, enables and clears: on small guests
 * in the real geometry, with the engine's own iterator.
 *
 * @param units tests search fewer
 * @throws UserError for dirty tracking by hardware beyond PML, which x86 has in every unit that
 *   says so
 */
export function tdpInterleave(
  { actions, dirtyTracking }: InterleaveOptions,
  units: readonly Unit[] = UNITS,
): InterleaveSearch<TdpStrategy> {
  if (dirtyTracking === "hardware") {
    throw new UserError(
      "--dirty-tracking hardware with --mmu x86-tdp: its guests have PML on and off; expected faults",
    );
  }
  return searchOf(actions, textOf(actions), units, unitId, ({ variant }, unit, sink) =>
    // Kauer's patch is for the loop that zaps.
    variant.aside !== 0 && !unit.script.steps.includes("zap") ? null : new ScriptRun(unit, variant, actions, sink),
  );
}

function textOf(actions: number): string {
  return (
    `every choice of up to ${actions} yields and actions of others on 2 roots that are zapped (${MAXPHYADDR} ` +
    "physical address bits) and 3 slots, from gfn 448, 449 and 512, " +
    "that are enabled or cleared, with PML and eager splitting on and off; polls find a yield due where the " +
    "schedule says, or at every poll or every 3rd " +
    "with one action less; walks yield at entries where what is mapped begins or ends and at the ends of tables, " +
    "and drop mmu_lock to allocate: a vCPU " +
    "reads or writes one of 4 pages, the host takes away a page or 2M; while enabling holds mmu_lock for " +
    "reading, a vCPU writes one of 4 pages at such an " +
    "entry when it was read; between ioctls another thread gets or clears the log, disables logging or deletes the slot"
  );
}
