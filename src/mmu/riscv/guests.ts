import { badInput } from "../../errors.js";
import { backingNamed, DEFAULT_BACKINGS, segmentsFor } from "../../guest/backings.js";
import { formatSize, parseAddress, parseSize } from "../../guest/sizes.js";
import type { RiscvOptions } from "./about.js";
import { formatGfn, GSTAGE_MODES, geometryOf } from "./geometry.js";
import type { RiscvMemslot, RiscvScenario } from "./scenario.js";

const DEFAULT_BASE = 2 ** 30;

type Mode = RiscvScenario["dirtyLog"]["mode"];

/**
 * The default guests that options ask for: each backing and mode.
 *
 * @param single whether to take one backing where none is named: 1G leaves, of which there is most to tell
 * @throws UserError for options that contradict each other or make no guest
 */
export function riscvGuests(options: RiscvOptions, single: boolean): RiscvScenario[] {
  const names = (options.backing ?? (single ? ["hugetlb-1g"] : DEFAULT_BACKINGS)).map(backingNamed);
  const modes = modesOf(options) ?? ["enable"];
  return [...new Set(names)].flatMap((backing) => modes.map((mode) => guestOf(options, backing, mode)));
}

/** A scenario with its own mode and parameters, unless the options ask for others. */
export function riscvVariants(scenario: RiscvScenario, options: RiscvOptions): RiscvScenario[] {
  const { gstage = scenario.gstage } = options;
  return (modesOf(options) ?? [scenario.dirtyLog.mode]).map((mode) => ({
    ...scenario,
    gstage,
    // Enabling knows no dirty bitmap: `--mode enable` takes the guest alone.
    memslots:
      mode === "clear" ? scenario.memslots : scenario.memslots.map(({ base, segments }) => ({ base, segments })),
    dirtyLog: { ...scenario.dirtyLog, mode, ...parametersOf(options) },
  }));
}

function modesOf({ g, mode, workload }: RiscvOptions): readonly Mode[] | undefined {
  if (g === true && mode !== undefined && mode !== "enable") {
    throw badInput(`-g with --mode ${mode}`, "contradict each other", "-g, or --mode, not both");
  }
  if (workload === "clear" && mode === undefined) return ["clear"];
  if (mode === "both") return ["enable", "clear"];
  if (mode !== undefined) return [mode];
  return g === true ? ["enable"] : undefined;
}

function parametersOf({ eager, reschedEvery }: RiscvOptions) {
  return {
    ...(eager === undefined ? {} : { eagerSplit: eager === "on" }),
    ...(reschedEvery === undefined ? {} : { reschedEveryNPolls: reschedEvery }),
  };
}

function guestOf(options: RiscvOptions, backing: string, mode: Mode): RiscvScenario {
  const { memory = "1G", memslots: slots = 1, thpCoverage = 1, seed } = options;
  const bytes = parseSize(memory, "--memory");
  const base = options.base === undefined ? DEFAULT_BASE : parseAddress(options.base, "--base");
  if (bytes === 0 || bytes % (4096 * slots) !== 0) {
    const cut = `cannot be cut into ${slots} memslot${slots === 1 ? "" : "s"} of whole pages`;
    throw badInput(`--memory ${memory}`, cut, `a multiple of ${formatSize(4096 * slots)}`);
  }
  const gstage = options.gstage ?? GSTAGE_MODES.find((name) => (base + bytes) / 4096 <= geometryOf(name).endGfn);
  if (gstage === undefined) throw badInput(`--memory ${memory}`, "fits no mode", "memory that ends below 2^59");
  const slotPages = bytes / 4096 / slots;
  const memslots = Array.from(
    { length: slots },
    (_, slot): RiscvMemslot => ({
      base: formatGfn(base / 4096 + slot * slotPages),
      segments: segmentsFor(backing, slotPages * 4096, "4K", thpCoverage, seed + slot),
    }),
  );
  return {
    mmu: "riscv",
    name: nameOf(options, backing, bytes),
    gstage,
    memslots,
    dirtyLog: { mode, eagerSplit: true, ...parametersOf(options) },
  };
}

function nameOf(options: RiscvOptions, backing: string, bytes: number): string {
  const { memslots = 1, thpCoverage = 1, seed } = options;
  const parts = [backing, formatSize(bytes)];
  if (backing === "thp" && thpCoverage < 1) parts.push(`coverage${thpCoverage}-seed${seed}`);
  if (memslots > 1) parts.push(`x${memslots}`);
  if (options.base !== undefined) parts.push(`base${options.base}`);
  return parts.join("-");
}
