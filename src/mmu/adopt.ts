import { badInput, clip } from "../errors.js";
import { type Fields, nameOf } from "../files/fields.js";
import type { Strategy } from "./contract.js";

/** Fields that the definition of a strategy has for any MMU. */
export const ABOUT_FIELDS = ["id", "mmu", "summary", "origin", "knownFaults"] as const;

/** What the definition of a custom strategy says about itself, beside what steers its walks. */
export type About = Pick<Strategy, "id" | "summary" | "origin" | "knownFaults">;

/**
 * Reads {@link ABOUT_FIELDS} but for `mmu`.
 *
 * @param builtIn the MMU's own strategies, whose names are taken
 * @throws UserError naming the field and what was expected
 */
export function aboutOf(fields: Fields, builtIn: readonly Strategy[]): About {
  const id = fields.string("id");
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id)) {
    throw badInput(fields.at("id"), `is "${clip(id)}"`, "letters, digits, dots and dashes");
  }
  if (id === "all" || builtIn.some((strategy) => strategy.id === id)) {
    throw badInput(fields.at("id"), `is "${id}", which is built in`, "a name of its own");
  }
  return {
    id,
    summary: fields.optionalString("summary", 200) ?? "a custom strategy",
    origin: fields.optionalString("origin", 200) ?? "",
    knownFaults: fields.has("knownFaults") ? knownFaults(fields) : [],
  };
}

/** @throws UserError where one of these fields is there and no function */
export function requireFunctions(fields: Fields, names: readonly string[]): void {
  for (const name of names) {
    if (fields.has(name) && typeof fields.raw(name) !== "function") {
      throw badInput(fields.at(name), `is ${nameOf(fields.raw(name))}`, "a function");
    }
  }
}

function knownFaults(fields: Fields): string[] {
  return fields.array("knownFaults", 0, 100).map((fault, i) => {
    if (typeof fault === "string") return fault;
    throw badInput(`${fields.at("knownFaults")}[${i}]`, `is ${nameOf(fault)}`, "a sentence");
  });
}
