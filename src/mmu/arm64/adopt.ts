import { badInput, clip } from "../../errors.js";
import { Fields, nameOf } from "../../files/fields.js";
import type { AnyStrategyDefinition } from "../definitions.js";
import { guardHook, guardNotice } from "../hooks.js";
import { strategies } from "./strategies/index.js";
import { type SplitStrategy, type StrategyDefinition, strategyFrom } from "./strategy.js";
import { CONTINUE, SKIP_CHILDREN, SKIP_SIBLINGS, WALK_TABLE_POST, WALK_TABLE_PRE } from "./walk.js";

const HOOKS = ["enter", "afterVisit", "beforeWalk"] as const;
const FIELDS = ["id", "mmu", "summary", "origin", "knownFaults", "flags", "maxLevel", "skips", "marks", ...HOOKS];

/**
 * Checks and types a strategy of one's own, for a module that `--strategy FILE` loads or for `verify` and `bench`. Returns what it is
 * given. A plain object does as well, and is checked where it is used; so is a strategy for another MMU, by that MMU.
 *
 * ```js
 * import { defineStrategy } from "s2split";
 * export default defineStrategy({ id: "mine", summary: "never below level 2", maxLevel: 2 });
 * ```
 *
 * @throws UserError naming the field and what was expected
 */
export function defineStrategy<const D extends AnyStrategyDefinition>(definition: D): D {
  const mmu: unknown = (definition as Partial<D> | null | undefined)?.mmu;
  if (typeof mmu !== "string" || mmu === "arm64") checkDefinition(definition, "defineStrategy");
  return definition;
}

/** @throws UserError naming the first field that is wrong, and what was expected */
function checkDefinition(given: unknown, input: string) {
  const fields = Fields.of(given, input, FIELDS);
  if (fields.has("mmu")) fields.oneOf("mmu", ["arm64"]);
  const id = fields.string("id");
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id)) {
    throw badInput(fields.at("id"), `is "${clip(id)}"`, "letters, digits, dots and dashes");
  }
  if (id === "all" || strategies.some((strategy) => strategy.id === id)) {
    throw badInput(fields.at("id"), `is "${id}", which is built in`, "a name of its own");
  }
  for (const hook of HOOKS) {
    if (fields.has(hook) && typeof fields.raw(hook) !== "function") {
      throw badInput(fields.at(hook), `is ${nameOf(fields.raw(hook))}`, "a function");
    }
  }
  if (fields.has("flags")) checkFlags(fields);
  if (fields.has("maxLevel")) fields.integer("maxLevel", 0, 3);
  if (fields.has("skips")) fields.oneOf("skips", ["structured", "as-posted"]);
  if (fields.has("marks")) fields.boolean("marks");
  return {
    id,
    summary: fields.optionalString("summary", 200) ?? "a strategy of one's own",
    origin: fields.optionalString("origin", 200) ?? "",
    faults: fields.has("knownFaults") ? knownFaults(fields) : [],
  };
}

/**
 * Checks what a user's module exports and makes a strategy of it, whose hooks are guarded (see {@link guardHook}).
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptArm64Strategy(exported: unknown, input: string): SplitStrategy {
  const { id, summary, origin, faults } = checkDefinition(exported, input);
  const given = exported as StrategyDefinition;
  const owner = { id, source: input };
  const { enter, afterVisit, beforeWalk, mmu: _, ...plain } = given;
  const definition: StrategyDefinition = {
    ...plain,
    id,
    summary,
    origin,
    knownFaults: faults,
    ...(enter && { enter: guardHook(owner, "enter", (at) => enter.call(given, at), isBoolean, "true or false") }),
    ...(afterVisit && {
      afterVisit: guardHook(owner, "afterVisit", (at) => afterVisit.call(given, at), isWalkCode, WALK_CODES),
    }),
    ...(beforeWalk && { beforeWalk: guardNotice(owner, "beforeWalk", (from, to) => beforeWalk.call(given, from, to)) }),
  };
  return strategyFrom(definition, input);
}

const WALK_CODES = `CONTINUE (${CONTINUE}), SKIP_CHILDREN (${SKIP_CHILDREN}) or SKIP_SIBLINGS (${SKIP_SIBLINGS})`;

function isWalkCode(value: unknown): value is number {
  return value === CONTINUE || value === SKIP_CHILDREN || value === SKIP_SIBLINGS;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function checkFlags(fields: Fields): void {
  const flags = fields.integer("flags", 0, 511);
  if ((flags & (WALK_TABLE_PRE | WALK_TABLE_POST)) !== 0) {
    throw badInput(
      fields.at("flags"),
      `is ${flags}, which has TABLE_PRE or TABLE_POST, and the split visitor does nothing at tables`,
      "WALK_PAGE, WALK_BLOCK, WALK_LEAF and WALK_SKIP_LEVEL0 << n",
    );
  }
}

function knownFaults(fields: Fields): string[] {
  const faults = fields.array("knownFaults", 0, 100);
  const wrong = faults.findIndex((fault) => typeof fault !== "string");
  if (wrong >= 0) throw badInput(`${fields.at("knownFaults")}[${wrong}]`, `is ${nameOf(faults[wrong])}`, "a sentence");
  return faults as string[];
}
