import { badInput } from "../../errors.js";
import { Fields } from "../../files/fields.js";
import { laidOut, parseRuns, parseSlots } from "../slotFields.js";
import { GSTAGE_MODES } from "./geometry.js";
import { type Layout, layoutOf } from "./layout.js";
import type { RiscvAfterDisable, RiscvScenario } from "./scenario.js";

/**
 * Checks a riscv scenario: its form, and that its memory can be (see `layoutOf`).
 *
 * @param input what it was read from, for messages
 * @throws UserError naming the field and what was expected
 */
export function parseRiscvScenario(
  value: unknown,
  input: string,
): { readonly scenario: RiscvScenario; readonly layout: Layout } {
  refuseArm64Words(value, input);
  const fields = Fields.of(value, input, [
    "mmu",
    "name",
    "description",
    "gstage",
    "memslots",
    "dirtyLog",
    "afterDisable",
  ]);
  if (fields.has("mmu")) fields.oneOf("mmu", ["riscv"]);
  const name = fields.optionalString("name", 200);
  const description = fields.optionalString("description");
  const dirtyLog = Fields.of(fields.raw("dirtyLog"), fields.at("dirtyLog"), [
    "mode",
    "eagerSplit",
    "reschedEveryNPolls",
  ]);
  const mode = dirtyLog.oneOf("mode", ["enable", "clear"]);
  const scenario: RiscvScenario = {
    mmu: "riscv",
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    gstage: fields.oneOf("gstage", GSTAGE_MODES),
    memslots: parseSlots(fields, mode),
    dirtyLog: {
      mode,
      eagerSplit: dirtyLog.has("eagerSplit") ? dirtyLog.boolean("eagerSplit") : true,
      ...(dirtyLog.has("reschedEveryNPolls")
        ? { reschedEveryNPolls: dirtyLog.integer("reschedEveryNPolls", 0, 2 ** 31 - 1) }
        : {}),
    },
    ...(fields.has("afterDisable")
      ? { afterDisable: parseAfter(fields.raw("afterDisable"), fields.at("afterDisable")) }
      : {}),
  };
  return { scenario, layout: laidOut(input, () => layoutOf(scenario)) };
}

/** A field of arm64's is no misspelling: it is said what riscv has instead. */
function refuseArm64Words(value: unknown, input: string): void {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "granule")) {
    throw badInput(
      `${input}.granule`,
      "has no meaning on riscv, whose pages are 4K",
      "gstage sv39x4, sv48x4 or sv57x4",
    );
  }
  if (Object.hasOwn(value, "ipaBits")) {
    throw badInput(`${input}.ipaBits`, "has no meaning on riscv", "gstage, whose modes have 41, 50 and 59 bits");
  }
  const { dirtyLog } = value as { dirtyLog?: unknown };
  if (typeof dirtyLog === "object" && dirtyLog !== null && Object.hasOwn(dirtyLog, "chunk")) {
    throw badInput(`${input}.dirtyLog.chunk`, "has no meaning on riscv, which splits 2M at a time", "eagerSplit");
  }
}

function parseAfter(value: unknown, path: string): RiscvAfterDisable {
  const fields = Fields.of(value, path, ["backing", "writes"]);
  return { backing: fields.oneOf("backing", ["thp", "hugetlb"]), writes: parseRuns(fields, "writes") };
}
