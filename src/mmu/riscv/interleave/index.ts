import { UserError } from "../../../errors.js";
import { GUESTS, SCRIPTS, type Script, type SmallGuest } from "../../interleave/guests.js";
import { ScriptRun } from "../../interleave/run.js";
import { type InterleaveOptions, type InterleaveSearch, searchOf } from "../../interleave.js";
import type { StepSink } from "../../traceEvents.js";
import { smallRules } from "../exhaustive/ownSteps.js";
import type { MakeEngine } from "../exhaustive/session.js";
import type { GStage, GStageObserver } from "../gstage.js";
import type { GStageRules, GStageStrategy } from "../strategy.js";
import { traceWalks } from "../trace.js";
import { Judge } from "./judge.js";
import { type Rhythm, RiscvVm } from "./vm.js";

/** A guest, what userspace does to it, and when the split drops mmu_lock. */
export interface Unit {
  readonly guest: SmallGuest;
  readonly script: Script;
  readonly rhythm: Rhythm;
}

/** Userspace clears a part of the log: what the other words of a block would mend stays. */
const CLEAR_FIRST: Script = {
  id: "clear-first",
  words: "logging is enabled with all bits set, the log is got, its first word alone is cleared, and it is got again",
  manual: true,
  steps: ["enable", "get", "clear-first", "get"],
};

/** The lock is dropped where the cache runs short, or at every step. */
const RHYTHMS: readonly Rhythm[] = [
  { spareCapacity: 0, reschedEvery: 0 },
  { spareCapacity: 16, reschedEvery: 1 },
];

/** The units that a search has by default. */
export const UNITS: readonly Unit[] = [...SCRIPTS, CLEAR_FIRST].flatMap((script) =>
  GUESTS.flatMap((guest) => RHYTHMS.map((rhythm) => ({ guest, script, rhythm }))),
);

/**
 * Explores what others may do while G-stage tables are write-protected and split: on small guests,
 * in tables of 4 entries, with the engine's own walks, faults and unmapping.
 *
 * @param units tests search fewer
 * @param make makes the engine: tests hand in a faulty one
 * @throws UserError for dirty tracking by hardware, which KVM/riscv does not have
 */
export function riscvInterleave(
  { actions, dirtyTracking }: InterleaveOptions,
  units: readonly Unit[] = UNITS,
  make?: MakeEngine,
): InterleaveSearch<GStageStrategy> {
  if (dirtyTracking === "hardware")
    throw new UserError("--dirty-tracking hardware with --mmu riscv: KVM/riscv has none; expected faults");
  return searchOf(actions, textOf(actions, units), units, unitId, ({ rules }, unit, sink) =>
    runOf(unit, smallRules(rules), make, sink),
  );
}

/** By which a saved schedule means a unit: "block-16/enable/every-step". */
function unitId({ guest, script, rhythm }: Unit): string {
  return `${guest.id}/${script.id}/${rhythm.reschedEvery === 0 ? "cache-short" : "every-step"}`;
}

function runOf(unit: Unit, rules: GStageRules, make: MakeEngine | undefined, sink?: StepSink): ScriptRun {
  const { guest, script, rhythm } = unit;
  const vm = new RiscvVm(guest, script.manual, rhythm, rules, make);
  const judge = new Judge(vm);
  const drops = rhythm.reschedEvery === 0 ? "where the page cache runs short" : "at every step";
  const words = `${guest.words}; ${script.words}; the split drops mmu_lock ${drops}`;
  const run = new ScriptRun(unitId(unit), words, script, vm, () => judge.judge(), sink);
  const others: GStageObserver = {
    drop: (gfn) => run.lockDropped(gfn),
    // Enabling takes the lock for the split anew; a clear holds it all the while.
    call: (walk, start) => {
      if (walk === "split" && !script.manual) run.lockDropped(start);
    },
  };
  vm.gstage.observer = sink === undefined ? others : told(vm.gstage, sink, others);
  return run;
}

/** An observer that tells the walks, with others acting in their places. */
function told(gstage: GStage, sink: StepSink, others: GStageObserver): GStageObserver {
  traceWalks(gstage, sink, {});
  const teller = gstage.observer!;
  return {
    stop: (...at) => teller.stop?.(...at),
    protect: (...leaf) => teller.protect?.(...leaf),
    split: (...leaf) => teller.split?.(...leaf),
    flush: (...range) => teller.flush?.(...range),
    drop: (...at) => {
      teller.drop?.(...at);
      others.drop?.(...at);
    },
    call: (...range) => {
      others.call?.(...range);
      teller.call?.(...range);
    },
  };
}

function textOf(actions: number, units: readonly Unit[]): string {
  const count = (of: (unit: Unit) => unknown) => new Set(units.map(of)).size;
  return (
    `every choice of up to ${actions} ${actions === 1 ? "action" : "actions"} of others on ` +
    `${count((u) => u.guest)} guests of 8 or 16 pages in tables of 4 entries ` +
    `(a page, leaves of 4 and of 16), with ${count((u) => u.script)} sequences of ioctls, the split dropping ` +
    "mmu_lock where its page cache runs short or at " +
    "every step; others act then, between write-protecting and splitting where the lock is taken anew, and " +
    "between ioctls: a vCPU reads or writes the first " +
    "page, one in the middle or the last; the host takes away a page, a block, a range across blocks or " +
    "everything; between ioctls another thread " +
    "gets or clears the log, disables logging or deletes the slot"
  );
}
