import type { Segment } from "../../guest/segment.js";
import { formatSize, parseSize } from "../../guest/sizes.js";
import type { DirtyBitmap, Memslot } from "../memslots.js";

/** Runs of pages `[first, count]`. */
type Runs = readonly (readonly [number, number])[];

/** What memslots of an MMU are measured in. */
export interface SlotUnits {
  readonly pageBytes: number;
  /** Pages of the smallest block. */
  readonly blockPages: number;
  /** Mapping sizes, the simplest first. */
  readonly maps: readonly string[];
  /** The frame of a base, and the base of a frame. */
  gfnOf(base: string): number;
  baseOf(gfn: number): string;
}

/** First frame where guests usually begin: the simplest base. */
export function homeOf({ pageBytes }: SlotUnits): number {
  return 2 ** 30 / pageBytes;
}

/**
 * Dirty runs as a reader sees them. Words count as one that is longer than any: a mask of single
 * bits is no simple thing to read.
 */
export function runsOf(slots: readonly Memslot[]): Runs {
  return slots.flatMap(({ dirty }) => (dirty === undefined ? [] : "runs" in dirty ? dirty.runs : [[0, 2 ** 40]]));
}

/** Fewer memslots, then simpler ones, one at a time. */
export function* simplerSlots(slots: readonly Memslot[], units: SlotUnits): Generator<readonly Memslot[]> {
  if (slots.length > 1) {
    for (const slot of slots) yield [slot];
    for (const slot of slots) yield slots.filter((other) => other !== slot);
  }
  for (const [index, slot] of slots.entries()) {
    for (const simpler of simplerSlot(slot, units)) yield slots.with(index, simpler);
  }
}

/** All slots moved together, to the usual base or to the same place within a smaller alignment. */
export function* nearerHome(slots: readonly Memslot[], units: SlotUnits): Generator<readonly Memslot[]> {
  const home = homeOf(units);
  const lowest = Math.min(...slots.map(({ base }) => units.gfnOf(base)));
  for (const target of [home, home + (lowest % units.blockPages), home + (lowest % home), lowest - 1, lowest + 1]) {
    yield slots.map((slot) => ({
      ...slot,
      base: units.baseOf(Math.max(0, units.gfnOf(slot.base) + target - lowest)),
    }));
  }
}

function* simplerSlot(slot: Memslot, units: SlotUnits): Generator<Memslot> {
  const { segments } = slot;
  const { pageBytes } = units;
  const base = units.gfnOf(slot.base);
  const withSegments = (changed: readonly Segment[], movedBytes = 0): Memslot => ({
    ...slot,
    base: units.baseOf(base + movedBytes / pageBytes),
    segments: changed,
    ...(slot.dirty === undefined ? {} : { dirty: dirtyWithin(slot.dirty, changed, pageBytes) }),
  });
  for (const [index, segment] of segments.entries()) {
    if (segments.length === 1) break;
    const rest = segments.filter((_, i) => i !== index);
    // Without a first segment the others keep their addresses; then those before keep theirs.
    if (index === 0) yield withSegments(rest, parseSize(segment.size));
    yield withSegments(rest);
  }
  for (const joined of joinedSegments(segments)) yield withSegments(joined);
  for (const [index, segment] of segments.entries()) {
    for (const bytes of smallerSizes(segment, pageBytes)) {
      const changed = segments.with(index, { ...segment, size: formatSize(bytes) });
      yield withSegments(changed);
      if (index === 0) yield withSegments(changed, parseSize(segment.size) - bytes);
    }
    const { writeProtected: _, ...writable } = segment;
    if (segment.writeProtected === true) yield withSegments(segments.with(index, writable));
    for (const map of units.maps) yield withSegments(segments.with(index, { ...segment, map }));
  }
  for (const dirty of simplerDirty(slot.dirty)) {
    const { dirty: _, ...all } = slot;
    yield dirty === undefined ? all : { ...slot, dirty };
  }
}

/** Two neighbours as one segment, mapped as either. */
function* joinedSegments(segments: readonly Segment[]): Generator<readonly Segment[]> {
  let before: Segment | undefined;
  for (const [index, segment] of segments.entries()) {
    if (before !== undefined) {
      const size = formatSize(parseSize(before.size) + parseSize(segment.size));
      for (const { map } of [before, segment]) yield segments.toSpliced(index - 1, 2, { ...segment, map, size });
    }
    before = segment;
  }
}

/**
 * Less of a segment: one unit of its mapping size, then ever smaller steps down, in units and in
 * pages.
 */
function* smallerSizes(segment: Segment, pageBytes: number): Generator<number> {
  const size = parseSize(segment.size);
  const map = segment.map === "hole" ? pageBytes : parseSize(segment.map);
  for (const unit of new Set([map, pageBytes])) {
    const units = Math.floor(size / unit);
    if (units * unit < size && units > 0) yield units * unit;
    for (let less = units - 1; less >= 1; less = Math.floor(less / 2)) yield size - less * unit;
  }
}

/** Undefined is all pages. */
function* simplerDirty(dirty: DirtyBitmap | undefined): Generator<DirtyBitmap | undefined> {
  if (dirty === undefined) return;
  yield undefined;
  if (!("runs" in dirty)) return;
  for (const runs of simplerRuns(dirty.runs)) yield { runs };
}

function* simplerRuns(runs: Runs): Generator<Runs> {
  for (const run of runs) if (runs.length > 1) yield [run];
  for (const run of runs) if (runs.length > 1) yield runs.filter((other) => other !== run);
  for (const [index, [first, count]] of runs.entries()) {
    if (count > 1) yield runs.with(index, [first, 1]);
    for (const run of shorterRuns([first, count])) yield runs.with(index, run);
  }
}

/**
 * A run that ends earlier or begins later, then one that lies nearer to page 0, by ever smaller
 * steps.
 */
export function* shorterRuns([first, count]: readonly [number, number]): Generator<readonly [number, number]> {
  for (let less = count - 1; less >= 1; less = Math.floor(less / 2)) {
    yield [first, count - less];
    yield [first + less, count - less];
  }
  for (let less = first; less >= 1; less = Math.floor(less / 2)) yield [first - less, count];
}

/** The runs that still lie in the slot. */
function dirtyWithin(dirty: DirtyBitmap, segments: readonly Segment[], pageBytes: number): DirtyBitmap {
  if (!("runs" in dirty)) return dirty;
  const pages = segments.reduce((sum, { size }) => sum + parseSize(size), 0) / pageBytes;
  const runs = dirty.runs
    .filter(([first]) => first < pages)
    .map(([first, count]): [number, number] => [first, Math.min(count, pages - first)]);
  return { runs: runs.length === 0 ? [[0, 1]] : runs };
}
