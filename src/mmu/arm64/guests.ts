import { badInput, clip } from "../../errors.js";
import { backingNamed, DEFAULT_BACKINGS, segmentsFor } from "../../guest/backings.js";
import { type Granule, geometryOf, legalChunks, MAX_IPA_BITS, needsLpa2 } from "../../guest/geometry.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "../../guest/sizes.js";
import type { Arm64Options } from "./about.js";
import { type Arm64Scenario, CLEAR_RANGES, DSB_PLACEMENTS, type Memslot, type VariantSpec } from "./scenario.js";

const DEFAULT_BASE = 2 ** 30;
const DEFAULT_IPA_BITS = 40;

type Mode = Arm64Scenario["dirtyLog"]["mode"];

/**
 * The default guests that options ask for: each backing, mode and chunk.
 *
 * @param single whether to take one backing where none is named: 1G blocks, of which there is most to tell
 * @throws UserError for options that contradict each other or make no guest
 */
export function arm64Guests(options: Arm64Options, single: boolean): Arm64Scenario[] {
  const granule = options.granule ?? "4K";
  const names = (options.backing ?? (single ? ["hugetlb-1g"] : DEFAULT_BACKINGS)).map(backingNamed);
  const modes = modesOf(options) ?? [options.clearRange === undefined ? "enable" : "clear"];
  const chunks = options.chunk ?? [formatSize(legalChunks(granule).at(-1)!)];
  return [...new Set(names)].flatMap((backing) =>
    modes.flatMap((mode) =>
      chunks.flatMap((chunk) => {
        const scenario = guestOf(options, granule, backing, mode, chunk);
        return variantsOf(options, mode).map((variant) => ({
          ...scenario,
          dirtyLog: { ...scenario.dirtyLog, ...variant },
        }));
      }),
    ),
  );
}

/** A scenario with its own mode and chunk, unless the options ask for others. */
export function arm64Variants(scenario: Arm64Scenario, options: Arm64Options): Arm64Scenario[] {
  // Enabling knows no dirty bitmap: `--mode enable` takes the guest alone.
  const memslotsFor = (mode: Mode) =>
    mode === "clear" ? scenario.memslots : scenario.memslots.map(({ base, segments }) => ({ base, segments }));
  const { clearRange, ...dirtyLog } = scenario.dirtyLog;
  // A file's own proposal is not set against Linux.
  const asked = dirtyLog.bbm === undefined ? options : { ...options, bbm: undefined };
  return (modesOf(options) ?? [scenario.dirtyLog.mode]).flatMap((mode) =>
    (options.chunk ?? [scenario.dirtyLog.chunk]).flatMap((chunk) =>
      variantsOf(asked, mode).map((variant) => ({
        ...scenario,
        memslots: memslotsFor(mode),
        dirtyLog: {
          ...dirtyLog,
          ...(mode === "clear" && clearRange !== undefined ? { clearRange } : {}),
          mode,
          chunk,
          ...variant,
        },
      })),
    ),
  );
}

/** Every combination of processors and proposals asked for; with `--bbm 2` each also with break-before-make, to be set against it. */
function variantsOf(options: Arm64Options, mode: Mode): VariantSpec[] {
  const bbms: VariantSpec[] = options.bbm === undefined ? [{}] : [{}, { bbm: 2 }];
  const dsbs = options.dsb?.map((dsb) => ({ dsb: oneOf(DSB_PLACEMENTS, dsb, "--dsb") })) ?? [{}];
  const cpus = options.tlbiRange === undefined ? [{}] : [{ tlbiRange: options.tlbiRange === "on" }];
  const ranges = options.clearRange?.map((range) => ({ clearRange: oneOf(CLEAR_RANGES, range, "--clear-range") }));
  const clears = mode === "clear" && ranges !== undefined ? ranges : [{}];
  return bbms.flatMap((bbm) =>
    dsbs.flatMap((dsb) => cpus.flatMap((cpu) => clears.map((clear) => ({ ...bbm, ...dsb, ...cpu, ...clear })))),
  );
}

function oneOf<const T extends string>(known: readonly T[], given: string, input: string): T {
  const found = known.find((one) => one === given);
  if (found === undefined) throw badInput(`${input} ${clip(given)}`, "unknown", known.join(", "));
  return found;
}

function modesOf(options: Arm64Options): readonly Mode[] | undefined {
  const modes = modesAsked(options);
  if (options.clearRange !== undefined && modes?.includes("clear") === false) {
    throw badInput("--clear-range", "enabling clears nothing", "--mode clear");
  }
  return modes;
}

function modesAsked({ g, mode, workload }: Arm64Options): readonly Mode[] | undefined {
  if (g === true && mode !== undefined && mode !== "enable") {
    throw badInput(`-g with --mode ${mode}`, "contradict each other", "-g, or --mode, not both");
  }
  if (workload === "clear" && mode === undefined) return ["clear"];
  if (mode === "both") return ["enable", "clear"];
  if (mode !== undefined) return [mode];
  return g === true ? ["enable"] : undefined;
}

function guestOf(options: Arm64Options, granule: Granule, backing: string, mode: Mode, chunk: string): Arm64Scenario {
  const { memory = "1G", memslots: slots = 1, thpCoverage = 1, seed } = options;
  const bytes = parseSize(memory, "--memory");
  const base = options.base === undefined ? DEFAULT_BASE : parseAddress(options.base, "--base");
  const pageBytes = legalChunks(granule)[0]!;
  if (bytes === 0 || bytes % (pageBytes * slots) !== 0) {
    throw badInput(
      `--memory ${memory}`,
      `cannot be cut into ${slots} memslot${slots === 1 ? "" : "s"} of whole pages`,
      `a multiple of ${formatSize(pageBytes * slots)}`,
    );
  }
  const ipaBits = options.ipaBits ?? Math.max(DEFAULT_IPA_BITS, Math.ceil(Math.log2(base + bytes)));
  if (ipaBits > MAX_IPA_BITS) {
    throw badInput(`--memory ${memory}`, "does not fit the IPA space", `memory that ends below 2^${MAX_IPA_BITS}`);
  }
  // Only hosts with LPA2 have such widths at 4K and 16K; the 64K granule has them without.
  const lpa2 = needsLpa2(granule, ipaBits);
  geometryOf(granule, ipaBits, lpa2);
  const slotBytes = bytes / slots;
  const memslots = Array.from(
    { length: slots },
    (_, slot): Memslot => ({
      base: formatAddress(base + slot * slotBytes),
      segments: segmentsFor(backing, slotBytes, granule, thpCoverage, seed + slot),
    }),
  );
  return {
    name: nameOf(options, granule, backing, bytes),
    granule,
    ipaBits,
    ...(lpa2 ? { lpa2 } : {}),
    memslots,
    dirtyLog: { mode, chunk },
  };
}

function nameOf(options: Arm64Options, granule: Granule, backing: string, bytes: number): string {
  const { memslots = 1, thpCoverage = 1, seed } = options;
  const parts = [backing, formatSize(bytes)];
  if (backing === "thp" && thpCoverage < 1) parts.push(`coverage${thpCoverage}-seed${seed}`);
  if (memslots > 1) parts.push(`x${memslots}`);
  if (granule !== "4K") parts.push(`granule${granule}`);
  if (options.base !== undefined) parts.push(`base${options.base}`);
  if (options.ipaBits !== undefined) parts.push(`ipa${options.ipaBits}`);
  return parts.join("-");
}
