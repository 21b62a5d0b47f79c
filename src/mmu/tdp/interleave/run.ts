import type { Finding } from "../../finding.js";
import type { Choice, Interleaved, ScheduledAction } from "../../interleave.js";
import type { StepSink } from "../../traceEvents.js";
import { ENTRIES } from "../../x86/pages.js";
import type { YieldSchedule } from "../iter.js";
import { tracing } from "../trace.js";
import { PRESENT } from "../tree.js";
import type { IterVariant } from "../variant.js";
import type { WalkState } from "../walkState.js";
import { type Script, type Step, type Unit, unitId } from "./guests.js";
import { judge } from "./judge.js";
import { type Action, SmallVm } from "./vm.js";

/** A script on a small VM, with others acting between ioctls, where a walk yields, and where it drops mmu_lock to allocate. */
export class ScriptRun implements Interleaved {
  readonly id: string;
  readonly words: string;
  readonly actionWords: readonly string[];
  private readonly vm: SmallVm;
  private readonly actions: readonly Action[];
  /** Numbers of the actions where mmu_lock is dropped, where a walk holds it for reading, and between ioctls. */
  private readonly within: readonly number[];
  private readonly shared: readonly number[];
  private readonly between: readonly number[];
  private schedule: readonly Choice[] = [];
  private done = 0;
  private step = 0;
  private open: (readonly number[])[] = [];
  private told: ScheduledAction[] | null = null;

  /** @param most actions in one run; where walks yield all the time, others act once less: such runs are long */
  constructor(
    private readonly unit: Unit,
    variant: IterVariant,
    private readonly most: number,
    private readonly sink: StepSink | null = null,
  ) {
    const { guest, script, pml, eager, policy } = unit;
    const how = script.steps.includes("zap") ? "" : `; PML ${onOff(pml)}, eager splitting ${onOff(eager)}`;
    this.id = unitId(unit);
    const yields =
      policy === "chosen" ? "" : `; every ${policy === 1 ? "poll" : `${policy}rd poll`} finds that the walk must yield`;
    this.words = `${guest.words}; ${script.words}${how}${yields}`;
    this.vm = new SmallVm(unit, variant, this.yields(), sink === null ? null : tracing(sink, {}));
    const { logged } = this.vm;
    const vcpus = logged ? accesses(unit) : [];
    const ioctls: readonly Action[] = logged ? ioctlsOf(script) : [];
    this.actions = [{ kind: "none" }, ...vcpus, ...unmaps(unit), ...ioctls];
    this.actionWords = this.actions.map(actionWords);
    const numbers = this.actions.map((_, i) => i);
    this.between = numbers.slice(1);
    this.within = numbers.slice(policy === "chosen" ? 0 : 1, numbers.length - ioctls.length);
    // A read maps a page as a write does, but for what is written.
    this.shared = numbers.filter((i) => this.actions[i]!.kind === "write");
  }

  run(schedule: readonly Choice[]): readonly Finding[] {
    const { vm, unit } = this;
    this.schedule = schedule;
    this.done = 0;
    this.open = [];
    vm.reset();
    for (this.step = 0; this.step < unit.script.steps.length; this.step++) {
      this.place(this.between, null);
      this.ioctl(unit.script.steps[this.step]!);
      if (vm.livelock !== null) return judge(vm);
    }
    this.place(this.between, null);
    return judge(vm);
  }

  private ioctl(step: Step): void {
    this.sink?.({ event: "ioctl", phase: "userspace", text: STEP_WORDS[step][0] });
    const done = this.vm.step(step);
    if (!done) this.sink?.({ event: "action", phase: "userspace", text: "fails: the slot has no log" });
  }

  choices(): readonly (readonly number[])[] {
    if (this.unit.policy !== "chosen" && this.schedule.length >= this.most - 1) return [];
    return this.open;
  }

  tell(schedule: readonly Choice[]): readonly ScheduledAction[] {
    const told: ScheduledAction[] = [];
    this.told = told;
    this.run(schedule);
    this.told = null;
    return told;
  }

  private acting = false;

  private yields(): YieldSchedule {
    const acted = (iter: WalkState): boolean => {
      if (this.acting || !tells(iter)) return false;
      const chosen = this.place(this.within, iter);
      if (chosen) iter.changes++;
      return chosen;
    };
    const dropped = (iter: WalkState) => void acted(iter);
    const shared = (iter: WalkState) => {
      if (!this.acting && tells(iter)) this.place(this.shared, iter, true);
    };
    return this.unit.policy === "chosen"
      ? { everyNPolls: 1, due: acted, dropped, shared }
      : { everyNPolls: this.unit.policy, dropped };
  }

  /** Others may act now. @returns whether the schedule has anything here */
  private place(allowed: readonly number[], iter: WalkState | null, racing = false): boolean {
    const place = this.open.length;
    this.open.push(allowed);
    let chosen = false;
    this.acting = true;
    for (; this.schedule[this.done]?.place === place; this.done++) {
      const { action } = this.schedule[this.done]!;
      const words = this.actionWords[action]!;
      this.told?.push({ place, where: this.where(iter, racing), action: words });
      this.sink?.({ event: "action", phase: "others", text: words });
      this.vm.act(this.actions[action]!);
      chosen = true;
    }
    this.acting = false;
    return chosen;
  }

  private where(iter: WalkState | null, racing: boolean): string {
    const step = this.unit.script.steps[this.step];
    if (iter === null) return step === undefined ? "in the end" : `before ${STEP_WORDS[step][0]}`;
    const at = `the level-${iter.level} entry of gfn ${iter.gfn}`;
    const how = racing ? "with mmu_lock held for reading, when a walk has read" : "where a walk drops mmu_lock at";
    return `while ${STEP_WORDS[step!][1]}, ${how} ${at}`;
  }
}

/** Polls that are told apart: at an entry that is present or beside one, and at a table's ends. All others see what their neighbours see. */
function tells(iter: WalkState): boolean {
  const { index, at, tree } = iter;
  if (index === 0 || index === ENTRIES - 1) return true;
  return ((tree.words[at - 1]! | tree.words[at]! | tree.words[at + 1]!) & PRESENT) !== 0 && besideChange(iter);
}

/** Within a run of pages only its ends. */
function besideChange({ at, tree }: WalkState): boolean {
  return (tree.words[at - 1]! & tree.words[at]! & tree.words[at + 1]! & PRESENT) === 0;
}

function accesses({ guest }: Unit): Action[] {
  return guest.accessed.flatMap((gfn): Action[] => [
    { kind: "write", gfn },
    { kind: "read", gfn },
  ]);
}

/** A page that is mapped, and 2M each. */
function unmaps({ guest }: Unit): Action[] {
  const { startGfn, endGfn } = guest;
  const page = guest.root.leaves[0]!.gfn + 1;
  const huge = [0, 512, 1024, 1536].map((gfn) => [Math.max(gfn, startGfn), Math.min(gfn + 512, endGfn)] as const);
  const all = [[page, page + 1] as const, ...huge.filter(([start, end]) => start < end)];
  return all.map(([start, end]): Action => ({ kind: "unmap", start, end }));
}

/** What another thread of userspace may do to the slot between ioctls. */
function ioctlsOf({ manual }: Script): Action[] {
  const clears: Action[] = manual ? [{ kind: "get-and-clear" }] : [];
  return [{ kind: "get" }, ...clears, { kind: "disable" }, { kind: "delete" }];
}

function actionWords(action: Action): string {
  switch (action.kind) {
    case "none":
      return "it yields, and nobody does anything";
    case "read":
      return `a vCPU reads page ${action.gfn}`;
    case "write":
      return `a vCPU writes page ${action.gfn}`;
    case "unmap":
      return action.end === action.start + 1
        ? `the host takes page ${action.start} away`
        : `the host takes pages ${action.start} to ${action.end - 1} away`;
    case "get":
      return "another thread gets the log";
    case "get-and-clear":
      return "another thread gets the log and clears what it got";
    case "disable":
      return "another thread disables logging";
    case "delete":
      return "another thread deletes the slot";
  }
}

const STEP_WORDS: Readonly<Record<Step, readonly [before: string, during: string]>> = {
  enable: ["logging is enabled", "logging is being enabled"],
  get: ["the log is got", "the log is being got"],
  clear: ["the log is cleared", "the log is being cleared"],
  "clear-first": ["the first word is cleared", "the first word is being cleared"],
  disable: ["logging is disabled", "logging is being disabled"],
  zap: ["the root is zapped", "the root is being zapped"],
};

function onOff(on: boolean): string {
  return on ? "on" : "off";
}
