import { Fields } from "../../files/fields.js";
import { ABOUT_FIELDS, aboutOf } from "../adopt.js";
import { MIN_DESCRIPTORS } from "./splitCaches.js";
import { strategies } from "./strategies/index.js";
import { type ShadowStrategy, strategyFrom } from "./strategy.js";

const FIELDS = [...ABOUT_FIELDS, "source", "descriptorCapacity"];

/**
 * Makes a strategy of what a user's module exports:
 * `{ id, mmu: "x86-shadow", descriptorCapacity }`.
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptShadowStrategy(exported: unknown, input: string): ShadowStrategy {
  const fields = Fields.of(exported, input, FIELDS);
  fields.oneOf("mmu", ["x86-shadow"]);
  const about = aboutOf(fields, strategies);
  const descriptorCapacity = fields.integer("descriptorCapacity", MIN_DESCRIPTORS, 1_000_000);
  return strategyFrom({ ...about, mmu: "x86-shadow", descriptorCapacity }, input);
}
