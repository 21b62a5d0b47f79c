import { badInput } from "../../errors.js";
import {
  type Geometry,
  geometryOf,
  legalChunks,
  levelOfMap,
  PAGE_LEVEL,
  splitCacheCapacity,
} from "../../guest/geometry.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "../../guest/sizes.js";
import { dirtyRuns } from "../dirtyRuns.js";
import { type DirtyLogMode, refuseOverlaps } from "../memslots.js";
import { pastEndNote } from "../slotFields.js";
import type { SegmentLayout, SlotLayout } from "../slotLayout.js";
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
  /** 2: eager splitting replaces a block by its table in one store (a proposal, see {@link DirtyLogSpec.bbm}). */
  readonly bbm?: 2 | undefined;
  readonly cpu: CpuFeatures;
  /** Where the barrier of a split stands. */
  readonly dsb: DsbPlacement;
  /** Pages of a range that several words make when the log is cleared, at most; 0: each word is a range. */
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
 * @throws UserError for a chunk or mapping that the granule does not have, slots that overlap or lie beyond the IPA width,
 * sizes that are no whole number of pages
 */
export function layoutOf(scenario: Arm64Scenario): Layout {
  const geometry = geometryOf(scenario.granule, scenario.ipaBits, scenario.lpa2);
  const chunkBytes = parseSize(scenario.dirtyLog.chunk, "dirtyLog.chunk");
  const chunks = legalChunks(scenario.granule);
  if (chunkBytes !== 0 && !chunks.includes(chunkBytes)) {
    throw badInput(
      `chunk "${scenario.dirtyLog.chunk}"`,
      `the ${scenario.granule} granule has no such chunk size`,
      `0 (off), ${orList(chunks.map(formatSize))}`,
    );
  }
  const notes: LayoutNote[] = [];
  const slots = scenario.memslots.map((slot, index) => slotLayout(scenario, geometry, index, slot, notes));
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

function slotLayout(
  scenario: Arm64Scenario,
  geometry: Geometry,
  index: number,
  slot: Arm64Scenario["memslots"][number],
  notes: LayoutNote[],
): SlotLayout {
  const name = `memslots[${index}]`;
  const base = parseAddress(slot.base, `${name}.base`);
  if (base % geometry.pageBytes !== 0) {
    throw badInput(`${name}.base ${slot.base}`, "not page-aligned", `a multiple of ${scenario.granule}`);
  }
  const segments: SegmentLayout[] = [];
  let at = base / geometry.pageBytes;
  for (const [i, segment] of slot.segments.entries()) {
    const path = `${name}.segments[${i}]`;
    const bytes = parseSize(segment.size, `${path}.size`);
    if (bytes === 0 || bytes % geometry.pageBytes !== 0) {
      throw badInput(
        `${path}.size "${segment.size}"`,
        "not a whole number of pages",
        `a multiple of ${scenario.granule}, at least one`,
      );
    }
    const level =
      segment.map === "hole"
        ? HOLE
        : levelOfMap(scenario.granule, parseSize(segment.map, `${path}.map`), `${path}.map "${segment.map}"`);
    const end = at + bytes / geometry.pageBytes;
    if (end > geometry.endGfn) {
      throw badInput(
        path,
        `ends at ${formatAddress(end * geometry.pageBytes)}, beyond the ${geometry.ipaBits}-bit IPA space`,
        `memory below ${formatAddress(geometry.endGfn * geometry.pageBytes)}, or more IPA bits`,
      );
    }
    segments.push({ startGfn: at, endGfn: end, level, writeProtected: segment.writeProtected === true });
    at = end;
  }
  const startGfn = base / geometry.pageBytes;
  if (at === startGfn) throw badInput(name, "has no segments", "at least one segment");
  if (slot.dirty === undefined) return { startGfn, endGfn: at, segments, dirty: null };
  const { runs, pagesPastEnd } = dirtyRuns(slot.dirty, at - startGfn, `${name}.dirty`, wordOf);
  if (pagesPastEnd > 0) notes.push({ code: "dirty-past-end", input: `${name}.dirty`, pages: pagesPastEnd });
  return { startGfn, endGfn: at, segments, dirty: runs };
}

function wordOf(word: string, which: string): bigint {
  if (/^0x[0-9a-f]{1,16}$/i.test(word)) return BigInt(word);
  throw badInput(`${which} "${word}"`, "not a 64-bit word", "hexadecimal with 0x, at most 16 digits");
}

function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
