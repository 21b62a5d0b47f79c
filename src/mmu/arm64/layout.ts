import { badInput } from "../../errors.js";
import {
  type Geometry,
  type Granule,
  geometryOf,
  legalChunks,
  levelOfMap,
  PAGE_LEVEL,
  splitCacheCapacity,
} from "../../guest/geometry.js";
import { formatSize, parseAddress, parseSize } from "../../guest/sizes.js";
import { type DirtyLogMode, refuseOverlaps } from "../memslots.js";
import { pastEndNote } from "../slotFields.js";
import { type GuestSpace, type SegmentLayout, type SlotLayout, slotLayout } from "../slotLayout.js";
import { DEFAULT_OUTPUT_OFFSET, LeafFormat } from "./leafFormat.js";
import { type CpuFeatures, DEFAULT_CPU } from "./maintenance.js";
import {
  type Arm64Scenario,
  CLEAR_RANGE_PAGES,
  type ClearRange,
  type DsbPlacement,
  type VariantSpec,
} from "./scenario.js";

export type { SegmentLayout, SlotLayout };

/** A scenario resolved into frames, checked: what the model works on. */
export interface Layout {
  readonly geometry: Geometry;
  /** How leaves hold their output addresses. */
  readonly leaf: LeafFormat;
  readonly slots: readonly SlotLayout[];
  readonly mode: DirtyLogMode;
  /** 0 is off. */
  readonly chunkPages: number;
  /** Pages that the split cache must hold before a chunk. */
  readonly cacheCapacity: number;
  /**
   * 2: eager splitting replaces a block by its table in one store (a proposal, see
   * {@link DirtyLogSpec.bbm}).
   */
  readonly bbm?: 2 | undefined;
  readonly cpu: CpuFeatures;
  /** Where the barrier of a split stands. */
  readonly dsb: DsbPlacement;
  /**
   * Pages of a range that several words make when the log is cleared, at most; 0: each word is a
   * range.
   */
  readonly clearLimitPages: number;
  /** What the user should know of the input, although it is taken. */
  readonly notes: readonly LayoutNote[];
}

/** `dirty-past-end`: so many dirty pages lie past the end of their slot, where they do nothing. */
export interface LayoutNote {
  readonly code: "dirty-past-end";
  /** Which part of the input: "memslots[0].dirty". */
  readonly input: string;
  readonly pages: number;
}

/** A note in words, for stderr. */
export function noteText({ input, pages }: LayoutNote): string {
  return pastEndNote(input, pages);
}

/** {@link SegmentLayout.level} of a hole. */
export const HOLE = 4;

/**
 * Checks a scenario and turns it into frames.
 *
 * @throws UserError for a chunk or mapping that the granule does not have, slots that overlap or
 * lie beyond the IPA width, sizes that are no whole number of pages
 */
export function layoutOf(scenario: Arm64Scenario): Layout {
  const geometry = geometryOf(scenario.granule, scenario.ipaBits, scenario.lpa2);
  const chunkBytes = chunkOf(scenario.granule, scenario.dirtyLog.chunk, "dirtyLog.chunk");
  const notes: LayoutNote[] = [];
  const slots = scenario.memslots.map((slot, index) =>
    slotLayout(slot, `memslots[${index}]`, spaceOf(geometry), HOLE, (input, pages) =>
      notes.push({ code: "dirty-past-end", input, pages }),
    ),
  );
  refuseOverlaps(slots);
  return {
    geometry,
    leaf: new LeafFormat(geometry, outputOffsetOf(scenario, geometry, slots)),
    slots,
    mode: scenario.dirtyLog.mode,
    chunkPages: chunkBytes / geometry.pageBytes,
    cacheCapacity: splitCacheCapacity(scenario.granule, chunkBytes),
    ...variantOf(scenario.dirtyLog, chunkBytes / geometry.pageBytes),
    notes,
  };
}

/** The variant of Linux 7.3, or the proposals, that a scenario or flow asks for. */
export function variantOf(
  asked: VariantSpec,
  chunkPages: number,
): Pick<Layout, "bbm" | "cpu" | "dsb" | "clearLimitPages"> {
  const limits: Readonly<Record<ClearRange, number>> = {
    word: 0,
    "2M": CLEAR_RANGE_PAGES,
    chunk: chunkPages,
    ioctl: Number.POSITIVE_INFINITY,
  };
  return {
    bbm: asked.bbm,
    cpu: { ...DEFAULT_CPU, nvhe: asked.nvhe ?? DEFAULT_CPU.nvhe, tlbiRange: asked.tlbiRange ?? DEFAULT_CPU.tlbiRange },
    dsb: asked.dsb ?? "per-call",
    clearLimitPages: limits[asked.clearRange ?? "word"],
  };
}

/** Checked: with another offset a block would map memory that no block can map. */
function outputOffsetOf(scenario: Arm64Scenario, geometry: Geometry, slots: readonly SlotLayout[]): number {
  if (scenario.outputOffset === undefined) return DEFAULT_OUTPUT_OFFSET;
  const offset = parseAddress(scenario.outputOffset, "outputOffset");
  const levels = slots.flatMap(({ segments }) => segments.map(({ level }) => (level === HOLE ? PAGE_LEVEL : level)));
  const bytes = geometry.spanPages[Math.min(...levels)]! * geometry.pageBytes;
  if (offset % bytes !== 0 || offset >= 2 ** 52) {
    const expected = `a multiple of ${formatSize(bytes)} below 2^52`;
    throw badInput(`outputOffset ${scenario.outputOffset}`, "no offset of output addresses", expected);
  }
  return offset;
}

/** Where a guest of arm64 may lie. */
export function spaceOf({ granule, ipaBits, pageBytes, endGfn }: Geometry): GuestSpace {
  return {
    pageBytes,
    endGfn,
    words: `the ${ipaBits}-bit IPA space`,
    wider: "more IPA bits",
    gfnOf: (text, input) => {
      const address = parseAddress(text, input);
      if (address % pageBytes === 0) return address / pageBytes;
      throw badInput(`${input} ${text}`, "not page-aligned", `a multiple of ${granule}`);
    },
    levelOf: (map, input) => levelOfMap(granule, parseSize(map, input), `${input} "${map}"`),
  };
}

/** A chunk in bytes. @throws UserError for one that the granule does not have */
export function chunkOf(granule: Granule, chunk: string | number, input: string): number {
  const bytes = parseSize(chunk, input);
  const chunks = legalChunks(granule);
  if (bytes === 0 || chunks.includes(bytes)) return bytes;
  const sizes = ["0 (off)", ...chunks.map(formatSize)];
  const expected = `${sizes.slice(0, -1).join(", ")} or ${sizes.at(-1)}`;
  throw badInput(`chunk "${chunk}"`, `the ${granule} granule has no such chunk size`, expected);
}
