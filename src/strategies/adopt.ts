import { badInput } from "../errors.js";
import { Fields, nameOf } from "../guest/fields.js";
import { type SplitStrategy, type StrategyDefinition, strategyFrom } from "./strategy.js";

const HOOKS = ["enter", "afterVisit", "beforeWalk"] as const;

/**
 * Checks what a user's module exports and makes a strategy of it.
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptArm64Strategy(exported: unknown, input: string): SplitStrategy {
  const fields = Fields.of(exported, input, [
    ...["id", "mmu", "summary", "origin", "knownFaults", "source", "flags", "maxLevel", "skips", "marks"],
    ...HOOKS,
  ]);
  if (fields.has("mmu")) fields.oneOf("mmu", ["arm64"]);
  const id = fields.string("id");
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id))
    throw badInput(fields.at("id"), `is "${id}"`, "letters, digits, dots and dashes");
  for (const hook of HOOKS) {
    if (fields.has(hook) && typeof fields.raw(hook) !== "function") {
      throw badInput(fields.at(hook), `is ${nameOf(fields.raw(hook))}`, "a function");
    }
  }
  if (fields.has("flags")) fields.integer("flags", 0, 511);
  if (fields.has("maxLevel")) fields.integer("maxLevel", 0, 3);
  if (fields.has("skips")) fields.oneOf("skips", ["structured", "as-posted"]);
  if (fields.has("marks")) fields.boolean("marks");
  const summary = fields.optionalString("summary") ?? "a strategy of one's own";
  const definition = { ...(exported as StrategyDefinition), id, summary };
  return strategyFrom(definition, input);
}
