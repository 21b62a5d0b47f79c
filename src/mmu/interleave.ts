import type { Finding } from "./finding.js";
import type { Strategy } from "./strategy.js";

/** Who finds out that a page was written: a write fault, or the hardware itself (Arm: DBM with HDBSS), so that a write does not fault. */
export const DIRTY_TRACKING = ["faults", "hardware"] as const;
export type DirtyTracking = (typeof DIRTY_TRACKING)[number];

/** The most that other parties do in one run. */
export const MAX_ACTIONS = 3;

export interface InterleaveOptions {
  /** Actions of other parties in one run, at most: 0 to {@link MAX_ACTIONS}. */
  readonly actions: number;
  readonly dirtyTracking: DirtyTracking;
}

/**
 * Every choice of up to so many actions of other parties, at every place where the simulated code lets others in, on small guests. A
 * search is cut into units: a guest with what userspace does to it.
 */
export interface InterleaveSearch<T extends Strategy = Strategy> {
  /** The bound in words: guests, what userspace does, places and actions. */
  readonly text: string;
  readonly units: number;
  check(strategy: T): InterleaveCheck;
}

/** A check of one strategy; each unit is to be given once. */
export interface InterleaveCheck {
  /** Runs so far, and those of them in which something was wrong. */
  readonly runs: number;
  readonly failing: number;
  /** Tries every schedule on a unit. A schedule that only adds to one that fails already is not tried. */
  unit(index: number): void;
  /** What was found so far: of each kind the schedule with the fewest actions. */
  faults(): readonly InterleaveFault[];
}

/** A kind of fault: by code, and by cause where a code has several. */
export interface InterleaveFault {
  /** `unsplit-block`, `dirty-page-lost/next-write` */
  readonly kind: string;
  /** Of the smallest schedule that shows it. */
  readonly finding: Finding;
  /** Runs that show it, and the units in which there are any. */
  readonly runs: number;
  readonly units: readonly number[];
  /** The smallest counterexample: the guest and what userspace does to it, in words, and what others do meanwhile. */
  readonly guest: string;
  readonly schedule: readonly ScheduledAction[];
}

/** One action of another party. */
export interface ScheduledAction {
  /** Number of the place in the run, from 0, and the place in words. */
  readonly place: number;
  readonly where: string;
  readonly action: string;
}

/** A choice of an action, by its number, at a place. */
export interface Choice {
  readonly place: number;
  readonly action: number;
}

/** A guest with what userspace does to it under one strategy; run from the start again and again. Equal schedules give equal runs. */
export interface Interleaved {
  /** The guest and what userspace does to it. */
  readonly words: string;
  /** Runs with others acting by the schedule, places ascending. @returns what is wrong in the end; empty means right */
  run(schedule: readonly Choice[]): readonly Finding[];
  /** Of the last run: the actions that may be chosen at each place. */
  choices(): readonly (readonly number[])[];
  /** The schedule in words. May run. */
  tell(schedule: readonly Choice[]): readonly ScheduledAction[];
}

interface Found {
  runs: number;
  readonly units: Set<number>;
  finding: Finding;
  guest: string;
  subject: Interleaved;
  schedule: readonly Choice[];
}

/** Explores every schedule of up to so many actions, for any MMU. */
export class ScheduleSearch implements InterleaveCheck {
  runs = 0;
  failing = 0;
  private readonly found = new Map<string, Found>();
  private readonly schedule: Choice[] = [];

  /** @param subjectOf makes what is run of a unit; it is asked for once; null: the strategy is not used for it */
  constructor(
    private readonly actions: number,
    private readonly subjectOf: (unit: number) => Interleaved | null,
  ) {}

  unit(index: number): void {
    const subject = this.subjectOf(index);
    if (subject !== null) this.explore(subject, index);
  }

  faults(): readonly InterleaveFault[] {
    return [...this.found].map(([kind, { runs, units, finding, guest, subject, schedule }]) => ({
      kind,
      finding,
      runs,
      units: [...units],
      guest,
      schedule: subject.tell(schedule),
    }));
  }

  private explore(subject: Interleaved, unit: number): void {
    const { schedule } = this;
    const findings = subject.run(schedule);
    this.runs++;
    if (findings.length > 0) {
      this.failing++;
      for (const finding of findings) this.record(finding, subject, unit);
      return;
    }
    if (schedule.length === this.actions) return;
    const choices = subject.choices();
    // Orders of actions are told apart at one place; a place before the last action was open to the run without it.
    for (let place = schedule.at(-1)?.place ?? 0; place < choices.length; place++) {
      for (const action of choices[place]!) {
        schedule.push({ place, action });
        this.explore(subject, unit);
        schedule.pop();
      }
    }
  }

  private record(finding: Finding, subject: Interleaved, unit: number): void {
    const { cause } = finding.data;
    const kind = cause === undefined ? finding.code : `${finding.code}/${cause}`;
    const known = this.found.get(kind);
    if (known === undefined) {
      const schedule = [...this.schedule];
      const units = new Set([unit]);
      this.found.set(kind, { runs: 1, units, finding, guest: subject.words, subject, schedule });
      return;
    }
    known.runs++;
    known.units.add(unit);
    if (this.schedule.length >= known.schedule.length) return;
    known.finding = finding;
    known.guest = subject.words;
    known.subject = subject;
    known.schedule = [...this.schedule];
  }
}
