import { badInput, clip } from "../../errors.js";
import { type Granule, geometryOf, legalChunks, MAX_IPA_BITS, needsLpa2 } from "../../guest/geometry.js";
import { formatSize } from "../../guest/sizes.js";
import {
  backingsAsked,
  type DirtyLogMode,
  evenMemslots,
  guestName,
  memoryOf,
  memslotsFor,
  modesAsked,
} from "../memslots.js";
import type { Arm64Options } from "./about.js";
import { type Arm64Scenario, CLEAR_RANGES, DSB_PLACEMENTS, type VariantSpec } from "./scenario.js";

const DEFAULT_IPA_BITS = 40;

/**
 * The default guests that options ask for: each backing, mode and chunk.
 *
 * @param single whether to take one backing where none is named: 1G blocks, of which there is most
 *   to tell
 * @throws UserError for options that contradict each other or make no guest
 */
export function arm64Guests(options: Arm64Options, single: boolean): Arm64Scenario[] {
  const granule = options.granule ?? "4K";
  const modes = modesOf(options) ?? [options.clearRange === undefined ? "enable" : "clear"];
  const chunks = options.chunk ?? [formatSize(legalChunks(granule).at(-1)!)];
  return backingsAsked(options, single).flatMap((backing) =>
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
  const { clearRange, ...dirtyLog } = scenario.dirtyLog;
  // A file's own proposal is not set against Linux.
  const asked = dirtyLog.bbm === undefined ? options : { ...options, bbm: undefined };
  return (modesOf(options) ?? [scenario.dirtyLog.mode]).flatMap((mode) =>
    (options.chunk ?? [scenario.dirtyLog.chunk]).flatMap((chunk) =>
      variantsOf(asked, mode).map((variant) => ({
        ...scenario,
        memslots: memslotsFor(mode, scenario.memslots),
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

/**
 * Every combination of processors and proposals asked for; with `--bbm 2` each also with
 * break-before-make, to be set against it.
 */
function variantsOf(options: Arm64Options, mode: DirtyLogMode): VariantSpec[] {
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

function modesOf(options: Arm64Options): readonly DirtyLogMode[] | undefined {
  const modes = modesAsked(options);
  if (options.clearRange !== undefined && modes?.includes("clear") === false) {
    throw badInput("--clear-range", "enabling clears nothing", "--mode clear");
  }
  return modes;
}

function guestOf(
  options: Arm64Options,
  granule: Granule,
  backing: string,
  mode: DirtyLogMode,
  chunk: string,
): Arm64Scenario {
  const memory = memoryOf(options, legalChunks(granule)[0]!);
  const end = memory.base + memory.bytes;
  const ipaBits = options.ipaBits ?? Math.max(DEFAULT_IPA_BITS, Math.ceil(Math.log2(end)));
  if (ipaBits > MAX_IPA_BITS) {
    const expected = `memory that ends below 2^${MAX_IPA_BITS}`;
    throw badInput(memory.input, "does not fit the IPA space", expected);
  }
  // Only hosts with LPA2 have such widths at 4K and 16K; the 64K granule has them without.
  const lpa2 = needsLpa2(granule, ipaBits);
  geometryOf(granule, ipaBits, lpa2);
  const name = guestName(options, backing, memory.bytes, granule === "4K" ? [] : [`granule${granule}`]);
  return {
    name: options.ipaBits === undefined ? name : `${name}-ipa${ipaBits}`,
    granule,
    ipaBits,
    ...(lpa2 ? { lpa2 } : {}),
    memslots: evenMemslots(options, memory, backing, granule),
    dirtyLog: { mode, chunk },
  };
}
