import type { Arbitrary } from "fast-check";
import { type Granule, geometryOf, legalChunks } from "../../guest/geometry.js";
import { formatAddress, formatSize } from "../../guest/sizes.js";
import type { FastCheck } from "../contract.js";
import { WORD_PAGES } from "../dirtyRuns.js";
import { type DrawnRun, runsIn } from "../search/drawnRuns.js";
import { shrunkBy } from "../search/simpler.js";
import type { Arm64Scenario, Memslot, Segment } from "./scenario.js";
import { simplerScenarios } from "./simpler.js";

/**
 * A segment before its address is known. `toBoundary` ends it at the next block boundary, `ragged`
 * adds pages behind blocks.
 */
interface Piece {
  readonly kind: "page" | "block" | "giant" | "hole";
  readonly count: number;
  readonly inBlocks: boolean;
  readonly toBoundary: boolean;
  readonly ragged: number;
  readonly writeProtected: boolean;
}

interface Slot {
  readonly gap: number;
  readonly pieces: readonly Piece[];
  readonly dirty: readonly DrawnRun[] | null;
}

const IPA_BITS = [40, 40, 40, 40, 40, 32, 33, 36, 39, 42, 43, 44, 48];
const GIB = 2 ** 30;

/**
 * Random guests: small, so that thousands are run in a minute, but rich in what walkers stumble
 * over: segments that end a page before or behind a block boundary, bases off it, holes, slots that
 * share a table, seams between concatenated root tables, 1G blocks with a cache too short for them,
 * partial masks, write-protected memory, every granule and chunk, both modes.
 *
 * Shrinks by {@link simplerScenarios}, which knows what is simpler for a reader.
 */
export function randomLayouts(fc: FastCheck): Arbitrary<Arm64Scenario> {
  return shrunkBy(fc, layouts(fc), simplerScenarios);
}

function layouts(fc: FastCheck): Arbitrary<Arm64Scenario> {
  const piece = (kinds: Arbitrary<Piece["kind"]>) =>
    fc.record<Piece>({
      kind: kinds,
      count: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
        { weight: 1, arbitrary: fc.integer({ min: 5, max: 40 }) },
      ),
      inBlocks: fc.boolean(),
      toBoundary: fc.boolean(),
      ragged: fc.constantFrom(0, 0, 0, 1, 2),
      writeProtected: fc.constantFrom(false, false, false, false, false, true),
    });
  const common = fc.constantFrom<Piece["kind"]>("page", "page", "block", "block", "block", "hole");
  const run = fc.record<DrawnRun>({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    unit: fc.constantFrom(1, WORD_PAGES, 0),
    offset: fc.constantFrom(0, 0, 1, -1, 2, -2, 63),
    count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constantFrom(WORD_PAGES, WORD_PAGES + 1, 1000)),
  });
  const dirty = fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.array(run, { minLength: 1, maxLength: 3 }) },
  );
  const slots = fc.array(
    fc.record<Slot>({
      gap: fc.constantFrom(0, 0, 1, 3, 600),
      pieces: fc.array(piece(common), { minLength: 1, maxLength: 4 }),
      dirty,
    }),
    { minLength: 1, maxLength: 3 },
  );
  const place = fc.record({
    ipaBits: fc.constantFrom(...IPA_BITS),
    anchor: fc.constantFrom(...(["gib", "gib", "block", "seam"] as const)),
    // A few pages before a boundary, then blocks: where an address and an index drift apart.
    offset: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 4, arbitrary: fc.integer({ min: -4, max: -1 }) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 2, arbitrary: fc.integer({ min: -520, max: 520 }) },
    ),
  });
  const small = fc
    .record({
      granule: fc.constantFrom<Granule>("4K", "4K", "4K", "4K", "4K", "4K", "16K", "64K"),
      place,
      slots,
      mode: fc.constantFrom<"enable" | "clear">("enable", "enable", "clear"),
      chunk: fc.constantFrom(2, 2, 2, 2, 1, 1, 1, 0, 0, -1),
    })
    .map(({ granule, place: at, slots: wanted, mode, chunk }) => {
      const chunks = legalChunks(granule);
      return scenarioFrom(granule, at, wanted, mode, chunk < 0 ? 0 : chunks[Math.min(chunk, chunks.length - 1)]!);
    });
  // Pages up to a block boundary, then blocks, in one slot: the least that makes an address and an
  // index drift apart.
  const ledge = fc
    .record({
      pages: fc.integer({ min: 1, max: 5 }),
      asPages: fc.boolean(),
      block: piece(fc.constant("block")),
      after: fc.option(piece(common)),
      anchor: fc.constantFrom<Place["anchor"]>("gib", "block"),
      mode: fc.constantFrom<"enable" | "clear">("enable", "enable", "enable", "clear"),
      chunk: fc.constantFrom(2, 2, 2, 1),
    })
    .map(({ pages, asPages, block, after, anchor, mode, chunk }) => {
      const first: Piece = { ...block, kind: "page", count: pages, inBlocks: false, toBoundary: false, ragged: 0 };
      const pieces = [...(asPages ? [first] : []), block, ...(after === null ? [] : [after])];
      const wanted = [{ gap: 0, pieces, dirty: null }];
      return scenarioFrom("4K", { ipaBits: 40, anchor, offset: -pages }, wanted, mode, legalChunks("4K")[chunk]!);
    });
  // Nearly always with few dirty pages: a 1G block that is split whole costs as much as a hundred
  // small layouts.
  const giant = fc
    .record({
      before: fc.option(piece(common)),
      after: fc.option(piece(common)),
      giant: piece(fc.constant("giant")),
      runs: fc.array(run, { minLength: 1, maxLength: 3 }),
      work: fc.constantFrom("partial", "partial", "partial", "partial", "partial", "partial", "partial", "enable"),
      chunk: fc.constantFrom(0, 1, 1, 1, 1, 1, 1, 2),
    })
    .map(({ before, after, giant: block, runs, work, chunk }) => {
      const pieces = [before, { ...block, count: 1, ragged: 0 }, after].filter((part) => part !== null);
      const mode = work === "enable" ? "enable" : "clear";
      const wanted = [{ gap: 0, pieces, dirty: work === "partial" ? runs : null }];
      return scenarioFrom("4K", { ipaBits: 40, anchor: "gib", offset: 0 }, wanted, mode, legalChunks("4K")[chunk]!);
    });
  return fc.oneof({ weight: 16, arbitrary: small }, { weight: 2, arbitrary: ledge }, { weight: 2, arbitrary: giant });
}

interface Place {
  readonly ipaBits: number;
  readonly anchor: "gib" | "block" | "seam";
  readonly offset: number;
}

function scenarioFrom(
  granule: Granule,
  place: Place,
  slots: readonly Slot[],
  mode: "enable" | "clear",
  chunk: number,
): Arm64Scenario {
  // Blocks of 64K pages are 512M: 32 bits hold too few of them.
  const ipaBits = granule === "64K" ? Math.max(36, place.ipaBits) : place.ipaBits;
  const geometry = geometryOf(granule, ipaBits);
  const { pageBytes, entries } = geometry;
  const total = slots.reduce((sum, slot) => sum + slot.gap + maxPages(slot.pieces, entries), 0);
  const rootSpan = geometry.spanPages[geometry.startLevel]! * entries;
  const seam = geometry.pgdPages > 1 ? rootSpan : GIB / pageBytes;
  const anchor =
    place.anchor === "seam" ? seam : place.anchor === "block" ? GIB / pageBytes + 3 * entries : GIB / pageBytes;
  const giantBefore = slots[0]!.pieces.findIndex(({ kind }) => kind === "giant");
  let at = Math.max(0, Math.min(anchor + place.offset, geometry.endGfn - total));
  if (giantBefore > 0) at = GIB / pageBytes - lengthOf(slots[0]!.pieces[0]!, 0, entries);
  const memslots: Memslot[] = slots.map((slot) => {
    at += slot.gap;
    const base = at;
    const segments: Segment[] = slot.pieces.map((piece) => {
      const pages = lengthOf(piece, at, entries);
      at += pages;
      return {
        map: mapOf(piece, granule),
        size: formatSize(pages * pageBytes),
        ...(piece.writeProtected && piece.kind !== "hole" ? { writeProtected: true } : {}),
      };
    });
    const dirty = slot.dirty === null || mode === "enable" ? null : runsIn(slot.dirty, at - base, entries);
    return { base: formatAddress(base * pageBytes), segments, ...(dirty === null ? {} : { dirty: { runs: dirty } }) };
  });
  return { granule, ipaBits, memslots, dirtyLog: { mode, chunk: chunk === 0 ? 0 : formatSize(chunk) } };
}

function mapOf(piece: Piece, granule: Granule): string {
  const [page, block, giant] = legalChunks(granule);
  if (piece.kind === "hole") return "hole";
  if (piece.kind === "giant") return formatSize(giant ?? block!);
  return formatSize(piece.kind === "block" ? block! : page!);
}

/** Pages of a piece that begins at this frame. */
function lengthOf(piece: Piece, gfn: number, entries: number): number {
  if (piece.kind === "giant") return entries * entries;
  if (piece.kind === "block") return Math.min(piece.count, 4) * entries + piece.ragged;
  if (piece.toBoundary) return entries - (gfn % entries) + piece.ragged;
  return piece.inBlocks ? Math.min(piece.count, 2) * entries - piece.ragged : piece.count;
}

function maxPages(pieces: readonly Piece[], entries: number): number {
  return pieces.reduce((sum, piece) => sum + (piece.kind === "giant" ? entries * entries : 4 * entries + 42), 0);
}
