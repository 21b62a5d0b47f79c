import { badInput } from "../../errors.js";
import {
  backingsAsked,
  type DirtyLogMode,
  evenMemslots,
  guestName,
  memoryOf,
  memslotsFor,
  modesAsked,
} from "../memslots.js";
import type { RiscvOptions } from "./about.js";
import { GSTAGE_MODES, geometryOf } from "./geometry.js";
import type { RiscvScenario } from "./scenario.js";

/**
 * The default guests that options ask for: each backing and mode.
 *
 * @param single whether to take one backing where none is named: 1G leaves, of which there is most
 *   to tell
 * @throws UserError for options that contradict each other or make no guest
 */
export function riscvGuests(options: RiscvOptions, single: boolean): RiscvScenario[] {
  const modes = modesAsked(options) ?? ["enable"];
  return backingsAsked(options, single).flatMap((backing) => modes.map((mode) => guestOf(options, backing, mode)));
}

/** A scenario with its own mode and parameters, unless the options ask for others. */
export function riscvVariants(scenario: RiscvScenario, options: RiscvOptions): RiscvScenario[] {
  const { gstage = scenario.gstage } = options;
  return (modesAsked(options) ?? [scenario.dirtyLog.mode]).map((mode) => ({
    ...scenario,
    gstage,
    memslots: memslotsFor(mode, scenario.memslots),
    dirtyLog: { ...scenario.dirtyLog, mode, ...parametersOf(options) },
  }));
}

function parametersOf({ eager, reschedEvery }: RiscvOptions) {
  return {
    ...(eager === undefined ? {} : { eagerSplit: eager === "on" }),
    ...(reschedEvery === undefined ? {} : { reschedEveryNPolls: reschedEvery }),
  };
}

function guestOf(options: RiscvOptions, backing: string, mode: DirtyLogMode): RiscvScenario {
  const memory = memoryOf(options, 4096);
  const endGfn = (memory.base + memory.bytes) / 4096;
  const gstage = options.gstage ?? GSTAGE_MODES.find((name) => endGfn <= geometryOf(name).endGfn);
  if (gstage === undefined) throw badInput(memory.input, "fits no mode", "memory that ends below 2^59");
  return {
    mmu: "riscv",
    name: guestName(options, backing, memory.bytes),
    gstage,
    memslots: evenMemslots(options, memory, backing, "4K"),
    dirtyLog: { mode, eagerSplit: true, ...parametersOf(options) },
  };
}
