import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatAddress, formatSize } from "../../guest/sizes.js";
import type { TraceWords } from "../contract.js";
import { type DescriptorKind, descriptorHex, kindOf, MARK_HI, S2AP_WRITE } from "./descriptor.js";
import type { Arm64TraceEvent, BreakEvent, EntryEvent, NestedEvent, WalkEvent } from "./trace.js";
import { FRESH_PAGES, FRESH_TABLE, NOT_FRESH, SKIP_SIBLINGS, WALK_PAGE, WALK_SKIP_LEVEL0 } from "./walkRules.js";

const ACCESS_FLAG = 1 << 10;

/** Why a walk did what it did at an entry. */
export type TraceReason =
  /** No table: the walk steps to the end of the entry. */
  | "leaf"
  /** A table, and nothing keeps the walk out. */
  | "table"
  /** The rules go no deeper than this level. */
  | "max-level"
  /** The walk does not ask for pages, and below are only pages. */
  | "pages-not-asked"
  /** The flags leave out the level below. */
  | "skip-level"
  /** The strategy said no: the mark says that no block is below. */
  | "marked"
  /** The strategy said no to a table that this visit made. */
  | "new-table"
  /** The strategy said no. */
  | "declined"
  /** The visitor returned SKIP_CHILDREN or SKIP_SIBLINGS. */
  | "visitor-skips"
  /** The visitor returned an error. */
  | "error";

/** How the steps of arm64's walks read. */
export const arm64TraceWords: TraceWords<Arm64TraceEvent> = {
  text: (e) => {
    if (e.event === "walk") return `${walkFold(e)}: ${address(e, e.startGfn)} to ${address(e, e.endGfn)}`;
    if (e.event === "break") return breakText(e);
    const ipa = address(e, e.gfn);
    if (e.phase === "nested") return `level ${e.level} [${e.index}] ${ipa} ${nestedRest(e)}`;
    const target = isLeaf(e) ? ` -> ${formatAddress(e.on.leaf.outputAddress(e.lo, e.hi))}` : "";
    const astray = outside(e) ? ` (outside of it: the walk's address is ${address(e, e.addr)})` : "";
    return `level ${e.level} [${e.index}] ${ipa} ${what(e)}${target}${entryRest(e)}${astray}`;
  },
  fold: (e) => {
    if (e.event === "walk") return walkFold(e);
    if (e.event === "break") return breakFold(e);
    if (e.phase === "nested") return `level ${e.level} ${nestedRest(e)}`;
    return `level ${e.level} ${what(e)}${entryRest(e)}${outside(e) ? " (outside of it: the walk's address)" : ""}`;
  },
  sameFold: (a, b) => {
    if (a.level !== b.level) return false;
    if (a.event === "entry" && b.event === "entry") {
      if (a.phase === "nested" || b.phase === "nested") return a.phase === b.phase && sameNested(a, b);
      return sameEntry(a, b);
    }
    if (a.event === "walk" && b.event === "walk") return walkFold(a) === walkFold(b);
    return a.event === "break" && b.event === "break" && breakFold(a) === breakFold(b);
  },
  place: (e) => address(e, e.event === "walk" ? e.startGfn : e.gfn),
  json: (e) => {
    if (e.event === "walk") return walkJson(e);
    if (e.event === "break") return breakJson(e);
    return e.phase === "nested" ? nestedJson(e) : entryJson(e);
  },
};

function address({ on }: Arm64TraceEvent, gfn: number): string {
  return formatAddress(gfn * on.pageBytes);
}

function sizeOf({ on, span }: EntryEvent | NestedEvent): string {
  return formatSize(span * on.pageBytes);
}

function walkFold({ phase, cache }: WalkEvent): string {
  return `${phase} walk${cache?.toppedUp === true ? `, page cache topped up to ${cache.cached}` : ""}`;
}

function breakFold({ level, tlbiGfn, wrong }: BreakEvent): string {
  if (tlbiGfn < 0) return `block of level ${level} replaced in one store (no break, no TLBI)`;
  return `block of level ${level} broken and replaced, 1 TLBI to ${wrong ? "a wrong IPA" : "its IPA"}`;
}

function breakText(e: BreakEvent): string {
  const ipa = address(e, e.gfn);
  const place = e.tlbiGfn < 0 ? ipa : address(e, e.tlbiGfn);
  return `${breakFold(e)}: ${place}${e.wrong ? ` (the block is at ${ipa})` : ""}`;
}

function nestedRest({ made }: NestedEvent): string {
  return `invalid: visited, ${made === "table" ? "table made and filled" : `${made} mapped`}`;
}

function sameNested(a: EntryEvent | NestedEvent, b: EntryEvent | NestedEvent): boolean {
  return a.phase === "nested" && b.phase === "nested" && a.made === b.made;
}

function kind({ lo, hi, level }: EntryEvent): DescriptorKind {
  return kindOf(lo, hi, level);
}

function isLeaf(e: EntryEvent): boolean {
  const of = kind(e);
  return of === "block" || of === "page";
}

/** Whether the entry does not cover the walk's address. */
function outside({ addr, gfn, span }: EntryEvent): boolean {
  return addr < gfn || addr >= gfn + span;
}

function reasonOf({ code, step, level, hiAfter, fresh, on }: EntryEvent): TraceReason {
  if (step === "error") return "error";
  if (step === "advance") return "leaf";
  if (step === "enter") return "table";
  if (step !== "not-entered") return "visitor-skips";
  const { flags, maxLevel } = on.rules;
  if (code === 0 && level >= maxLevel) return "max-level";
  if ((flags & (WALK_SKIP_LEVEL0 << (level + 1))) !== 0) return "skip-level";
  if (level + 1 === PAGE_LEVEL && (flags & WALK_PAGE) === 0) return "pages-not-asked";
  if (on.marks && (hiAfter & MARK_HI) !== 0) return "marked";
  return fresh === NOT_FRESH ? "declined" : "new-table";
}

/** What the descriptor is: "block 2M rwx". */
function what(e: EntryEvent): string {
  const of = kind(e);
  return `${of}${of === "block" ? ` ${sizeOf(e)}` : ""}${isLeaf(e) ? ` ${permissions(e)}` : ""}`;
}

/** Every leaf here may be read and executed. */
function permissions({ lo }: EntryEvent): string {
  return (lo & S2AP_WRITE) === 0 ? "r-x" : "rwx";
}

/** What became of the entry, and where the walk went. */
function entryRest(e: EntryEvent): string {
  const { inNewTable, visited } = e;
  const done = visited ? `visited, ${did(e) ?? "nothing to do"}` : "not visited";
  return `${inNewTable ? ", made by this walk" : ""}: ${done}${stepText(e)}`;
}

function did({ phase, visited, fresh, lo, loAfter }: EntryEvent): string | null {
  if (!visited) return null;
  if (fresh === FRESH_PAGES) return "split into pages";
  if (fresh === FRESH_TABLE) return "split into next-level blocks (page cache too short)";
  return phase === "write-protect" && lo !== loAfter ? "write permission taken" : null;
}

function stepText(e: EntryEvent): string {
  const { step, fresh, code, level, on } = e;
  if (step === "advance") return "";
  if (step === "enter") return fresh === NOT_FRESH ? ", entered" : ", the new table entered";
  if (step === "error") return `, the walk ends with ${code}`;
  const reason = reasonOf(e);
  if (reason === "visitor-skips") return `, ${skipText(code, on.skips)}`;
  const table = fresh === NOT_FRESH ? "" : " the new table";
  const why: Readonly<Record<string, string>> = {
    "max-level": `deepest level is ${on.maxLevel}`,
    "skip-level": `the flags skip level ${level + 1}`,
    "pages-not-asked": "pages are not asked for",
    marked: "marked: no block below",
    "new-table": "this visit made it",
    declined: "the strategy declines",
  };
  return `,${table} not entered (${why[reason]})`;
}

function skipText(code: number, skips: "structured" | "as-posted"): string {
  const name = code === SKIP_SIBLINGS ? "SKIP_SIBLINGS" : "SKIP_CHILDREN";
  if (skips === "as-posted") return `visitor returns ${name}: the address moves, the loop goes on`;
  return code === SKIP_SIBLINGS ? `visitor returns ${name}: leaves this table` : `visitor returns ${name}: not entered`;
}

/**
 * All that {@link what} and {@link entryRest} tell apart; what differs between neighbours first,
 * and cheaply.
 */
function sameEntry(a: EntryEvent, b: EntryEvent): boolean {
  return (
    kind(a) === kind(b) &&
    a.visited === b.visited &&
    a.step === b.step &&
    a.inNewTable === b.inNewTable &&
    outside(a) === outside(b) &&
    (a.step === "advance" || (reasonOf(a) === reasonOf(b) && a.fresh === b.fresh && a.code === b.code)) &&
    (!a.visited || (a.fresh === b.fresh && did(a) === did(b))) &&
    (!isLeaf(a) || ((a.lo ^ b.lo) & S2AP_WRITE) === 0)
  );
}

function walkJson(e: WalkEvent) {
  return {
    event: e.event,
    phase: e.phase,
    start: address(e, e.startGfn),
    end: address(e, e.endGfn),
    ...e.cache,
    text: arm64TraceWords.text(e),
  };
}

function breakJson(e: BreakEvent) {
  return {
    event: e.event,
    phase: e.phase,
    level: e.level,
    ipa: address(e, e.gfn),
    tlbi: e.tlbiGfn < 0 ? null : address(e, e.tlbiGfn),
    wrong: e.wrong,
    text: breakText(e),
  };
}

function nestedJson(e: NestedEvent) {
  return {
    event: e.event,
    phase: e.phase,
    level: e.level,
    index: e.index,
    ipa: address(e, e.gfn),
    size: sizeOf(e),
    kind: "invalid",
    visited: true,
    did: `${e.made} mapped`,
    after: hex(e.loAfter, e.hiAfter),
    text: arm64TraceWords.text(e),
  };
}

// Fields are written out in each: an object that begins with a spread takes three times as long to
// make, and a trace has one an entry.
function entryJson(e: EntryEvent) {
  return {
    event: e.event,
    phase: e.phase,
    level: e.level,
    index: e.index,
    ipa: address(e, e.gfn),
    size: sizeOf(e),
    descriptor: hex(e.lo, e.hi),
    kind: kind(e),
    ...decoded(e),
    visited: e.visited,
    did: did(e),
    code: e.code,
    step: e.step,
    reason: reasonOf(e),
    after: e.lo === e.loAfter && e.hi === e.hiAfter ? null : hex(e.loAfter, e.hiAfter),
    inNewTable: e.inNewTable,
    addr: address(e, e.addr),
    addrAfter: address(e, e.addrAfter),
    outside: outside(e),
    text: arm64TraceWords.text(e),
  };
}

/** What the descriptor says: output address and permissions of a leaf, the mark of a table. */
function decoded(e: EntryEvent): Readonly<Record<string, string | boolean>> {
  if (isLeaf(e)) {
    const target = formatAddress(e.on.leaf.outputAddress(e.lo, e.hi));
    return { outputAddress: target, permissions: permissions(e), accessed: (e.lo & ACCESS_FLAG) !== 0 };
  }
  return kind(e) === "table" ? { marked: (e.hi & MARK_HI) !== 0 } : {};
}

function hex(lo: number, hi: number): string {
  return `0x${descriptorHex(lo, hi)}`;
}
