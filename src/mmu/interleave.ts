import type { Finding } from "./finding.js";
import type { Strategy } from "./strategy.js";
import type { StepSink } from "./traceEvents.js";

/**
 * Who finds out that a page was written: a write fault, or the hardware itself (Arm: DBM with
 * HDBSS), so that a write does not fault.
 */
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
 * Every choice of up to so many actions of other parties, at every place where the simulated code
 * lets others in, on small guests. A search is cut into units: a guest with what userspace does to
 * it.
 */
export interface InterleaveSearch<T extends Strategy = Strategy> {
  /** The bound in words: guests, what userspace does, places and actions. */
  readonly text: string;
  readonly units: number;
  check(strategy: T): InterleaveCheck;
  /** Names of the units, each once, by which a saved schedule means one. */
  readonly unitIds: readonly string[];
  /**
   * A unit under a strategy, to be run by itself; null: the strategy is not used for it.
   *
   * @param sink told the steps of the walks, and what userspace and others do, of every run
   */
  subject(strategy: T, unit: number, sink?: StepSink): Interleaved | null;
}

/**
 * A search of units.
 *
 * @param idOf by which a saved schedule means a unit
 * @param subject what is run of a unit; null: the strategy is not used for it
 */
export function searchOf<T extends Strategy, Unit>(
  actions: number,
  text: string,
  units: readonly Unit[],
  idOf: (unit: Unit) => string,
  subject: (strategy: T, unit: Unit, sink?: StepSink) => Interleaved | null,
): InterleaveSearch<T> {
  const subjectAt = (strategy: T, index: number, sink?: StepSink) => subject(strategy, units[index]!, sink);
  return {
    text,
    units: units.length,
    unitIds: units.map(idOf),
    check: (strategy) => new ScheduleSearch(actions, (index) => subjectAt(strategy, index)),
    subject: subjectAt,
  };
}

/** A check of one strategy; each unit is to be given once. */
export interface InterleaveCheck {
  /** Runs so far, and those of them in which something was wrong. */
  readonly runs: number;
  readonly failing: number;
  /**
   * Tries every schedule on a unit. A schedule that only adds to one that fails already is not
   * tried.
   */
  unit(index: number): void;
  /**
   * What was found so far: of each kind the schedule with the fewest actions.
   *
   * @param which the kinds and units to look at; default: all
   */
  faults(which?: (kind: string, unit: number) => boolean): readonly InterleaveFault[];
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
  /**
   * The smallest counterexample: the name of its unit, the guest and what userspace does to it in
   * words, and what others do meanwhile.
   */
  readonly unit: string;
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

/**
 * A guest with what userspace does to it under one strategy; run from the start again and again.
 * Equal schedules give equal runs.
 */
export interface Interleaved {
  /** The unit's name; see {@link InterleaveSearch.unitIds}. */
  readonly id: string;
  /** The guest and what userspace does to it. */
  readonly words: string;
  /** Every action in words, by its number; no two are alike. */
  readonly actionWords: readonly string[];
  /**
   * Runs with others acting by the schedule, places ascending. @returns what is wrong in the end;
   * empty means right
   */
  run(schedule: readonly Choice[]): readonly Finding[];
  /** Of the last run: the actions that may be chosen at each place. */
  choices(): readonly (readonly number[])[];
  /** The schedule in words. May run. */
  tell(schedule: readonly Choice[]): readonly ScheduledAction[];
}

/** What was found of one kind on one unit. */
interface Found {
  runs: number;
  finding: Finding;
  readonly subject: Interleaved;
  schedule: readonly Choice[];
}

/** Explores every schedule of up to so many actions, for any MMU. */
class ScheduleSearch implements InterleaveCheck {
  runs = 0;
  failing = 0;
  /** By kind and unit. */
  private readonly found = new Map<string, Map<number, Found>>();
  private readonly schedule: Choice[] = [];

  /**
   * @param subjectOf makes what is run of a unit; it is asked for once; null: the strategy is not
   *   used for it
   */
  constructor(
    private readonly actions: number,
    private readonly subjectOf: (unit: number) => Interleaved | null,
  ) {}

  unit(index: number): void {
    const subject = this.subjectOf(index);
    if (subject !== null) this.explore(subject, index);
  }

  faults(which: (kind: string, unit: number) => boolean = () => true): readonly InterleaveFault[] {
    return [...this.found].flatMap(([kind, byUnit]) => {
      const found = [...byUnit].filter(([unit]) => which(kind, unit));
      const ofAll = found.map(([, one]) => one);
      const shortest = Math.min(...ofAll.map(({ schedule }) => schedule.length));
      const smallest = ofAll.find(({ schedule }) => schedule.length === shortest);
      if (smallest === undefined) return [];
      const { finding, subject, schedule } = smallest;
      return {
        kind,
        finding,
        runs: ofAll.reduce((sum, { runs }) => sum + runs, 0),
        units: found.map(([unit]) => unit),
        unit: subject.id,
        guest: subject.words,
        schedule: subject.tell(schedule),
      };
    });
  }

  private explore(subject: Interleaved, unit: number): void {
    const { schedule } = this;
    const findings = subject.run(schedule);
    this.runs++;
    if (findings.length > 0) {
      this.failing++;
      const ofKinds = new Map(findings.toReversed().map((finding) => [kindOf(finding), finding]));
      for (const [kind, finding] of ofKinds) this.record(kind, finding, subject, unit);
      return;
    }
    if (schedule.length === this.actions) return;
    const choices = subject.choices();
    // Orders of actions are told apart at one place; a place before the last action was open to the
    // run without it.
    for (let place = schedule.at(-1)?.place ?? 0; place < choices.length; place++) {
      for (const action of choices[place]!) {
        schedule.push({ place, action });
        this.explore(subject, unit);
        schedule.pop();
      }
    }
  }

  private record(kind: string, finding: Finding, subject: Interleaved, unit: number): void {
    const byUnit = this.found.get(kind) ?? new Map<number, Found>();
    this.found.set(kind, byUnit);
    const known = byUnit.get(unit);
    if (known === undefined) {
      byUnit.set(unit, { runs: 1, finding, subject, schedule: [...this.schedule] });
      return;
    }
    known.runs++;
    if (this.schedule.length >= known.schedule.length) return;
    known.finding = finding;
    known.schedule = [...this.schedule];
  }
}

function kindOf({ code, data: { cause } }: Finding): string {
  return cause === undefined ? code : `${code}/${cause}`;
}
