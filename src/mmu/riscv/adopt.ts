import { badInput, clip } from "../../errors.js";
import { Fields, nameOf } from "../../files/fields.js";
import { guardCall } from "../hooks.js";
import { strategies } from "./strategies/index.js";
import {
  type GStageRules,
  type GStageStrategy,
  type GStageStrategyDefinition,
  LINUX,
  type SplitStep,
  strategyFrom,
} from "./strategy.js";

const ABOUT = ["id", "mmu", "summary", "origin", "knownFaults"];
const CHOICES = {
  start: ["aligned", "as-given"],
  masks: ["bits", "span"],
  holes: ["step", "skip"],
  walk: ["lookup", "tables"],
} as const satisfies Partial<Record<keyof GStageRules, readonly string[]>>;
const FLAGS = ["flushBeforeDrop", "flushEachInClear", "onlyIfHuge"] as const;

/**
 * Checks what a user's module exports and makes a strategy of it, whose hook is guarded.
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptRiscvStrategy(exported: unknown, input: string): GStageStrategy {
  const fields = Fields.of(exported, input, [...ABOUT, ...Object.keys(CHOICES), ...FLAGS, "next"]);
  fields.oneOf("mmu", ["riscv"]);
  const id = fields.string("id");
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id))
    throw badInput(fields.at("id"), `is "${clip(id)}"`, "letters, digits, dots and dashes");
  if (id === "all" || strategies.some((strategy) => strategy.id === id))
    throw badInput(fields.at("id"), `is "${id}", which is built in`, "a name of its own");
  for (const [name, choices] of Object.entries(CHOICES)) if (fields.has(name)) fields.oneOf(name, choices);
  for (const name of FLAGS) if (fields.has(name)) fields.boolean(name);
  const given = exported as GStageStrategyDefinition;
  const next = nextOf(fields, given, { id, source: input });
  return strategyFrom(
    {
      ...given,
      id,
      summary: fields.optionalString("summary", 200) ?? "a strategy of one's own",
      origin: fields.optionalString("origin", 200) ?? "",
      knownFaults: knownFaults(fields),
      next,
    },
    input,
  );
}

/** The guarded hook: it must move on, or the loop would never end. */
function nextOf(fields: Fields, given: GStageStrategyDefinition, owner: { id: string; source: string }) {
  if (!fields.has("next")) return undefined;
  const hook = fields.raw("next");
  if (typeof hook !== "function") throw badInput(fields.at("next"), `is ${nameOf(hook)}`, "a function");
  if ((given.walk ?? LINUX.walk) === "tables")
    throw badInput(fields.at("next"), "is not asked where tables are walked", 'it only with walk "lookup"');
  const view = new ReadOnlyStep();
  return guardCall(
    owner,
    "next",
    (at: SplitStep) => hook.call(given, view.of(at)) as unknown,
    (value, at): value is number => Number.isSafeInteger(value) && (value as number) > at.gfn,
    (at) => `a whole number of frames above ${at.gfn}`,
  );
}

function knownFaults(fields: Fields): string[] {
  const faults = fields.has("knownFaults") ? fields.array("knownFaults", 0, 100) : [];
  const wrong = faults.findIndex((fault) => typeof fault !== "string");
  if (wrong >= 0) throw badInput(`${fields.at("knownFaults")}[${wrong}]`, `is ${nameOf(faults[wrong])}`, "a sentence");
  return faults as string[];
}

/** What a hook sees of a step; assigning to it throws. */
class ReadOnlyStep implements SplitStep {
  #at!: SplitStep;

  of(at: SplitStep): this {
    this.#at = at;
    return this;
  }
  get gfn(): number {
    return this.#at.gfn;
  }
  get endGfn(): number {
    return this.#at.endGfn;
  }
  get emptyLevel(): number {
    return this.#at.emptyLevel;
  }
  get splits(): number {
    return this.#at.splits;
  }
}
