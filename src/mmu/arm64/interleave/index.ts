import { GUESTS, SCRIPTS, type Script, type SmallGuest } from "../../interleave/guests.js";
import { ScriptRun } from "../../interleave/run.js";
import { type DirtyTracking, type InterleaveOptions, type InterleaveSearch, searchOf } from "../../interleave.js";
import type { StepSink } from "../../traceEvents.js";
import type { ChunkAndCache } from "../exhaustive/session.js";
import type { SplitRules } from "../splitRules.js";
import { Stage2 } from "../stage2.js";
import type { SplitStrategy } from "../strategy.js";
import { traceWalks } from "../trace.js";
import { CHUNKS, CLEAR_SOME, PAGE_CHUNK } from "./guests.js";
import { Judge } from "./judge.js";
import { Arm64Vm, type Makers } from "./vm.js";

/** A guest, what userspace does to it, and the chunk. */
export interface Unit {
  readonly guest: SmallGuest;
  readonly script: Script;
  readonly chunk: ChunkAndCache;
}

/**
 * Searched with a chunk of a page too: others may act before each page, which makes many schedules.
 */
const BY_PAGE: readonly string[] = ["block-16/enable", "from-page-2/enable", "block-16/clear-some"];

const GUESTS_AND_SCRIPTS = [...SCRIPTS, CLEAR_SOME].flatMap((script) => GUESTS.map((guest) => ({ guest, script })));

/**
 * The units that a search has by default: every guest with every script and the chunks of blocks,
 * some with that of a page.
 */
export const UNITS: readonly Unit[] = [
  ...GUESTS_AND_SCRIPTS.flatMap((both) => CHUNKS.map((chunk) => ({ ...both, chunk }))),
  ...GUESTS_AND_SCRIPTS.filter(({ guest, script }) => BY_PAGE.includes(`${guest.id}/${script.id}`)).map((both) => ({
    ...both,
    chunk: PAGE_CHUNK,
  })),
];

/** By which a saved schedule means a unit: "block-16/enable/chunk-4". */
function unitId({ guest, script, chunk }: Unit): string {
  return `${guest.id}/${script.id}/chunk-${chunk.chunkPages}`;
}

/**
 * Explores what others may do while stage-2 tables are write-protected and split: on small guests,
 * in tables of 4 entries, with the engine's own walks, faults, unmapping and marks.
 *
 * @param units tests search fewer
 * @param makers tests hand in faulty parts
 */
export function arm64Interleave(
  { actions, dirtyTracking }: InterleaveOptions,
  units: readonly Unit[] = UNITS,
  makers: Makers = {},
): InterleaveSearch<SplitStrategy> {
  return searchOf(actions, textOf(actions, units), units, unitId, (strategy, unit, sink) => {
    const told = sink === undefined ? makers : traced(makers, sink);
    return runOf(unit, strategy, dirtyTracking, told, sink);
  });
}

function runOf(unit: Unit, rules: SplitRules, tracking: DirtyTracking, makers: Makers, sink?: StepSink): ScriptRun {
  const { guest, script, chunk } = unit;
  const vm = new Arm64Vm(guest, script.manual, chunk, rules, tracking, makers);
  const words = `${guest.words}; ${script.words}; chunk ${chunk.chunkPages} pages, page cache ${chunk.cacheCapacity}`;
  const judge = new Judge(vm);
  const run = new ScriptRun(unitId(unit), words, script, vm, () => judge.judge(), sink);
  vm.stage2.otherParty = (at) => run.lockDropped(at);
  return run;
}

/** The makers with walks that are told. */
function traced(makers: Makers, sink: StepSink): Makers {
  return {
    ...makers,
    stage2: (layout, rules) => {
      const stage2 = makers.stage2?.(layout, rules) ?? new Stage2(layout, rules);
      traceWalks(stage2, sink, {}, true);
      return stage2;
    },
  };
}

function textOf(actions: number, units: readonly Unit[]): string {
  const count = (of: (unit: Unit) => unknown) => new Set(units.map(of)).size;
  const [guests, scripts, chunks] = [count((u) => u.guest), count((u) => u.script), count((u) => u.chunk)];
  return (
    `every choice of up to ${actions} ${actions === 1 ? "action" : "actions"} of others on ${guests} guests of 8 ` +
    "or 16 pages in tables of 4 entries (a page, blocks of 4 and of 16), " +
    `with ${scripts} sequences of ioctls and ${chunks} chunks; others act wherever mmu_lock may be dropped ` +
    "(after write-protecting, before each " +
    "chunk, after the last) and between ioctls: a vCPU reads or writes the first page, one in the middle or the " +
    "last; the host takes away a page, " +
    "a block, a range across blocks or everything; between ioctls another thread gets or clears the log, " +
    "disables logging or deletes the slot"
  );
}
