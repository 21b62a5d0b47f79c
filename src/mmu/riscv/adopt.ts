import { badInput } from "../../errors.js";
import { Fields } from "../../files/fields.js";
import { ABOUT_FIELDS, aboutOf, requireFunctions } from "../adopt.js";
import { guardHook } from "../hooks.js";
import { strategies } from "./strategies/index.js";
import {
  type GStageRules,
  type GStageStrategy,
  type GStageStrategyDefinition,
  LINUX,
  type SplitStep,
  strategyFrom,
} from "./strategy.js";

const CHOICES = {
  start: ["aligned", "as-given"],
  masks: ["bits", "span"],
  holes: ["step", "skip"],
  walk: ["lookup", "tables"],
} as const satisfies Partial<Record<keyof GStageRules, readonly string[]>>;
const FLAGS = ["flushBeforeDrop", "flushEachInClear", "onlyIfHuge"] as const;
const HOOKS = ["next"] as const;

/**
 * Checks what a user's module exports and makes a strategy of it, whose hook is guarded.
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptRiscvStrategy(exported: unknown, input: string): GStageStrategy {
  const fields = Fields.of(exported, input, [...ABOUT_FIELDS, ...Object.keys(CHOICES), ...FLAGS, ...HOOKS]);
  fields.oneOf("mmu", ["riscv"]);
  const about = aboutOf(fields, strategies);
  for (const [name, choices] of Object.entries(CHOICES)) if (fields.has(name)) fields.oneOf(name, choices);
  for (const name of FLAGS) if (fields.has(name)) fields.boolean(name);
  requireFunctions(fields, HOOKS);
  const given = exported as GStageStrategyDefinition;
  const { next, walk = LINUX.walk } = given;
  if (next !== undefined && walk === "tables")
    throw badInput(fields.at("next"), "is not asked where tables are walked", 'it only with walk "lookup"');
  return strategyFrom(
    {
      ...given,
      ...about,
      next:
        next &&
        guardHook(
          { id: about.id, source: input },
          "next",
          (at: SplitStep) => next.call(given, at) as unknown,
          readOnly(),
          // The loop must move on, or it would never end.
          (value, at): value is number => Number.isSafeInteger(value) && (value as number) > at.gfn,
          (at) => `a whole number of frames above ${at.gfn}`,
        ),
    },
    input,
  );
}

/** What a hook sees of a step: one object, to which nothing can be assigned. */
function readOnly(): (at: SplitStep) => SplitStep {
  const view = new ReadOnlyStep();
  return (at) => view.of(at);
}

class ReadOnlyStep implements SplitStep {
  private at!: SplitStep;

  of(at: SplitStep): this {
    this.at = at;
    return this;
  }
  get gfn(): number {
    return this.at.gfn;
  }
  get endGfn(): number {
    return this.at.endGfn;
  }
  get emptyLevel(): number {
    return this.at.emptyLevel;
  }
  get splits(): number {
    return this.at.splits;
  }
}
