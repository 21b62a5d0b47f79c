import { badInput } from "../../errors.js";
import { Fields, nameOf } from "../../files/fields.js";
import { GRANULES } from "../../guest/geometry.js";
import { type Layout, layoutOf } from "./layout.js";
import {
  type Arm64Scenario,
  CLEAR_RANGES,
  type DirtyBitmap,
  DSB_PLACEMENTS,
  type Memslot,
  type Segment,
  type VariantSpec,
} from "./scenario.js";

/** Bounds that no real guest comes near: they keep a hostile file from costing more than its reading. */
const MOST_SLOTS = 32_764;
const MOST_SEGMENTS = 4_000_000;
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
  const memslots = fields.array("memslots", 1, MOST_SLOTS);
  const scenario: Arm64Scenario = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(assumed === undefined ? {} : { assumed }),
    granule: fields.oneOf("granule", GRANULES),
    ipaBits: fields.integer("ipaBits", 32, 52),
    ...(fields.has("lpa2") ? { lpa2: fields.boolean("lpa2") } : {}),
    ...(fields.has("outputOffset") ? { outputOffset: fields.string("outputOffset") } : {}),
    memslots: memslots.map((slot, i) => parseSlot(slot, `${fields.at("memslots")}[${i}]`)),
    dirtyLog: { mode, chunk, ...variantSpec(dirtyLog) },
  };
  const masked =
    scenario.dirtyLog.mode === "enable" ? scenario.memslots.findIndex(({ dirty }) => dirty !== undefined) : -1;
  if (masked >= 0) {
    throw badInput(
      `${fields.at("memslots")}[${masked}].dirty`,
      "enabling knows no dirty bitmap",
      'it only with dirtyLog.mode "clear"',
    );
  }
  try {
    return { scenario, layout: layoutOf(scenario) };
  } catch (error) {
    if (error instanceof Error && error.name === "UserError")
      error.message = input === "" ? error.message : `${input}: ${error.message}`;
    throw error;
  }
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

function parseSlot(value: unknown, path: string): Memslot {
  const fields = Fields.of(value, path, ["base", "segments", "dirty"]);
  const segments = fields.array("segments", 1, MOST_SEGMENTS);
  return {
    base: fields.string("base"),
    segments: segments.map((segment, i) => parseSegment(segment, `${path}.segments[${i}]`)),
    ...(fields.has("dirty") ? { dirty: parseDirty(fields.raw("dirty"), fields.at("dirty")) } : {}),
  };
}

function parseSegment(value: unknown, path: string): Segment {
  const fields = Fields.of(value, path, ["map", "size", "writeProtected"]);
  return {
    map: fields.string("map"),
    size: fields.string("size"),
    ...(fields.has("writeProtected") ? { writeProtected: fields.boolean("writeProtected") } : {}),
  };
}

function parseDirty(value: unknown, path: string): DirtyBitmap {
  const fields = Fields.of(value, path, ["runs", "words"]);
  if (fields.has("runs") === fields.has("words"))
    throw badInput(path, "has both or neither of runs and words", "one of them");
  if (fields.has("words")) {
    const words = fields.array("words", 0, MOST_SEGMENTS);
    const wrong = words.findIndex((word) => typeof word !== "string");
    if (wrong >= 0) throw badInput(`${path}.words[${wrong}]`, `is ${nameOf(words[wrong])}`, "a hexadecimal string");
    return { words: words as string[] };
  }
  const runs = fields.array("runs", 0, MOST_SEGMENTS).map((run, i): [number, number] => {
    if (!Array.isArray(run) || run.length !== 2 || !run.every((n) => Number.isSafeInteger(n))) {
      throw badInput(`${path}.runs[${i}]`, "not a run", "[first page, number of pages]");
    }
    return [run[0] as number, run[1] as number];
  });
  return { runs };
}
