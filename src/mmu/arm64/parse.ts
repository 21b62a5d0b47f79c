import { badInput } from "../../errors.js";
import { Fields, nameOf } from "../../files/fields.js";
import { GRANULES } from "../../guest/geometry.js";
import { laidOut, parseSlots } from "../slotFields.js";
import { type Layout, layoutOf } from "./layout.js";
import { type Arm64Scenario, CLEAR_RANGES, DSB_PLACEMENTS, type VariantSpec } from "./scenario.js";

const FIELDS = [
  ...["mmu", "name", "description", "assumed"],
  ...["granule", "ipaBits", "lpa2", "outputOffset", "memslots", "dirtyLog"],
];

/**
 * Checks an arm64 scenario: its form, and that its memory can be (see `layoutOf`); and lays it out.
 *
 * @param input what it was read from, for messages
 * @throws UserError naming the field and what was expected
 */
export function parseArm64Scenario(
  value: unknown,
  input: string,
): { readonly scenario: Arm64Scenario; readonly layout: Layout } {
  const fields = Fields.of(value, input, FIELDS);
  if (fields.has("mmu")) fields.oneOf("mmu", ["arm64"]);
  const name = fields.optionalString("name", 200);
  const description = fields.optionalString("description");
  const assumed = fields.has("assumed")
    ? fields.array("assumed", 0, 20).map((one, i) => {
        if (typeof one !== "string" || one.length > 1000)
          throw badInput(`${fields.at("assumed")}[${i}]`, `is ${nameOf(one)}`, "a sentence of at most 1000 characters");
        return one;
      })
    : undefined;
  const dirtyLog = Fields.of(fields.raw("dirtyLog"), fields.at("dirtyLog"), [
    ...["mode", "chunk"],
    ...["bbm", "dsb", "tlbiRange", "nvhe", "clearRange"],
  ]);
  const chunk = dirtyLog.raw("chunk");
  if (typeof chunk !== "string" && typeof chunk !== "number") {
    throw badInput(dirtyLog.at("chunk"), `is ${nameOf(chunk)}`, `a size such as "2M", or 0 for off`);
  }
  const mode = dirtyLog.oneOf("mode", ["enable", "clear"]);
  if (mode === "enable" && dirtyLog.has("clearRange")) {
    throw badInput(dirtyLog.at("clearRange"), "enabling clears nothing", 'it only with dirtyLog.mode "clear"');
  }
  const scenario: Arm64Scenario = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(assumed === undefined ? {} : { assumed }),
    granule: fields.oneOf("granule", GRANULES),
    ipaBits: fields.integer("ipaBits", 32, 52),
    ...(fields.has("lpa2") ? { lpa2: fields.boolean("lpa2") } : {}),
    ...(fields.has("outputOffset") ? { outputOffset: fields.string("outputOffset") } : {}),
    memslots: parseSlots(fields, mode),
    dirtyLog: { mode, chunk, ...variantSpec(dirtyLog) },
  };
  return { scenario, layout: laidOut(input, () => layoutOf(scenario)) };
}

function variantSpec(fields: Fields): VariantSpec {
  if (fields.has("bbm")) fields.integer("bbm", 2, 2);
  return {
    ...(fields.has("bbm") ? { bbm: 2 } : {}),
    ...(fields.has("dsb") ? { dsb: fields.oneOf("dsb", DSB_PLACEMENTS) } : {}),
    ...(fields.has("tlbiRange") ? { tlbiRange: fields.boolean("tlbiRange") } : {}),
    ...(fields.has("nvhe") ? { nvhe: fields.boolean("nvhe") } : {}),
    ...(fields.has("clearRange") ? { clearRange: fields.oneOf("clearRange", CLEAR_RANGES) } : {}),
  };
}
