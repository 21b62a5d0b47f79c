import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import type { WalkCounts } from "./counts.js";
import { TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { TableMemory } from "./memory.js";
import {
  CONTINUE,
  EAGAIN,
  EINVAL,
  NOT_FRESH,
  SKIP_SIBLINGS,
  WALK_BLOCK,
  WALK_IGNORE_EAGAIN,
  WALK_PAGE,
  WALK_SKIP_LEVEL0,
  WALK_TABLE_POST,
  WALK_TABLE_PRE,
  type WalkObserver,
  type WalkPosition,
  type WalkRules,
  type WalkStep,
} from "./walkRules.js";

/** The walk leaves the present table, without an error; never returned to a caller. */
const LEFT = 1;
const pageLevel = PAGE_LEVEL;
const typeMask = TYPE_MASK;
const tableType = TABLE_OR_PAGE;
const skipSiblings = SKIP_SIBLINGS;

/** A visitor's rule for a run of pages: see {@link Visitor.pages}. */
export type AfterPages = (walker: Walker, slot: number, count: number) => number;

/**
 * Asks whether tables are to be entered, for up to `count` entries from `slot` on, of which the
 * first is a table and the second begins at frame `next`. Returns how many tables are not, to the
 * first entry that is none or that is to be entered; the walker's `wanted` says which.
 */
export type PassTables = (walker: Walker, slot: number, count: number, next: number) => number;

/** The rules as the walker takes them. */
export interface RunRules extends WalkRules {
  /** `enter` for runs of tables; given where a strategy has `enter`. */
  readonly pass?: PassTables | undefined;
}

/** What a walk calls at entries. */
export interface Visitor {
  /**
   * An entry that is no table. Returns CONTINUE, a skip code, or a negative errno. May install a
   * table at `slot`.
   */
  leaf(walker: Walker, slot: number): number;
  /** A table, before its entries (TABLE_PRE). */
  tablePre?(walker: Walker, slot: number): number;
  /** A table, after its entries (TABLE_POST). */
  tablePost?(walker: Walker, slot: number): number;
  /**
   * The same as `leaf` for `count` entries of one level-3 table from `slot`: level 3 goes by runs.
   * Returns how many were valid. Where a visit gives anything but CONTINUE the run ends: the
   * visitor leaves the walker at that entry, and sets `went` and `code`. Each visitor has its own
   * loop, so that the engine sees one visitor per call site and inlines it: that is what keeps the
   * walk at a few times a bare scan.
   */
  pages?: AfterPages;
}

/**
 * Walks a range of a stage-2 tree: inspect, visit, read again, descend or step, as
 * `__kvm_pgtable_walk()` does (Linux 7.3, arch/arm64/kvm/hyp/pgtable.c), and as each proposal
 * changes it.
 */
export class Walker implements WalkPosition {
  level = 0;
  index = 0;
  addr = 0;
  end = 0;
  span = 1;
  lo = 0;
  hi = 0;
  fresh = NOT_FRESH;
  observer: WalkObserver | null = null;
  /**
   * How far a run of pages went, and the code of the visit that ended it: see
   * {@link Visitor.pages}.
   */
  went = 0;
  code = CONTINUE;
  /** Whether the entry at which a run of tables ended is to be entered: see {@link PassTables}. */
  wanted = false;

  /** Entries inspected so far, of all levels. */
  inspected = 0;

  /** What SKIP_SIBLINGS makes of the loop over a table: it ends, or goes on. */
  private readonly leaves: number;
  /** Whether level 3 goes by runs. */
  private readonly runs: boolean;
  /** 1 / span by level. Spans are powers of two: multiplying is exact, and faster than dividing. */
  private readonly perSpan: readonly number[];
  /** The same of whole tables. */
  private readonly perTable: readonly number[];
  /**
   * First frame of the present table, by level. Not an argument: frames beyond 2^31 would each be a
   * number on the heap.
   */
  private readonly tableGfn = new Float64Array(4);

  constructor(
    readonly geometry: Geometry,
    readonly mem: TableMemory,
    readonly rules: RunRules,
    readonly visitor: Visitor,
    readonly counts: WalkCounts,
  ) {
    this.perSpan = geometry.spanPages.map((span) => 1 / span);
    this.perTable = this.perSpan.map((perSpan) => perSpan / geometry.entries);
    this.leaves = rules.skips === "structured" ? LEFT : 0;
    this.runs = visitor.pages !== undefined && (rules.flags & WALK_PAGE) !== 0;
  }

  /** Computed when asked for, as few ask: a field would be written for each entry. */
  get entryGfn(): number {
    return this.tableGfn[this.level]! + this.index * this.span;
  }

  /**
   * Walks [start, end), in frames. Returns 0, or the negative errno that ended the walk; EINVAL if
   * the rules skip the start level, which would skip everything.
   */
  walk(start: number, end: number): number {
    const geometry = this.geometry;
    if ((this.rules.flags & (WALK_SKIP_LEVEL0 << geometry.startLevel)) !== 0) return EINVAL;
    this.addr = start;
    this.end = end;
    const rootSpan = geometry.spanPages[geometry.startLevel]! * geometry.entries;
    let root = Math.floor(start / rootSpan);
    while (this.addr < this.end) {
      this.tableGfn[geometry.startLevel] = root * rootSpan;
      const code = this.table(geometry.startLevel, root);
      if (code !== 0) return code;
      root++;
    }
    return 0;
  }

  /**
   * Walks all of one table page, which need not be linked: a subtree that is being freed. The first
   * frame is that of the table.
   */
  walkTable(level: number, page: number, tableGfn: number): number {
    this.addr = tableGfn;
    this.end = tableGfn + this.geometry.spanPages[level]! * this.geometry.entries;
    this.tableGfn[level] = tableGfn;
    return this.table(level, page);
  }

  private table(level: number, page: number): number {
    const { rules, observer, visitor, counts, end, runs } = this;
    if (level === PAGE_LEVEL && runs && observer === null) return this.pageRuns(page, 0, 0);
    const { flags, maxLevel, enter, pass } = rules;
    const { spanPages, entries } = this.geometry;
    const span = spanPages[level]!;
    const upper = level < PAGE_LEVEL;
    const visitsLeaves = (flags & (upper ? WALK_BLOCK : WALK_PAGE)) !== 0;
    const visitsBefore = (flags & WALK_TABLE_PRE) !== 0 && level < maxLevel;
    const visitsAfter = (flags & WALK_TABLE_POST) !== 0 && level < maxLevel;
    const deeper = level < maxLevel && this.wantsBelow(level);
    const pagesBelow = level + 1 === PAGE_LEVEL && runs && observer === null;
    const passesTables = upper && !deeper && !visitsBefore && !visitsAfter && observer === null;
    const watched = observer !== null || enter !== undefined;
    const asks = deeper && pass !== undefined && !visitsBefore && !visitsAfter && observer === null;
    const entersRuns = pagesBelow && deeper && enter === undefined && !visitsBefore && !visitsAfter;
    // An entry is a few instructions: V8 would load a constant of another module, and each counter,
    // from memory for every one of them.
    const validBit = VALID;
    const notFresh = NOT_FRESH;
    const firstSlot = (page * entries) | 0;
    let { addr } = this;
    let { words } = this.mem;
    // ToInt32 keeps the low bits of any frame number, so this is the index also where `addr` has
    // left the table.
    const perSpan = this.perSpan[level]!;
    let index = (addr * perSpan) & (entries - 1);
    let entryGfn = this.tableGfn[level]! + index * span;
    let inspected = 0;
    let leaves = 0;
    let valid = 0;
    let result = 0;
    let wanted = false;
    this.at(level, span);
    // The test stands at the bottom for V8's on-stack replacement. Whoever calls has seen that
    // there is an entry; with the test at the top, a walk of one entry would jump back to it once,
    // and where an earlier walk had this loop compiled while it ran, V8 would go in and out of that
    // code in each call: 500 ns in place of 70.
    do {
      const slot = (firstSlot + index) | 0;
      const lo = words[2 * slot]! | 0;
      inspected = (inspected + 1) | 0;
      let isTable = upper && (lo & typeMask) === tableType;
      if (passesTables && isTable) {
        // Tables that are neither visited nor entered go by runs too: to where one is none, or the
        // table or the range ends.
        addr = endOf(addr, span, perSpan);
        const more = tablesFrom(words, slot + 1, piecesTo(end, addr, perSpan, entries - index) - 1);
        addr += more * span;
        entryGfn += (more + 1) * span;
        inspected = (inspected + more) | 0;
        index = (index + more + 1) | 0;
        continue;
      }
      if (entersRuns && isTable) {
        this.addr = addr;
        this.tableGfn[PAGE_LEVEL] = entryGfn;
        const child = this.mem.childOf(lo, words[2 * slot + 1]!);
        result = this.pageRuns(child, (slot + 1) | 0, (entries - 1 - index) | 0);
        addr = this.addr;
        words = this.mem.words;
        const more = this.went;
        entryGfn += (more + 1) * span;
        inspected = (inspected + more) | 0;
        index = (index + more + 1) | 0;
        this.at(level, span);
        continue;
      }
      if (asks && isTable && !wanted) {
        this.index = index;
        this.addr = addr;
        const next = endOf(addr, span, perSpan);
        const passed = pass(this, slot, piecesTo(end, next, perSpan, entries - index), next);
        wanted = this.wanted;
        if (passed > 0) {
          addr = next + (passed - 1) * span;
          entryGfn += passed * span;
          inspected = (inspected + passed - 1) | 0;
          index = (index + passed) | 0;
          continue;
        }
      }
      const visited = isTable ? visitsBefore : visitsLeaves;
      let code = 0;
      if (visited || watched) {
        // Nobody else looks where the walk is.
        this.index = index;
        this.addr = addr;
        this.read(slot);
        if (observer !== null) observer.inspected(this, slot);
      }
      if (visited) {
        if (isTable) {
          counts.visitsTable[level]!++;
          code = visitor.tablePre!(this, slot);
        } else {
          leaves = (leaves + 1) | 0;
          valid = (valid + (lo & validBit)) | 0;
          code = visitor.leaf(this, slot);
        }
        // A visitor may have installed a table; the descriptor that was read before it ran says
        // nothing now.
        this.read(slot);
        words = this.mem.words;
        isTable = upper && (this.lo & typeMask) === tableType;
      }

      const enters = deeper && isTable && code === 0 && (enter === undefined || wanted || enter(this));
      wanted = false;
      if (code !== 0) result = this.stop(code);
      if (code === skipSiblings) addr = endOf(addr, span * entries, this.perTable[level]!);
      else if (!enters && result >= 0) addr = endOf(addr, span, perSpan);
      if (observer !== null) {
        this.addr = addr;
        observer.decided(this, slot, visited, code, stepOf(code, result, isTable, enters));
      }
      if (visited) this.fresh = notFresh;
      if (enters) {
        this.addr = addr;
        this.tableGfn[level + 1] = entryGfn;
        const child = this.mem.childOf(words[2 * slot]!, words[2 * slot + 1]!);
        result = pagesBelow ? this.pageRuns(child, 0, 0) : this.table(level + 1, child);
        addr = this.addr;
        words = this.mem.words;
        this.at(level, span);
      }
      if (visitsAfter && isTable && code === 0 && result === 0) result = this.after(index, slot);
      index = (index + 1) | 0;
      entryGfn += span;
    } while (result === 0 && index < entries && addr < end);
    this.addr = addr;
    this.inspected += inspected;
    counts.inspected[level]! += inspected;
    counts.visitsValid[level]! += valid;
    counts.visitsInvalid[level]! += leaves - valid;
    return result === LEFT ? 0 : result;
  }

  private at(level: number, span: number): void {
    this.level = level;
    this.span = span;
  }

  /** A table once more, after its entries. */
  private after(index: number, slot: number): number {
    this.read(slot);
    this.index = index;
    this.counts.visitsTable[this.level]!++;
    return this.visitor.tablePost!(this, slot);
  }

  /**
   * What a visitor's code other than CONTINUE means for the loop over a table: 0 where it goes on,
   * LEFT, or an error.
   */
  private stop(code: number): number {
    return code === skipSiblings ? this.leaves : this.errorOf(code);
  }

  private errorOf(code: number): number {
    return code < 0 && (code !== EAGAIN || (this.rules.flags & WALK_IGNORE_EAGAIN) === 0) ? code : 0;
  }

  /**
   * Level 3 by runs: as many entries of table `page` as it has from here and the range wants, or as
   * its visitor goes on; then the same in the tables that descriptors from `slot` on point to, up
   * to `more` of them. `went` is how many of those there were.
   */
  private pageRuns(page: number, slot: number, more: number): number {
    const { counts, end, visitor, mem, tableGfn } = this;
    const { entries } = this.geometry;
    this.at(pageLevel, 1);
    this.fresh = 0;
    const perTable = this.perTable[pageLevel]!;
    let child = page;
    let { addr } = this;
    let gfn = tableGfn[pageLevel]!;
    let inspected = 0;
    let valid = 0;
    let result = 0;
    let tables = 0;
    for (;;) {
      const firstSlot = Math.imul(child, entries);
      let index = addr & (entries - 1);
      do {
        const room = (entries - index) | 0;
        const count = end - addr < room ? (end - addr) | 0 : room;
        this.index = index;
        this.addr = addr;
        this.went = count;
        this.code = 0;
        valid = (valid + visitor.pages!(this, (firstSlot + index) | 0, count)) | 0;
        const { went, code } = this;
        inspected = (inspected + went) | 0;
        index = (index + went) | 0;
        if (code === 0) addr += count;
        else {
          result = this.stop(code);
          if (result < 0) break;
          const left = code === skipSiblings;
          addr = left ? endOf(addr, entries, perTable) : addr + 1;
        }
      } while (result === 0 && index < entries && addr < end);
      if (result < 0 || tables === more || addr >= end) break;
      const { words } = mem;
      const word = (2 * (slot + tables)) | 0;
      const lo = words[word]! | 0;
      if ((lo & typeMask) !== tableType) break;
      child = mem.childOf(lo, words[word + 1]!);
      gfn += entries;
      tableGfn[pageLevel] = gfn;
      tables = (tables + 1) | 0;
      result = 0;
    }
    this.addr = addr;
    this.went = tables;
    this.inspected += inspected;
    counts.inspected[pageLevel]! += inspected;
    counts.visitsValid[pageLevel]! += valid;
    counts.visitsInvalid[pageLevel]! += inspected - valid;
    return result === LEFT ? 0 : result;
  }

  private read(slot: number): void {
    const words = this.mem.words;
    // `| 0`: a 32-bit integer is a field of its own; beyond 2^31 it would be a number on the heap.
    this.lo = words[2 * slot]! | 0;
    this.hi = words[2 * slot + 1]! | 0;
  }

  /**
   * Whether the flags leave anything to do in a table below this level: SKIP_LEVELn, and PAGE not
   * asked for.
   */
  private wantsBelow(level: number): boolean {
    const flags = this.rules.flags;
    if ((flags & (WALK_SKIP_LEVEL0 << (level + 1))) !== 0) return false;
    return level + 1 < PAGE_LEVEL || (flags & WALK_PAGE) !== 0;
  }
}

function stepOf(code: number, result: number, isTable: boolean, enters: boolean): WalkStep {
  if (code !== 0 && result !== 0 && result !== LEFT) return "error";
  if (code > 0) return code === SKIP_SIBLINGS ? "skip-siblings" : "skip-children";
  if (enters) return "enter";
  return isTable && code === 0 ? "not-entered" : "advance";
}

/** How many of at most `count` descriptors from `slot` on are tables, to the first that is none. */
function tablesFrom(words: Uint32Array, slot: number, count: number): number {
  let tables = 0;
  while (tables < count && (words[(2 * (slot + tables)) | 0]! & typeMask) === tableType) tables = (tables + 1) | 0;
  return tables;
}

/**
 * The entry that ends at `next`, and those after it that begin before the range's end: as many as
 * are to be gone over, up to `max`.
 */
function piecesTo(end: number, next: number, perSpan: number, max: number): number {
  return Math.min(max, 1 + Math.max(0, Math.ceil((end - next) * perSpan)));
}

/**
 * End of the aligned piece of so many frames that an address lies in. Mostly it begins there: then
 * the end is one addition away, and the CPU, which predicts as much, goes on without waiting for
 * the rest.
 *
 * @param perFrames 1 / frames
 */
function endOf(addr: number, frames: number, perFrames: number): number {
  const begin = Math.floor(addr * perFrames) * frames;
  return (begin === addr ? addr : begin) + frames;
}
