import { badInput, clip, didYouMean } from "../errors.js";
import { Fields } from "../files/fields.js";
import type { Case, Mmu, ScenarioBase, Strategy } from "./contract.js";
import {
  type Choice,
  DIRTY_TRACKING,
  type DirtyTracking,
  type Interleaved,
  type InterleaveSearch,
  MAX_ACTIONS,
  type ScheduledAction,
} from "./interleave.js";

/** What a file says that it is, which holds a schedule that `verify --interleave` found. */
export const INTERLEAVING_KIND = "s2split-interleaving";

const FIELDS = ["schemaVersion", "kind", "mmu", "strategy", "dirtyTracking", "name", "description"];
const OF_RUN = ["unit", "guest", "schedule", "finding"];
const LONGEST = 4000;

/** A schedule that was found under a strategy, as a file has it. */
export interface SavedInterleaving extends ScenarioBase {
  readonly schemaVersion: 1;
  readonly kind: typeof INTERLEAVING_KIND;
  readonly strategy: string;
  readonly dirtyTracking: DirtyTracking;
  readonly unit: string;
  readonly schedule: readonly ScheduledAction[];
}

/**
 * A saved schedule as a case: its guest, with userspace and others doing what they did. Under
 * another strategy it runs where the schedule's places are the same.
 *
 * @throws UserError naming the field and what was expected
 */
export function interleavingCase(mmu: Mmu, value: unknown, input: string): Case {
  if (mmu.interleave === undefined) throw badInput(`${input}.mmu`, `${mmu.id} has no interleavings`, "another MMU");
  const saved = savedInterleaving(mmu, value, input);
  const search = mmu.interleave({ actions: MAX_ACTIONS, dirtyTracking: saved.dirtyTracking });
  const unit = search.unitIds.indexOf(saved.unit);
  if (unit < 0) throw unknownUnit(`${input}.unit`, saved.unit, search);
  const run = (strategy: Strategy, subject: Interleaved) => {
    const choices = choicesOf(search.subject(strategy, unit)!, saved.schedule, `${input}.schedule`, strategy);
    return { initial: {}, counts: {}, findings: subject.run(choices) };
  };
  return {
    mmu,
    scenario: saved,
    workload: "interleave",
    variables: {},
    schedule: { strategy: saved.strategy },
    applies: (strategy) => search.subject(strategy, unit) !== null,
    expectedWork: () => 1,
    run: (strategy) => run(strategy, search.subject(strategy, unit)!),
    trace: (strategy, sink) => run(strategy, search.subject(strategy, unit, sink)!),
  };
}

function savedInterleaving(mmu: Mmu, value: unknown, input: string): SavedInterleaving {
  const fields = Fields.of(value, input, [...FIELDS, ...OF_RUN]);
  fields.integer("schemaVersion", 1, 1);
  const strategy = fields.string("strategy");
  return {
    schemaVersion: 1,
    kind: INTERLEAVING_KIND,
    mmu: mmu.id,
    strategy,
    name: fields.optionalString("name", 200) ?? strategy,
    description: fields.optionalString("description"),
    dirtyTracking: fields.oneOf("dirtyTracking", DIRTY_TRACKING),
    unit: fields.string("unit", LONGEST),
    schedule: fields.array("schedule", 0, MAX_ACTIONS).map((step, i) => scheduled(step, `${input}.schedule[${i}]`)),
  };
}

function scheduled(step: unknown, input: string): ScheduledAction {
  const fields = Fields.of(step, input, ["place", "where", "action"]);
  const place = fields.integer("place", 0, 1_000_000);
  return { place, where: fields.string("where", LONGEST), action: fields.string("action", LONGEST) };
}

function unknownUnit(input: string, unit: string, { unitIds }: InterleaveSearch) {
  const near = didYouMean(unit, unitIds) ?? unitIds[0];
  return badInput(input, `"${clip(unit)}" is unknown`, `a guest of verify --interleave, as "${near}"`);
}

/**
 * The schedule by numbers. Each step is looked at after a run of those before it, so that nothing
 * is done that cannot happen.
 */
function choicesOf(
  subject: Interleaved,
  steps: readonly ScheduledAction[],
  input: string,
  { id }: Strategy,
): readonly Choice[] {
  const chosen: Choice[] = [];
  for (const [i, { place, where, action }] of steps.entries()) {
    const at = `${input}[${i}]`;
    subject.run(chosen);
    const open = subject.choices();
    const first = chosen.at(-1)?.place ?? 0;
    if (place < first || place >= open.length) {
      const expected = `a place from ${first} to ${open.length - 1} of the run under ${id}`;
      throw badInput(`${at}.place`, `is ${place}`, expected);
    }
    chosen.push({ place, action: actionOf(subject, open[place]!, action, `${at}.action`) });
    const told = subject.tell(chosen).at(-1)!.where;
    if (told !== where)
      throw badInput(`${at}.where`, `under ${id}, place ${place} is "${told}"`, `"${clip(where, 200)}"`);
  }
  return chosen;
}

function actionOf({ actionWords }: Interleaved, open: readonly number[], action: string, input: string): number {
  const known = open.map((number) => actionWords[number]!);
  const found = known.indexOf(action);
  if (found >= 0) return open[found]!;
  const near = didYouMean(action, known) ?? known[0];
  throw badInput(input, `"${clip(action)}" cannot happen there`, `an action such as "${near}"`);
}
