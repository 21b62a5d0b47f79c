import type { Arbitrary } from "fast-check";
import { formatSize, parseSize } from "../../guest/sizes.js";
import type { FastCheck } from "../contract.js";
import { type DrawnRun, runsIn } from "../search/drawnRuns.js";
import { shrunkBy } from "../search/simpler.js";
import { formatGfn, type GStageMode, geometryOf } from "./geometry.js";
import type { RiscvMemslot, RiscvScenario, RiscvSegment } from "./scenario.js";
import { simplerScenarios } from "./simpler.js";

/**
 * A segment before its address is known. `toBoundary` ends it at the next 2M boundary, `ragged`
 * adds pages behind blocks.
 */
interface Piece {
  readonly map: "4K" | "2M" | "1G" | "hole";
  readonly count: number;
  readonly toBoundary: boolean;
  readonly ragged: number;
  readonly writeProtected: boolean;
}

interface Slot {
  readonly gap: number;
  readonly pieces: readonly Piece[];
  readonly dirty: readonly DrawnRun[] | null;
}

interface Drawn {
  readonly gstage: GStageMode;
  readonly anchor: "gib" | "512g" | "top";
  readonly offset: number;
  readonly slots: readonly Slot[];
  readonly mode: "enable" | "clear";
  readonly eagerSplit: boolean;
  readonly resched: number;
  readonly after: "thp" | "hugetlb" | null;
}

const GIB_PAGES = 2 ** 18;

/**
 * Random guests: small, so that thousands are run in a minute, but rich in what the loops stumble
 * over: slots that begin a few pages off a 2M boundary, words of 64 pages across one, holes of
 * every level, slots that share a table, the top of the space, 1G leaves, partial masks, polls that
 * are often true, every mode of the G-stage.
 *
 * Shrinks by {@link simplerScenarios}, which knows what is simpler for a reader.
 */
export function randomLayouts(fc: FastCheck): Arbitrary<RiscvScenario> {
  return shrunkBy(fc, drawn(fc).map(scenarioFrom), simplerScenarios);
}

function drawn(fc: FastCheck): Arbitrary<Drawn> {
  const piece = fc.record<Piece>({
    map: fc.constantFrom("4K", "4K", "4K", "2M", "2M", "2M", "2M", "hole", "hole"),
    count: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
      { weight: 1, arbitrary: fc.integer({ min: 5, max: 40 }) },
    ),
    toBoundary: fc.boolean(),
    ragged: fc.constantFrom(0, 0, 0, 1, 16),
    writeProtected: fc.constantFrom(false, false, false, false, false, true),
  });
  const run = fc.record<DrawnRun>({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    unit: fc.constantFrom(1, 64, 512),
    offset: fc.constantFrom(0, 0, 1, -1, 2, -2, 63, -20),
    count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constantFrom(32, 64, 65, 1000)),
  });
  const runs = fc.array(run, { minLength: 1, maxLength: 4 });
  const slot = fc.record<Slot>({
    gap: fc.constantFrom(0, 0, 1, 3, 600),
    pieces: fc.array(piece, { minLength: 1, maxLength: 4 }),
    dirty: fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: runs }),
  });
  // Of a 1G leaf nearly always few pages are dirty: split whole it costs as much as a hundred small
  // layouts.
  const giant = fc.tuple(piece, runs, fc.constantFrom(0, 0, 16)).map(([before, dirty, head]): Slot[] => [
    {
      gap: 0,
      pieces: head === 0 ? [GIANT] : [{ ...before, map: "4K", count: head, toBoundary: false }, GIANT],
      dirty,
    },
  ]);
  return fc.record<Drawn>({
    gstage: fc.constantFrom("sv39x4", "sv39x4", "sv39x4", "sv48x4", "sv57x4"),
    anchor: fc.constantFrom("gib", "gib", "gib", "gib", "512g", "top"),
    offset: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.integer({ min: -64, max: -1 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 1, arbitrary: fc.integer({ min: -520, max: 520 }) },
    ),
    slots: fc.oneof(
      { weight: 12, arbitrary: fc.array(slot, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: giant },
    ),
    mode: fc.constantFrom("enable", "clear", "clear"),
    eagerSplit: fc.constantFrom(true, true, true, true, true, true, true, false),
    resched: fc.constantFrom(0, 0, 0, 0, 1, 2, 5, 9),
    after: fc.constantFrom(null, null, null, null, null, null, "thp", "hugetlb"),
  });
}

const GIANT: Piece = { map: "1G", count: 1, toBoundary: false, ragged: 0, writeProtected: false };

function scenarioFrom({ gstage, anchor, offset, slots, mode, eagerSplit, resched, after }: Drawn): RiscvScenario {
  const { endGfn } = geometryOf(gstage);
  const most = slots.reduce(
    (sum, slot) => sum + slot.gap + slot.pieces.reduce((n, piece) => n + maxPages(piece), 0),
    0,
  );
  const giant = slots.some(({ pieces }) => pieces.some(({ map }) => map === "1G"));
  const places = { gib: GIB_PAGES, "512g": 512 * GIB_PAGES, top: endGfn - most - 64 };
  // A 1G leaf comes about only where its memory is aligned.
  const first = slots[0]!.pieces[0]!;
  const moved = giant ? (first.map === "1G" ? 0 : -first.count) : offset;
  let at = Math.max(0, Math.min((giant ? places.gib : places[anchor]) + moved, endGfn - most));
  const memslots = slots.map((slot): RiscvMemslot => {
    at += slot.gap;
    const base = at;
    const segments = slot.pieces.map((piece): RiscvSegment => {
      const pages = lengthOf(piece, at);
      at += pages;
      const writeProtected = piece.writeProtected && piece.map !== "hole";
      return { map: piece.map, size: formatSize(pages * 4096), ...(writeProtected ? { writeProtected } : {}) };
    });
    const dirty = slot.dirty === null || mode === "enable" ? null : runsIn(slot.dirty, at - base, 512);
    return { base: formatGfn(base), segments, ...(dirty === null ? {} : { dirty: { runs: dirty } }) };
  });
  return {
    mmu: "riscv",
    gstage,
    memslots,
    dirtyLog: { mode, eagerSplit, ...(resched === 0 ? {} : { reschedEveryNPolls: resched }) },
    ...(after === null ? {} : { afterDisable: { backing: after, writes: [[0, Math.min(600, pagesIn(memslots))]] } }),
  };
}

function pagesIn(memslots: readonly RiscvMemslot[]): number {
  return memslots.flatMap(({ segments }) => segments).reduce((sum, { size }) => sum + parseSize(size) / 4096, 0);
}

/** Pages of a piece that begins at this frame. */
function lengthOf(piece: Piece, gfn: number): number {
  if (piece.map === "1G") return GIB_PAGES;
  if (piece.map === "2M") return Math.min(piece.count, 4) * 512 + piece.ragged;
  if (piece.toBoundary) return 512 - (gfn % 512) + piece.ragged;
  return piece.count;
}

function maxPages({ map, count }: Piece): number {
  return map === "1G" ? GIB_PAGES : 4 * 512 + 16 + count;
}
