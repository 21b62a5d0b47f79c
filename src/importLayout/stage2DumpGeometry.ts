import { badInput } from "../errors.js";
import {
  type Geometry,
  GRANULES,
  type Granule,
  geometryOf,
  MAX_IPA_BITS,
  MIN_IPA_BITS,
  needsLpa2,
  spanBytes,
} from "../guest/geometry.js";
import { nonEmpty } from "../lists.js";
import type { ImportNote } from "./layoutImport.js";
import type { DumpRange, DumpText, MappedRange } from "./stage2DumpText.js";

/** Bytes that one entry of a level covers. */
export function spanOf(granule: Granule, level: number): number {
  return spanBytes(geometryOf(granule, 48), level);
}

/**
 * Whether a range can come from a tree of this granule: whole entries of its level, blocks only
 * where there are any.
 */
function fits({ level, start, end }: MappedRange, granule: Granule): boolean {
  if (
    level < 3 &&
    !geometryOf(granule, 40)
      .blockLevels.concat(granule === "4K" ? [1] : [])
      .includes(level)
  )
    return false;
  const span = spanOf(granule, level);
  return start % span === 0 && end % span === 0;
}

/**
 * Tables without any valid entry inside a hole: KVM frees such tables, so many of them speak
 * against a granule.
 *
 * @param startLevel entries of this level are in the root, which is never freed
 */
export function emptyTables(range: DumpRange, granule: Granule, startLevel: number): number {
  if (range.kind !== "hole" || range.level === null || range.level <= startLevel) return 0;
  const above = spanOf(granule, range.level - 1);
  return Math.max(0, Math.floor(range.end / above) - Math.ceil(range.start / above));
}

/**
 * The granule of a dump: the one given, or the one whose tree could have printed it. Where several
 * could, the one that leaves the fewest empty tables, then the finest.
 *
 * @throws UserError where none, or not the one given, could have
 */
export function chooseGranule(
  dump: DumpText,
  known: { granule: Granule | undefined; ipaBits: number | undefined; levels: number | undefined },
  input: string,
  notes: ImportNote[],
): Granule {
  const mapped = dump.ranges.filter((range) => range.kind === "mapped");
  const misfit = (granule: Granule) => mapped.find((range) => !fits(range, granule));
  if (known.granule !== undefined) {
    const bad = misfit(known.granule);
    if (bad === undefined) return known.granule;
    throw badInput(
      `${input} line ${bad.line}`,
      `no level-${bad.level} entries of a ${known.granule} granule cover this range`,
      "another --granule",
    );
  }
  let candidates = GRANULES.filter((granule) => misfit(granule) === undefined);
  if (candidates.length === 0) {
    const bad = misfit("4K")!;
    throw badInput(
      `${input} line ${bad.line}`,
      `no granule has level-${bad.level} entries that cover this range`,
      "whole entries of its level",
    );
  }
  const { ipaBits, levels } = known;
  if (levels !== undefined) {
    const right = candidates.filter((granule) =>
      ipaBits === undefined ? widthsWith(granule, levels).length > 0 : levelsOf(granule, ipaBits) === levels,
    );
    if (right.length > 0) candidates = right;
  }
  const top = Math.min(...new Set(dump.ranges.map((range) => range.level ?? 3)));
  const oddity = (granule: Granule) => dump.ranges.reduce((sum, range) => sum + emptyTables(range, granule, top), 0);
  const fewest = Math.min(...candidates.map(oddity));
  candidates = candidates.filter((granule) => oddity(granule) === fewest);
  const [finest, ...coarser] = nonEmpty(candidates);
  const coarsest = coarser.at(-1);
  if (coarsest === undefined) {
    notes.push({ code: "granule-inferred", data: { granule: finest } });
    return finest;
  }
  // Of the granules that are left, all page borders are multiples of the largest. Chance makes that
  // unlikely with many borders. (Those of blocks are multiples of 2M.)
  const inside = new Set(mapped.flatMap((range) => [range.start, range.end]).filter((at) => at % 2 ** 21 !== 0));
  const chosen = inside.size >= 8 ? coarsest : finest;
  notes.push({ code: "granule-ambiguous", data: { granule: chosen, candidates } });
  return chosen;
}

/** The geometry of a host that has an IPA width: with LPA2 where the width needs it. */
export function hostGeometry(granule: Granule, ipaBits: number): Geometry {
  return geometryOf(granule, ipaBits, needsLpa2(granule, ipaBits));
}

function levelsOf(granule: Granule, ipaBits: number): number {
  return 4 - hostGeometry(granule, Math.max(MIN_IPA_BITS, Math.min(MAX_IPA_BITS, ipaBits))).startLevel;
}

const WIDTHS = Array.from({ length: MAX_IPA_BITS - MIN_IPA_BITS + 1 }, (_, i) => MIN_IPA_BITS + i);

function widthsWith(granule: Granule, levels: number): number[] {
  return WIDTHS.filter((bits) => levelsOf(granule, bits) === levels);
}

/**
 * The IPA width of a dump: given, printed (from 7.3 the last range ends where the space does), or
 * 40, KVM's default, where that agrees with the levels and holds what is mapped.
 *
 * @throws UserError where no width does
 */
export function chooseIpaBits(
  dump: DumpText,
  granule: Granule,
  given: number | undefined,
  levels: number | undefined,
  input: string,
  notes: ImportNote[],
): number {
  const mappedEnd = dump.ranges.findLast((range) => range.kind === "mapped")!.end;
  if (given !== undefined) {
    if (!WIDTHS.includes(given))
      throw badInput(`${input}: ipa_range ${given}`, "not an IPA width", `${MIN_IPA_BITS} to ${MAX_IPA_BITS}`);
    if (mappedEnd > 2 ** given)
      throw badInput(input, `memory is mapped beyond its ${given}-bit IPA space`, "an IPA width that holds it");
    const expected = levelsOf(granule, given);
    if (levels !== undefined && expected !== levels)
      notes.push({ code: "levels-disagree", data: { levels, expected, granule, ipaBits: given } });
    mustHoldBlocks(dump, granule, given, input);
    return given;
  }
  const last = dump.ranges.at(-1)!;
  const whole = Math.log2(last.end);
  // From 7.3 the last range is printed: it ends where the IPA space does.
  const printed = last.kind !== "mapped" && WIDTHS.includes(whole) ? whole : null;
  const fitting = (levels === undefined ? [] : widthsWith(granule, levels)).filter((bits) => mappedEnd <= 2 ** bits);
  const possible = fitting.length > 0 ? fitting : widthsHolding(mappedEnd);
  const taken =
    printed !== null && possible.includes(printed)
      ? printed
      : (possible.find((bits) => bits >= 40) ?? possible.at(-1)!);
  mustHoldBlocks(dump, granule, taken, input);
  notes.push({ code: "ipa-bits-assumed", data: { ipaBits: taken } });
  return taken;
}

function widthsHolding(end: number): number[] {
  return WIDTHS.filter((bits) => end <= 2 ** bits);
}

function mustHoldBlocks(dump: DumpText, granule: Granule, ipaBits: number, input: string): void {
  const { startLevel } = hostGeometry(granule, ipaBits);
  const above = dump.ranges.find((range) => range.kind === "mapped" && range.level < startLevel);
  if (above === undefined) return;
  throw badInput(
    `${input} line ${above.line}`,
    `a level-${above.level} block, but a ${ipaBits}-bit IPA space starts at level ${startLevel}`,
    "an IPA width whose walk starts higher",
  );
}
