import type { Finding } from "../../finding.js";
import { type Action, actionWords, ioctlsOf, perform } from "../../interleave/actions.js";
import { SchedulePlayer } from "../../interleave/player.js";
import type { StepSink } from "../../traceEvents.js";
import { ENTRIES } from "../../x86/pages.js";
import type { YieldSchedule } from "../iter.js";
import { tracing } from "../trace.js";
import { PRESENT } from "../tree.js";
import type { IterVariant } from "../variant.js";
import type { WalkState } from "../walkState.js";
import { type Step, type Unit, unitId } from "./guests.js";
import { judge } from "./judge.js";
import { SmallVm } from "./vm.js";

/** In place of an action: the walk yields, and nobody does anything. */
const NOBODY = "nobody";

/**
 * A script on a small VM, with others acting between ioctls, where a walk yields, and where it
 * drops mmu_lock to allocate.
 */
export class ScriptRun extends SchedulePlayer<WalkState | null> {
  readonly id: string;
  readonly words: string;
  readonly actionWords: readonly string[];
  private readonly vm: SmallVm;
  private readonly actions: readonly (Action | typeof NOBODY)[];
  /**
   * Numbers of the actions where mmu_lock is dropped, where a walk holds it for reading, and
   * between ioctls.
   */
  private readonly within: readonly number[];
  private readonly shared: readonly number[];
  private readonly between: readonly number[];
  private step = 0;
  /** The walk at the place has read its entry and holds mmu_lock for reading. */
  private racing = false;

  /**
   * @param most actions in one run; where walks yield all the time, others act once less: such runs
   *   are long
   */
  constructor(
    private readonly unit: Unit,
    variant: IterVariant,
    private readonly most: number,
    sink: StepSink | null = null,
  ) {
    super(sink);
    const { guest, script, pml, eager, policy } = unit;
    const how = script.steps.includes("zap") ? "" : `; PML ${onOff(pml)}, eager splitting ${onOff(eager)}`;
    this.id = unitId(unit);
    const yields =
      policy === "chosen" ? "" : `; every ${policy === 1 ? "poll" : `${policy}rd poll`} finds that the walk must yield`;
    this.words = `${guest.words}; ${script.words}${how}${yields}`;
    this.vm = new SmallVm(unit, variant, this.yields(), sink === null ? null : tracing(sink, {}));
    const { logged } = this.vm;
    const vcpus = logged ? accesses(unit) : [];
    const ioctls: readonly Action[] = logged ? ioctlsOf(script.manual) : [];
    this.actions = [NOBODY, ...vcpus, ...unmaps(unit), ...ioctls];
    this.actionWords = this.actions.map((action) =>
      action === NOBODY ? "it yields, and nobody does anything" : actionWords(action),
    );
    const numbers = this.actions.map((_, i) => i);
    this.between = numbers.slice(1);
    this.within = numbers.slice(policy === "chosen" ? 0 : 1, numbers.length - ioctls.length);
    // A read maps a page as a write does, but for what is written.
    this.shared = numbers.filter((i) => {
      const action = this.actions[i]!;
      return action !== NOBODY && action.kind === "write";
    });
  }

  protected play(): readonly Finding[] {
    const { vm } = this;
    const { steps } = this.unit.script;
    vm.reset();
    for (this.step = 0; this.step < steps.length; this.step++) {
      this.place(this.between, null);
      const step = steps[this.step]!;
      this.ioctl(STEP_WORDS[step][0], () => vm.ioctl(step));
      if (vm.livelock !== null) return judge(vm);
    }
    this.place(this.between, null);
    return judge(vm);
  }

  override choices(): readonly (readonly number[])[] {
    return this.unit.policy !== "chosen" && this.scheduled >= this.most - 1 ? [] : super.choices();
  }

  private yields(): YieldSchedule {
    const acted = (iter: WalkState): boolean => {
      if (this.acting || !tells(iter)) return false;
      const chosen = this.place(this.within, iter);
      if (chosen) iter.changes++;
      return chosen;
    };
    const dropped = (iter: WalkState) => void acted(iter);
    const shared = (iter: WalkState) => {
      if (this.acting || !tells(iter)) return;
      this.racing = true;
      this.place(this.shared, iter);
      this.racing = false;
    };
    return this.unit.policy === "chosen"
      ? { everyNPolls: 1, due: acted, dropped, shared }
      : { everyNPolls: this.unit.policy, dropped };
  }

  protected perform(action: number): void {
    const done = this.actions[action]!;
    if (done !== NOBODY) perform(done, this.vm);
  }

  protected where(iter: WalkState | null): string {
    const step = this.unit.script.steps[this.step];
    if (iter === null) return step === undefined ? "in the end" : `before ${STEP_WORDS[step][0]}`;
    const at = `the level-${iter.level} entry of gfn ${iter.gfn}`;
    const how = this.racing ? "with mmu_lock held for reading, when a walk has read" : "where a walk drops mmu_lock at";
    return `while ${STEP_WORDS[step!][1]}, ${how} ${at}`;
  }
}

/**
 * Polls that are told apart: at an entry that is present or beside one, and at a table's ends. All
 * others see what their neighbours see.
 */
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
