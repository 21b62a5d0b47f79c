import { badInput } from "../../errors.js";
import { Fields, nameOf } from "../../files/fields.js";
import type { Strategy } from "../contract.js";
import type { TdpStrategyDefinition } from "../definitions.js";
import { guardTableHook } from "../hooks.js";
import { VARIANTS, type VariantId } from "./strategies/index.js";
import { ENTRIES } from "./tree.js";
import type { IterVariant } from "./variant.js";

/** A variant of the TDP iterator, as a strategy. */
export interface TdpStrategy extends Strategy {
  readonly mmu: "x86-tdp";
  readonly variant: IterVariant;
}

const ABOUT: Readonly<Record<VariantId, { summary: string; origin: string; knownFaults?: readonly string[] }>> = {
  baseline: { summary: "every entry of every table it enters", origin: "Linux 7.3" },
  "skip-not-present-posted": {
    summary:
      "the zap loop steps over up to 32 non-present entries, and moves the mark back at every upper entry (as posted)",
    origin: "Bernhard Kauer, 2024-10-23",
    knownFaults: ["where it must yield before it is past the place of the last yield: livelock"],
  },
  "skip-not-present": {
    summary: "the same, with the mark moved only where entries were skipped",
    origin: "Bernhard Kauer, 2024-10-23, mended by s2split",
  },
  "only-present": {
    summary: "the step to the side goes on to the next present entry",
    origin: "Sean Christopherson, 2024-10-23",
  },
  "used-count": {
    summary: "a table is left with its last present entry, by a count kept per table",
    origin: "Bernhard Kauer, 2024-10-23 (idea)",
  },
  "used-bitmap": {
    summary: "from present entry to present entry, by a bitmap kept per table",
    origin: "Bernhard Kauer, 2024-10-23 (idea)",
  },
};

/** The built-in variants as strategies, in the order of tables. */
export const tdpStrategies: readonly TdpStrategy[] = (Object.keys(VARIANTS) as VariantId[]).map((id) => ({
  id,
  mmu: "x86-tdp",
  summary: ABOUT[id].summary,
  origin: ABOUT[id].origin,
  knownFaults: ABOUT[id].knownFaults ?? [],
  source: "builtin",
  variant: VARIANTS[id],
}));

const HOOKS = ["enter", "next", "descend"] as const;

/**
 * Makes a strategy of what a user's module exports.
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptTdpStrategy(exported: unknown, input: string): TdpStrategy {
  const about = ["id", "mmu", "summary", "origin", "knownFaults", "source"];
  const fields = Fields.of(exported, input, [...about, ...HOOKS, "body", "aside", "asideMark"]);
  fields.oneOf("mmu", ["x86-tdp"]);
  const id = fields.string("id");
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id))
    throw badInput(fields.at("id"), `is "${id}"`, "letters, digits, dots and dashes");
  refuseBuiltIn(fields, tdpStrategies);
  for (const hook of HOOKS) {
    if (fields.has(hook) && typeof fields.raw(hook) !== "function") {
      throw badInput(fields.at(hook), `is ${nameOf(fields.raw(hook))}`, "a function");
    }
  }
  const faults = fields.has("knownFaults") ? fields.array("knownFaults", 0, 100) : [];
  const wrong = faults.findIndex((fault) => typeof fault !== "string");
  if (wrong >= 0) throw badInput(`${fields.at("knownFaults")}[${wrong}]`, `is ${nameOf(faults[wrong])}`, "a string");
  const given = exported as TdpStrategyDefinition;
  const { enter, next, descend } = given;
  const owner = { id, source: input };
  const entry = (name: string, hook: NonNullable<typeof next>, least: 0 | 1) =>
    guardTableHook(
      owner,
      name,
      (table, index) => hook.call(given, table, index),
      (value, index): value is number =>
        Number.isInteger(value) && (value as number) >= index + least && (value as number) <= ENTRIES,
      (index) => `a whole number from ${index + least} to ${ENTRIES}`,
    );
  return {
    id,
    mmu: "x86-tdp",
    summary: fields.optionalString("summary") ?? "a strategy of one's own",
    origin: fields.optionalString("origin") ?? "",
    knownFaults: faults as string[],
    source: input,
    variant: {
      enter: enter ? entry("enter", enter, 0) : VARIANTS.baseline.enter,
      next: next ? entry("next", next, 1) : VARIANTS.baseline.next,
      descend:
        descend &&
        guardTableHook(
          owner,
          "descend",
          (table, index) => descend.call(given, table, index),
          (value): value is boolean => typeof value === "boolean",
          () => "true or false",
        ),
      body: fields.has("body") ? fields.oneOf("body", ["every", "present"]) : "every",
      aside: fields.has("aside") ? fields.integer("aside", 0, 511) : 0,
      asideMark: fields.has("asideMark") ? fields.oneOf("asideMark", ["moved", "always"]) : "moved",
    },
  };
}

/** @throws UserError where a strategy of one's own has the name of a built-in one, or of all of them */
export function refuseBuiltIn(fields: Fields, builtIn: readonly Strategy[]): void {
  const id = fields.string("id");
  if (id !== "all" && !builtIn.some((strategy) => strategy.id === id)) return;
  throw badInput(fields.at("id"), `is "${id}", which is built in`, "a name of its own");
}
