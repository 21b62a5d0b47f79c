import type { Finding } from "../finding.js";
import type { Choice, Interleaved, ScheduledAction } from "../interleave.js";
import type { StepSink } from "../traceEvents.js";

/**
 * Plays schedules on a guest, from the start again and again: places come in the order in which the
 * guest gets there, and at each the actions happen that the schedule has for it. `At` says where a
 * place is.
 */
export abstract class SchedulePlayer<At> implements Interleaved {
  abstract readonly id: string;
  abstract readonly words: string;
  abstract readonly actionWords: readonly string[];
  /** Others act now: what their own ioctls come to is no place. */
  protected acting = false;
  private schedule: readonly Choice[] = [];
  private done = 0;
  private open: (readonly number[])[] = [];
  /** Set while a schedule is told. */
  private told: ScheduledAction[] | null = null;

  /** @param sink told what userspace and others do */
  constructor(protected readonly sink: StepSink | null) {}

  /** Does all that userspace does. @returns what is wrong when all is quiet */
  protected abstract play(): readonly Finding[];
  protected abstract perform(action: number): void;
  protected abstract where(at: At): string;

  run(schedule: readonly Choice[]): readonly Finding[] {
    this.schedule = schedule;
    this.done = 0;
    this.open = [];
    return this.play();
  }

  choices(): readonly (readonly number[])[] {
    return this.open;
  }

  tell(schedule: readonly Choice[]): readonly ScheduledAction[] {
    const told: ScheduledAction[] = [];
    this.told = told;
    this.run(schedule);
    this.told = null;
    return told;
  }

  /** Places so far in this run. */
  protected get places(): number {
    return this.open.length;
  }

  /** Actions that the schedule has in all. */
  protected get scheduled(): number {
    return this.schedule.length;
  }

  /** Userspace's step. @param done does it; false where it fails */
  protected ioctl(text: string, done: () => boolean): void {
    this.sink?.({ event: "ioctl", phase: "userspace", text });
    if (!done()) this.sink?.({ event: "action", phase: "userspace", text: "fails: the slot has no log" });
  }

  /**
   * Others may act now. @param allowed numbers of what they may do @returns whether the schedule
   * has anything here
   */
  protected place(allowed: readonly number[], at: At): boolean {
    const place = this.open.length;
    this.open.push(allowed);
    let acted = false;
    this.acting = true;
    for (; this.schedule[this.done]?.place === place; this.done++) {
      const { action } = this.schedule[this.done]!;
      const words = this.actionWords[action]!;
      this.told?.push({ place, where: this.where(at), action: words });
      this.sink?.({ event: "action", phase: "others", text: words });
      this.perform(action);
      acted = true;
    }
    this.acting = false;
    return acted;
  }
}
