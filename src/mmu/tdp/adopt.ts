import { Fields } from "../../files/fields.js";
import { ABOUT_FIELDS, aboutOf, requireFunctions } from "../adopt.js";
import { guardTableHook } from "../hooks.js";
import { ENTRIES } from "../x86/pages.js";
import { strategies } from "./strategies/index.js";
import { strategyFrom, type TdpStrategy, type TdpStrategyDefinition } from "./strategy.js";
import type { TableView } from "./variant.js";

const HOOKS = ["enter", "next", "descend"] as const;
const FIELDS = [...ABOUT_FIELDS, "source", ...HOOKS, "body", "aside", "asideMark"];

/**
 * Makes a strategy of what a user's module exports, whose hooks are guarded.
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptTdpStrategy(exported: unknown, input: string): TdpStrategy {
  const fields = Fields.of(exported, input, FIELDS);
  fields.oneOf("mmu", ["x86-tdp"]);
  const about = aboutOf(fields, strategies);
  requireFunctions(fields, HOOKS);
  const given = exported as TdpStrategyDefinition;
  const { enter, next, descend } = given;
  const owner = { id: about.id, source: input };
  const entry = (name: string, hook: NonNullable<typeof next>, min: 0 | 1) =>
    guardTableHook(
      owner,
      name,
      (table: TableView, index) => hook.call(given, table, index),
      (value, index): value is number =>
        Number.isInteger(value) && (value as number) >= index + min && (value as number) <= ENTRIES,
      (index) => `a whole number from ${index + min} to ${ENTRIES}`,
    );
  const definition: TdpStrategyDefinition = {
    ...about,
    mmu: "x86-tdp",
    ...(enter && { enter: entry("enter", enter, 0) }),
    ...(next && { next: entry("next", next, 1) }),
    ...(descend && {
      descend: guardTableHook(
        owner,
        "descend",
        (table, index) => descend.call(given, table, index),
        (value): value is boolean => typeof value === "boolean",
        () => "true or false",
      ),
    }),
    ...(fields.has("body") && { body: fields.oneOf("body", ["every", "present"]) }),
    ...(fields.has("aside") && { aside: fields.integer("aside", 0, 511) }),
    ...(fields.has("asideMark") && { asideMark: fields.oneOf("asideMark", ["moved", "always"]) }),
  };
  return strategyFrom(definition, input);
}
