import type { Finding } from "../finding.js";
import type { StepSink } from "../traceEvents.js";
import { type ActedOn, type ActionList, actionsOn, actionWords, perform } from "./actions.js";
import type { Script, SmallGuest, Step } from "./guests.js";
import { SchedulePlayer } from "./player.js";

/** More places than any run of a small guest has: a walk that comes to so many does not end. */
const MAX_PLACES = 1000;

/** A VM that a script runs on, from the start again and again. */
export interface ScriptVm extends ActedOn {
  readonly guest: SmallGuest;
  reset(): void;
  /** @returns false where it fails */
  ioctl(step: Step): boolean;
  /** How much has been done under mmu_lock: where others act, they act once until more has been. */
  walksDone(): number;
}

class NeverEnds extends Error {}

/**
 * A script on a small VM, with others acting at the places where mmu_lock may be dropped and
 * between ioctls. A place is the page that the work goes on at, -1 after its last, -2 between
 * ioctls.
 */
export class ScriptRun extends SchedulePlayer<number> {
  readonly actionWords: readonly string[];
  private readonly actions: ActionList;
  private step = 0;
  /** Walks when others could act last: without one since, it is the same place. */
  private walks = -1;

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
    sink: StepSink | null = null,
  ) {
    super(sink);
    this.actions = actionsOn(vm.guest.slot, script.manual);
    this.actionWords = this.actions.all.map(actionWords);
  }

  protected play(): readonly Finding[] {
    const { vm } = this;
    const { steps } = this.script;
    this.walks = -1;
    vm.reset();
    try {
      for (this.step = 0; this.step < steps.length; this.step++) {
        this.place(this.actions.between, -2);
        this.walks = vm.walksDone();
        const step = steps[this.step]!;
        this.ioctl(STEP_WORDS[step], () => vm.ioctl(step));
      }
      this.place(this.actions.between, -2);
    } catch (error) {
      if (!(error instanceof NeverEnds)) throw error;
      return [{ code: "walk-never-ends", count: 1, data: {} }];
    }
    return this.judge();
  }

  /**
   * mmu_lock may be dropped: others may act now. An ioctl of another thread that drops the lock
   * itself is one action: nobody acts within it.
   */
  lockDropped(at: number): void {
    if (this.acting) return;
    const walks = this.vm.walksDone();
    if (walks === this.walks) return;
    this.walks = walks;
    this.place(this.actions.underIoctl, at);
  }

  protected override place(allowed: readonly number[], at: number): boolean {
    if (this.places > MAX_PLACES) throw new NeverEnds();
    return super.place(allowed, at);
  }

  protected perform(action: number): void {
    perform(this.actions.all[action]!, this.vm);
  }

  protected where(at: number): string {
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
