import { badInput } from "../errors.js";
import { type Granule, needsLpa2 } from "../guest/geometry.js";
import { formatAddress, formatSize } from "../guest/sizes.js";
import {
  type DirtyLogChoice,
  dirtyLogOf,
  HOLE,
  type ImportNote,
  type LayoutImport,
  SegmentList,
} from "./layoutImport.js";
import { chooseGranule, chooseIpaBits, emptyTables, hostGeometry, spanOf } from "./stage2DumpGeometry.js";
import { type DumpRange, type DumpText, type MappedRange, readStage2Dump } from "./stage2DumpText.js";

export interface Stage2DumpOptions extends DirtyLogChoice {
  /** Given by the user; else inferred from levels and sizes. */
  readonly granule?: Granule | undefined;
  /** From `ipa_range` beside the dump, or the user. */
  readonly ipaBits?: number | undefined;
  /** From `stage2_levels` beside the dump. */
  readonly levels?: number | undefined;
  /**
   * Bytes. Empty or absent: one memslot for each island of mapped memory, which the scenario says.
   */
  readonly memslots?: readonly { readonly base: number; readonly bytes: number }[] | undefined;
  readonly name?: string | undefined;
}

/**
 * Turns a stage-2 dump of a real host into a scenario whose tree has the same leaves: level 3
 * pages, blocks, holes, and read-only leaves write-protected.
 *
 * A dump has no output addresses, no memslots and no dirty log; what was assumed for them is in the
 * notes.
 *
 * @throws UserError for text that is no such dump, or that no tree of one granule can give
 */
export function importStage2Dump(text: string, input: string, options: Stage2DumpOptions = {}): LayoutImport {
  const dump = readStage2Dump(text, input);
  const notes: ImportNote[] = dump.unread.map(({ line, text }) => ({ code: "line-not-read", data: { line, text } }));
  if (dump.unreadCount > dump.unread.length) {
    notes.push({ code: "more-lines-not-read", data: { lines: dump.unreadCount - dump.unread.length } });
  }
  const mapped = dump.ranges.filter((range) => range.kind === "mapped");
  if (mapped.length === 0)
    throw badInput(input, "nothing is mapped in this dump", "at least one range with attributes");

  const levels = options.levels ?? dump.levels ?? undefined;
  const ipaBits = options.ipaBits ?? dump.ipaBits ?? undefined;
  const granule = chooseGranule(dump, { granule: options.granule, ipaBits, levels }, input, notes);
  const width = chooseIpaBits(dump, granule, ipaBits, levels, input, notes);
  noteWhatIsNotThere(dump, granule, width, notes);

  const given = options.memslots ?? [];
  const memslots =
    given.length === 0 ? guessMemslots(mapped, notes) : checkMemslots(given, mapped, granule, width, notes);
  const assumed = given.length === 0 ? guessWords(memslots) : undefined;
  const known =
    "Leaves of a real host's stage-2 dump. Output addresses and the dirty log are not in a dump: they are the " +
    "simulator's.";
  const scenario = {
    name: options.name ?? "imported stage-2 dump",
    description: assumed === undefined ? known : `${known} Assumed: ${assumed}.`,
    ...(assumed === undefined ? {} : { assumed: [assumed] }),
    granule,
    ipaBits: width,
    ...(needsLpa2(granule, width) ? { lpa2: true } : {}),
    memslots: memslots.map((slot) => segmentsOf(slot, mapped, granule).memslot(slot.base)),
    dirtyLog: dirtyLogOf(granule, options),
  };
  const { mode, chunk } = scenario.dirtyLog;
  notes.push({ code: "dirty-log-chosen", data: { mode, chunk } });
  return { scenario, notes };
}

function noteWhatIsNotThere(dump: DumpText, granule: Granule, ipaBits: number, notes: ImportNote[]): void {
  if (!dump.header) notes.push({ code: "no-header", data: {} });
  const { startLevel } = hostGeometry(granule, ipaBits);
  let previous: DumpRange | undefined;
  const gaps: string[] = [];
  let empty = 0;
  let annotated = 0;
  let unreadable = 0;
  for (const range of dump.ranges) {
    if (previous !== undefined && range.start !== previous.end)
      gaps.push(`${formatAddress(previous.end)}-${formatAddress(range.start)}`);
    empty += emptyTables(range, granule, startLevel);
    if (range.kind === "annotated") annotated += range.end - range.start;
    if (range.kind === "mapped" && !range.readable) unreadable += range.end - range.start;
    previous = range;
  }
  const from = previous!.end;
  if (from < 2 ** ipaBits) {
    notes.push({ code: "last-range-missing", data: { from: formatAddress(from), to: formatAddress(2 ** ipaBits) } });
  }
  const [first] = gaps;
  if (first !== undefined) notes.push({ code: "gaps", data: { count: gaps.length, first } });
  if (empty > 0) notes.push({ code: "empty-tables", data: { tables: empty } });
  if (annotated > 0) notes.push({ code: "annotated-invalid", data: { bytes: annotated } });
  if (unreadable > 0) notes.push({ code: "mapped-without-read", data: { bytes: unreadable } });
  notes.push({ code: "no-output-addresses", data: {} });
}

interface Slot {
  readonly base: number;
  readonly bytes: number;
}

/**
 * Memory that two memslots would have apart: a hole of this many bytes or more is no part of
 * either.
 */
const ISLAND_GAP = 2 ** 30;
/** Memslots that a sentence names. */
const MAX_NAMED = 8;

/**
 * One memslot for each island: mapped memory with less than {@link ISLAND_GAP} between its parts. A
 * slot over the outer extent of all would hold the gaps too: the real test puts its program low and
 * its memory below the top, with 1 TiB between them that no walk of the kernel ever sees.
 */
function guessMemslots(mapped: readonly MappedRange[], notes: ImportNote[]): Slot[] {
  const islands: { base: number; bytes: number }[] = [];
  for (const { start, end } of mapped) {
    const last = islands.at(-1);
    if (last !== undefined && start - (last.base + last.bytes) < ISLAND_GAP) last.bytes = end - last.base;
    else islands.push({ base: start, bytes: end - start });
  }
  notes.push({ code: "memslots-guessed", data: { memslots: nameSlots(islands) } });
  return islands;
}

/** What a reader of figures must know of guessed memslots. */
function guessWords(slots: readonly Slot[]): string {
  return (
    `memslots guessed, ${nameSlots(slots).join(", ")}, one for each island of mapped memory, to its edges ` +
    "(import-layout --memslot BASE:SIZE corrects it)"
  );
}

function nameSlots(slots: readonly Slot[]): string[] {
  const named = slots.slice(0, MAX_NAMED).map(({ base, bytes }) => `${formatAddress(base)}:${formatSize(bytes)}`);
  return slots.length > MAX_NAMED ? [...named, `${slots.length - MAX_NAMED} more`] : named;
}

/**
 * The memslots given, in order.
 *
 * @throws UserError for one that no VM could have, or where nothing is mapped in any
 */
function checkMemslots(
  given: readonly Slot[],
  mapped: readonly MappedRange[],
  granule: Granule,
  ipaBits: number,
  notes: ImportNote[],
): readonly Slot[] {
  const page = spanOf(granule, 3);
  const slots = [...given].sort((a, b) => a.base - b.base);
  slots.forEach((slot, i) => {
    const name = `memslot ${formatAddress(slot.base)}:${formatSize(slot.bytes)}`;
    if (slot.bytes === 0 || slot.base % page !== 0 || slot.bytes % page !== 0)
      throw badInput(name, "not whole pages", `multiples of ${granule}`);
    if (slot.base + slot.bytes > 2 ** ipaBits) throw badInput(name, `beyond the ${ipaBits}-bit IPA space`);
    const next = slots[i + 1];
    if (next !== undefined && slot.base + slot.bytes > next.base)
      throw badInput(name, `overlaps memslot ${formatAddress(next.base)}`);
  });
  const inside = slots.reduce((sum, slot) => sum + mappedBytes(slot, mapped), 0);
  const all = mapped.reduce((sum, range) => sum + range.end - range.start, 0);
  if (inside === 0)
    throw badInput(
      "--memslot",
      "nothing is mapped in any of them",
      `memslots within ${nameSlots(guessMemslots(mapped, [])).join(", ")}`,
    );
  if (inside < all) notes.push({ code: "mapped-outside-memslots", data: { bytes: all - inside } });
  return slots;
}

function mappedBytes(slot: Slot, mapped: readonly MappedRange[]): number {
  const end = slot.base + slot.bytes;
  return mapped.reduce(
    (sum, range) => sum + Math.max(0, Math.min(end, range.end) - Math.max(slot.base, range.start)),
    0,
  );
}

function segmentsOf(slot: Slot, mapped: readonly MappedRange[], granule: Granule): SegmentList {
  const list = new SegmentList();
  const slotEnd = slot.base + slot.bytes;
  let at = slot.base;
  for (const range of mapped) {
    const start = Math.max(range.start, slot.base);
    const end = Math.min(range.end, slotEnd);
    if (start >= end) continue;
    const span = spanOf(granule, range.level);
    if (start % span !== 0 || end % span !== 0) {
      throw badInput(
        `memslot ${formatAddress(slot.base)}:${formatSize(slot.bytes)}`,
        `cuts a ${formatSize(span)} block of line ${range.line}, and KVM maps no block across the edge of a memslot`,
        "edges that the dump allows",
      );
    }
    if (start > at) list.add(HOLE, start - at);
    list.add(formatSize(span), end - start, !range.writable);
    at = end;
  }
  if (at < slotEnd) list.add(HOLE, slotEnd - at);
  return list;
}
