import { GUESTS, SCRIPTS, type Script, type SmallGuest } from "../../interleave/guests.js";
import { ScriptRun } from "../../interleave/run.js";
import { type DirtyTracking, type InterleaveOptions, type InterleaveSearch, ScheduleSearch } from "../../interleave.js";
import type { ChunkAndCache } from "../exhaustive/session.js";
import type { SplitRules } from "../splitRules.js";
import type { SplitStrategy } from "../strategy.js";
import { CHUNKS } from "./guests.js";
import { Judge } from "./judge.js";
import { Arm64Vm, type Makers } from "./vm.js";

/** A guest, what userspace does to it, and the chunk. */
export interface Unit {
  readonly guest: SmallGuest;
  readonly script: Script;
  readonly chunk: ChunkAndCache;
}

/** The units that a search has by default: every guest with every script and chunk. */
export const UNITS: readonly Unit[] = SCRIPTS.flatMap((script) =>
  GUESTS.flatMap((guest) => CHUNKS.map((chunk) => ({ guest, script, chunk }))),
);

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
    check: (strategy) => new ScheduleSearch(actions, (unit) => runOf(units[unit]!, strategy, dirtyTracking, makers)),
  };
}

function runOf({ guest, script, chunk }: Unit, rules: SplitRules, tracking: DirtyTracking, makers: Makers): ScriptRun {
  const vm = new Arm64Vm(guest, script.manual, chunk, rules, tracking, makers);
  const words = `${guest.words}; ${script.words}; chunk ${chunk.chunkPages} pages, page cache ${chunk.cacheCapacity}`;
  const judge = new Judge(vm);
  const run = new ScriptRun(words, script, vm, () => judge.judge());
  vm.stage2.otherParty = (at) => run.lockDropped(at);
  return run;
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
