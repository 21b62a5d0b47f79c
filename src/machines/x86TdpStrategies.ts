import type { Strategy } from "../contract/machine.js";
import { badInput } from "../errors.js";
import { Fields, nameOf } from "../guest/fields.js";
import type { IterVariant, TableView } from "../x86/variant.js";
import { VARIANTS, type VariantId } from "../x86/variants/index.js";

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

/** What a user's module gives for this machine; every part of the variant is optional, and then as in baseline. */
export interface TdpStrategyDefinition {
  readonly id: string;
  readonly mmu: "x86-tdp";
  readonly summary?: string;
  readonly origin?: string;
  readonly knownFaults?: readonly string[];
  /** See {@link IterVariant}; 512 means "none". */
  readonly enter?: (table: TableView, index: number) => number;
  readonly next?: (table: TableView, index: number) => number;
  readonly descend?: (table: TableView, index: number) => boolean;
  readonly body?: "every" | "present";
  readonly aside?: number;
  readonly asideMark?: "moved" | "always";
}

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
  for (const hook of HOOKS) {
    if (fields.has(hook) && typeof fields.raw(hook) !== "function") {
      throw badInput(fields.at(hook), `is ${nameOf(fields.raw(hook))}`, "a function");
    }
  }
  const faults = fields.has("knownFaults") ? fields.array("knownFaults", 0, 100) : [];
  const wrong = faults.findIndex((fault) => typeof fault !== "string");
  if (wrong >= 0) throw badInput(`${fields.at("knownFaults")}[${wrong}]`, `is ${nameOf(faults[wrong])}`, "a string");
  const given = exported as TdpStrategyDefinition;
  return {
    id,
    mmu: "x86-tdp",
    summary: fields.optionalString("summary") ?? "a strategy of one's own",
    origin: fields.optionalString("origin") ?? "",
    knownFaults: faults as string[],
    source: input,
    variant: {
      enter: given.enter ?? VARIANTS.baseline.enter,
      next: given.next ?? VARIANTS.baseline.next,
      descend: given.descend,
      body: fields.has("body") ? fields.oneOf("body", ["every", "present"]) : "every",
      aside: fields.has("aside") ? fields.integer("aside", 0, 511) : 0,
      asideMark: fields.has("asideMark") ? fields.oneOf("asideMark", ["moved", "always"]) : "moved",
    },
  };
}
