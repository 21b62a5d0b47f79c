import { type InterleaveOptions, type InterleaveSearch, ScheduleSearch } from "../../interleave.js";
import type { SplitStrategy } from "../strategy.js";
import { CHUNKS, GUESTS, SCRIPTS } from "./guests.js";
import { ScriptRun, type Unit, unitId } from "./run.js";
import type { Makers } from "./vm.js";

/** Searched with a chunk of a page too: others may act before each page, which makes many schedules. */
const BY_PAGE: readonly string[] = ["block-16/enable", "from-page-2/enable", "block-16/clear-some"];

/** The units that a search has by default: every guest with every script and the chunks of blocks, some with that of a page. */
export const UNITS: readonly Unit[] = SCRIPTS.flatMap((script) =>
  GUESTS.flatMap((guest) => CHUNKS.map((chunk) => ({ guest, script, chunk }))),
).filter(({ guest, script, chunk }) => chunk.chunkPages > 1 || BY_PAGE.includes(`${guest.id}/${script.id}`));

/**
 * Explores what others may do while stage-2 tables are write-protected and split: on small guests, in tables of 4 entries, with the
 * engine's own walks, faults, unmapping and marks.
 *
 * @param units tests search fewer
 * @param makers tests hand in faulty parts
 */
export function arm64Interleave(
  { actions, dirtyTracking }: InterleaveOptions,
  units: readonly Unit[] = UNITS,
  makers: Makers = {},
): InterleaveSearch<SplitStrategy> {
  return {
    text: textOf(actions, units),
    units: units.length,
    unitIds: units.map(unitId),
    check: (strategy) =>
      new ScheduleSearch(actions, (unit) => new ScriptRun(units[unit]!, strategy, dirtyTracking, makers)),
    subject: (strategy, unit, sink) => new ScriptRun(units[unit]!, strategy, dirtyTracking, makers, sink),
  };
}

function textOf(actions: number, units: readonly Unit[]): string {
  const count = (of: (unit: Unit) => unknown) => new Set(units.map(of)).size;
  const [guests, scripts, chunks] = [count((u) => u.guest), count((u) => u.script), count((u) => u.chunk)];
  return (
    `every choice of up to ${actions} ${actions === 1 ? "action" : "actions"} of others on ${guests} guests of 8 or 16 pages in tables of 4 entries (a page, blocks of 4 and of 16), ` +
    `with ${scripts} sequences of ioctls and ${chunks} chunks; others act wherever mmu_lock may be dropped (after write-protecting, before each ` +
    "chunk, after the last) and between ioctls: a vCPU reads or writes the first page, one in the middle or the last; the host takes away a page, " +
    "a block, a range across blocks or everything; between ioctls another thread gets or clears the log, disables logging or deletes the slot"
  );
}
