import { badInput, UserError } from "../errors.js";
import { Fields, nameOf } from "../files/fields.js";
import type { Segment } from "../guest/segment.js";
import type { DirtyBitmap, DirtyLogMode, Memslot } from "./memslots.js";

/**
 * Bounds that no real guest comes near: they keep a hostile file from costing more than its
 * reading.
 */
const MAX_SLOTS = 32_764;
const MAX_SEGMENTS = 4_000_000;

/** Runs of pages `[first, count]`. @throws UserError naming the run that is none */
export function parseRuns(fields: Fields, name: string): (readonly [number, number])[] {
  return fields.array(name, 0, MAX_SEGMENTS).map((run, i): [number, number] => {
    if (!Array.isArray(run) || run.length !== 2 || !run.every((n) => Number.isSafeInteger(n))) {
      throw badInput(`${fields.at(name)}[${i}]`, "not a run", "[first page, number of pages]");
    }
    return [run[0] as number, run[1] as number];
  });
}

/**
 * The form of a scenario's memslots; whether such memory can be is for the MMU's layout to say.
 *
 * @throws UserError naming the field and what was expected
 */
export function parseSlots(fields: Fields, mode: DirtyLogMode): readonly Memslot[] {
  const path = fields.at("memslots");
  const memslots = fields.array("memslots", 1, MAX_SLOTS).map((slot, i) => parseSlot(slot, `${path}[${i}]`));
  const masked = mode === "enable" ? memslots.findIndex(({ dirty }) => dirty !== undefined) : -1;
  if (masked >= 0)
    throw badInput(`${path}[${masked}].dirty`, "enabling knows no dirty bitmap", 'it only with dirtyLog.mode "clear"');
  return memslots;
}

/** Lays a scenario out that was read from `input`, which messages about its memory then name. */
export function laidOut<T>(input: string, layout: () => T): T {
  try {
    return layout();
  } catch (error) {
    if (error instanceof UserError && input !== "") error.message = `${input}: ${error.message}`;
    throw error;
  }
}

function parseSlot(value: unknown, path: string): Memslot {
  const fields = Fields.of(value, path, ["base", "segments", "dirty"]);
  const segments = fields.array("segments", 1, MAX_SEGMENTS);
  return {
    base: fields.string("base"),
    segments: segments.map((segment, i) => parseSegment(segment, `${path}.segments[${i}]`)),
    ...(fields.has("dirty") ? { dirty: parseDirty(fields.raw("dirty"), fields.at("dirty")) } : {}),
  };
}

function parseSegment(value: unknown, path: string): Segment {
  const fields = Fields.of(value, path, ["map", "size", "writeProtected"]);
  return {
    map: fields.string("map"),
    size: fields.string("size"),
    ...(fields.has("writeProtected") ? { writeProtected: fields.boolean("writeProtected") } : {}),
  };
}

function parseDirty(value: unknown, path: string): DirtyBitmap {
  const fields = Fields.of(value, path, ["runs", "words"]);
  if (fields.has("runs") === fields.has("words"))
    throw badInput(path, "has both or neither of runs and words", "one of them");
  if (!fields.has("words")) return { runs: parseRuns(fields, "runs") };
  const words = fields.array("words", 0, MAX_SEGMENTS);
  const wrong = words.findIndex((word) => typeof word !== "string");
  if (wrong >= 0) throw badInput(`${path}.words[${wrong}]`, `is ${nameOf(words[wrong])}`, "a hexadecimal string");
  return { words: words as string[] };
}

/**
 * A sentence on dirty pages past the end of their slot, for stderr; `input` is the part of the
 * input that has them.
 */
export function pastEndNote(input: string, pages: number): string {
  const one = pages === 1;
  return (
    `${input}: ${pages} dirty ${one ? "page lies" : "pages lie"} past the slot's end and ${one ? "does" : "do"} ` +
    "nothing, as in the kernel"
  );
}

/**
 * Sentences on runs of dirty pages that share some: taken, since a bitmap has each page once, but
 * hardly meant.
 */
export function overlapNotes(memslots: readonly Memslot[]): string[] {
  return memslots.flatMap(({ dirty }, slot) => {
    if (dirty === undefined || !("runs" in dirty)) return [];
    const runs = dirty.runs.toSorted((a, b) => a[0] - b[0]);
    let end = 0;
    let shared = 0;
    for (const [first, pages] of runs) {
      shared += Math.max(0, Math.min(end, first + pages) - first);
      end = Math.max(end, first + pages);
    }
    if (shared === 0) return [];
    return [
      `memslots[${slot}].dirty: runs overlap, in ${shared} page${shared === 1 ? "" : "s"}; each page is dirty once`,
    ];
  });
}
