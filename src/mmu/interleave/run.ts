import type { Finding } from "../finding.js";
import type { Choice, Interleaved, ScheduledAction } from "../interleave.js";
import type { StepSink } from "../traceEvents.js";
import { type Action, type ActionList, actionsOn, actionWords } from "./actions.js";
import type { Script, SmallGuest, Step } from "./guests.js";

/** More places than any run of a small guest has: a walk that comes to so many does not end. */
const MAX_PLACES = 1000;

/** A VM that a script runs on, from the start again and again. */
export interface ScriptVm {
  readonly guest: SmallGuest;
  reset(): void;
  /** @returns false where it fails */
  ioctl(step: Step): boolean;
  act(action: Action): void;
  /** How much has been done under mmu_lock: where others act, they act once until more has been. */
  walksDone(): number;
}

class NeverEnds extends Error {}

/** A script on a small VM, with others acting at the places where mmu_lock may be dropped and between ioctls. */
export class ScriptRun implements Interleaved {
  readonly actionWords: readonly string[];
  private readonly actions: ActionList;
  private schedule: readonly Choice[] = [];
  private done = 0;
  private step = 0;
  /** Walks when others could act last: without one since, it is the same place. */
  private walks = -1;
  private readonly open: (readonly number[])[] = [];
  /** Set while a schedule is told. */
  private told: ScheduledAction[] | null = null;

  /**
   * @param id the unit's name
   * @param words the guest and what userspace does to it
   * @param judge what is wrong with the VM when all is quiet
   * @param sink told what userspace and others do
   */
  constructor(
    readonly id: string,
    readonly words: string,
    private readonly script: Script,
    private readonly vm: ScriptVm,
    private readonly judge: () => readonly Finding[],
    private readonly sink?: StepSink,
  ) {
    this.actions = actionsOn(vm.guest.slot, script.manual);
    this.actionWords = this.actions.all.map(actionWords);
  }

  run(schedule: readonly Choice[]): readonly Finding[] {
    const { vm } = this;
    this.schedule = schedule;
    this.done = 0;
    this.open.length = 0;
    this.walks = -1;
    vm.reset();
    try {
      for (this.step = 0; this.step < this.script.steps.length; this.step++) {
        this.place(this.actions.between, -2);
        this.walks = vm.walksDone();
        this.ioctl(this.script.steps[this.step]!);
      }
      this.place(this.actions.between, -2);
    } catch (error) {
      if (!(error instanceof NeverEnds)) throw error;
      return [{ code: "walk-never-ends", count: 1, data: {} }];
    }
    return this.judge();
  }

  private ioctl(step: Step): void {
    this.sink?.({ event: "ioctl", phase: "userspace", text: STEP_WORDS[step] });
    const done = this.vm.ioctl(step);
    if (!done) this.sink?.({ event: "action", phase: "userspace", text: "fails: the slot has no log" });
  }

  choices(): readonly (readonly number[])[] {
    return [...this.open];
  }

  tell(schedule: readonly Choice[]): readonly ScheduledAction[] {
    const told: ScheduledAction[] = [];
    this.told = told;
    this.run(schedule);
    this.told = null;
    return told;
  }

  /**
   * mmu_lock may be dropped: others may act now. An ioctl of another thread that drops the lock itself is one action:
   * nobody acts within it.
   */
  lockDropped(at: number): void {
    if (this.acting) return;
    const walks = this.vm.walksDone();
    if (walks === this.walks) return;
    this.walks = walks;
    this.place(this.actions.underIoctl, at);
  }

  private acting = false;

  private place(allowed: readonly number[], at: number): void {
    const place = this.open.length;
    this.open.push(allowed);
    if (place > MAX_PLACES) throw new NeverEnds();
    this.acting = true;
    for (; this.schedule[this.done]?.place === place; this.done++) {
      const number = this.schedule[this.done]!.action;
      const words = this.actionWords[number]!;
      this.told?.push({ place, where: this.where(at), action: words });
      this.sink?.({ event: "action", phase: "others", text: words });
      this.vm.act(this.actions.all[number]!);
    }
    this.acting = false;
  }

  private where(at: number): string {
    const { steps } = this.script;
    if (at === -2) {
      const step = steps[this.step];
      return step === undefined ? "in the end" : `before ${STEP_WORDS[step]}`;
    }
    const during = `while ${DURING_WORDS[steps[this.step]!]}`;
    return at < 0 ? `${during}, after its last walk under mmu_lock` : `${during}, before it goes on at page ${at}`;
  }
}

const STEP_WORDS: Readonly<Record<Step, string>> = {
  enable: "logging is enabled",
  disable: "logging is disabled",
  get: "the log is got",
  clear: "the log is cleared",
  "clear-first": "the first word of the log is cleared",
  "clear-some": "some pages of the log are cleared",
};

const DURING_WORDS: Readonly<Record<Step, string>> = {
  enable: "logging is being enabled",
  disable: "logging is being disabled",
  get: "the log is being got",
  clear: "the log is being cleared",
  "clear-first": "the first word of the log is being cleared",
  "clear-some": "some pages of the log are being cleared",
};
