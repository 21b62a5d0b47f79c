import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import type { WalkCounts } from "./counts.js";
import { TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { TableMemory } from "./memory.js";

/** Walk flags, one by one as the kernel has them (Linux 7.3, arch/arm64/include/asm/kvm_pgtable.h), and those proposed. */
export const WALK_PAGE = 1;
export const WALK_BLOCK = 2;
/** Visit every entry that is no table, valid or not. Upton's proposal of 2026-05-18 splits it into PAGE (level 3) and BLOCK (above). */
export const WALK_LEAF = WALK_PAGE | WALK_BLOCK;
/** Visit a table before what is below it. */
export const WALK_TABLE_PRE = 4;
/** Visit a table after what is below it. */
export const WALK_TABLE_POST = 8;
/** -EAGAIN from a visitor does not end the walk. */
export const WALK_IGNORE_EAGAIN = 16;
/** Do not enter tables of level n: `WALK_SKIP_LEVEL0 << n`, Bras v1 to v3, June and July 2026. */
export const WALK_SKIP_LEVEL0 = 32;

/** What a visitor may return besides a negative errno: go on; do not enter what is below; leave the present table. */
export const CONTINUE = 0;
export const SKIP_CHILDREN = 1;
export const SKIP_SIBLINGS = 2;

export const EAGAIN = -11;
export const ENOMEM = -12;
export const EINVAL = -22;

/** The walk leaves the present table, without an error; never returned to a caller. */
const LEFT = 1;

/** {@link WalkPosition.fresh}: the entry is not a table that this visit made. */
export const NOT_FRESH = 0;
/** This visit made a table of next-level entries, of which some are blocks. */
export const FRESH_TABLE = 1;
/** This visit made a subtree that is split down to pages. */
export const FRESH_PAGES = 2;

/** Where a walk is. One object, changed in place: a rule or visitor reads it and does not keep it. */
export interface WalkPosition {
  /** Level of the entry, 0 to 3. */
  readonly level: number;
  /** Index of the entry in its table page. */
  readonly index: number;
  /** The walk's present address (IPA >> page shift). With rules that move it, not always inside the entry. */
  readonly addr: number;
  /** End of the walk's range, exclusive. */
  readonly end: number;
  /** First frame that the entry covers, from its place in the tree. */
  readonly entryGfn: number;
  /** Pages that the entry covers. */
  readonly span: number;
  /** The descriptor as last read: bits 31:0 and 63:32, each as a signed 32-bit integer. */
  readonly lo: number;
  readonly hi: number;
  /** NOT_FRESH, FRESH_TABLE or FRESH_PAGES. */
  readonly fresh: number;
}

/** What steers a walk; the plain walk has LEAF, level 3 and nothing else. */
export interface WalkRules {
  readonly flags: number;
  /** The deepest level that is entered (Deacon, 2026-05-18); a table at this level is inspected, not visited, not entered. */
  readonly maxLevel: number;
  /** Asked before a table is entered (fresh ones too); undefined enters all. */
  readonly enter?: ((at: WalkPosition) => boolean) | undefined;
  /**
   * How SKIP_CHILDREN and SKIP_SIBLINGS act. `structured`: they end the present loop. `as-posted` (RFC of 2026-05-15): they
   * only move the address; the loop over the table's entries goes on with the next index.
   */
  readonly skips: "structured" | "as-posted";
}

/** What a walk calls at entries. */
export interface Visitor {
  /** An entry that is no table. Returns CONTINUE, a skip code, or a negative errno. May install a table at `slot`. */
  leaf(walker: Walker, slot: number): number;
  /** A table, before its entries (TABLE_PRE). */
  tablePre?(walker: Walker, slot: number): number;
  /** A table, after its entries (TABLE_POST). */
  tablePost?(walker: Walker, slot: number): number;
  /**
   * The same as `leaf` for `count` entries of one level-3 table from `slot`: level 3 goes by runs. Returns how many were valid. Where a
   * visit gives anything but CONTINUE the run ends: the visitor leaves the walker at that entry, and sets `went` and `code`. Each
   * visitor has its own loop, so that the engine sees one visitor per call site and inlines it: that is what keeps the walk at a few
   * times a bare scan.
   */
  pages?(walker: Walker, slot: number, count: number): number;
}

/** Watches a walk entry by entry (trace, verify). A watched walk takes the general path, entry by entry. */
export interface WalkObserver {
  /** The entry was read. */
  inspected(at: WalkPosition, slot: number): void;
  /** What became of the entry: `code` of the visitor (0 where not called) and where the walk goes from here. */
  decided(at: WalkPosition, slot: number, visited: boolean, code: number, step: WalkStep): void;
}

/** `advance`: to the end of the entry. `enter`: into the table. The others say why a table or its siblings were passed over. */
export type WalkStep = "advance" | "enter" | "not-entered" | "skip-children" | "skip-siblings" | "error";

/**
 * Walks a range of a stage-2 tree: inspect, visit, read again, descend or step, as `__kvm_pgtable_walk()` does
 * (Linux 7.3, arch/arm64/kvm/hyp/pgtable.c), and as each proposal changes it.
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
  /** How far a run of pages went, and the code of the visit that ended it: see {@link Visitor.pages}. */
  went = 0;
  code = CONTINUE;

  /** Entries inspected so far, of all levels. */
  inspected = 0;

  /** Whether level 3 goes by runs. */
  private readonly runs: boolean;
  /** 1 / span by level. Spans are powers of two: multiplying is exact, and faster than dividing. */
  private readonly perSpan: readonly number[];
  /** The same of whole tables. */
  private readonly perTable: readonly number[];
  /** First frame of the present table, by level. Not an argument: frames beyond 2^31 would each be a number on the heap. */
  private readonly tableGfn = new Float64Array(4);

  constructor(
    readonly geometry: Geometry,
    readonly mem: TableMemory,
    readonly rules: WalkRules,
    readonly visitor: Visitor,
    readonly counts: WalkCounts,
  ) {
    this.perSpan = geometry.spanPages.map((span) => 1 / span);
    this.perTable = this.perSpan.map((perSpan) => perSpan / geometry.entries);
    this.runs = visitor.pages !== undefined && (rules.flags & WALK_PAGE) !== 0;
  }

  /** Computed when asked for, as few ask: a field would be written for each entry. */
  get entryGfn(): number {
    return this.tableGfn[this.level]! + this.index * this.span;
  }

  /**
   * Walks [start, end), in frames. Returns 0, or the negative errno that ended the walk; EINVAL if the rules skip the start
   * level, which would skip everything.
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

  /** Walks all of one table page, which need not be linked: a subtree that is being freed. The first frame is that of the table. */
  walkTable(level: number, page: number, tableGfn: number): number {
    this.addr = tableGfn;
    this.end = tableGfn + this.geometry.spanPages[level]! * this.geometry.entries;
    this.tableGfn[level] = tableGfn;
    return this.table(level, page);
  }

  private table(level: number, page: number): number {
    const { rules, observer, visitor, counts, end, runs } = this;
    if (level === PAGE_LEVEL && runs && observer === null) return this.pageRuns(page);
    const { flags, maxLevel, enter } = rules;
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
    // An entry is a few instructions: V8 would load a constant of another module, and each counter, from memory for every one of them.
    const typeMask = TYPE_MASK;
    const tableType = TABLE_OR_PAGE;
    const validBit = VALID;
    const notFresh = NOT_FRESH;
    const firstSlot = (page * entries) | 0;
    let { addr } = this;
    let { words } = this.mem;
    // ToInt32 keeps the low bits of any frame number, so this is the index also where `addr` has left the table.
    const perSpan = this.perSpan[level]!;
    let index = (addr * perSpan) & (entries - 1);
    let entryGfn = this.tableGfn[level]! + index * span;
    let inspected = 0;
    let leaves = 0;
    let valid = 0;
    let result = 0;
    this.at(level, span);
    // The test stands at the bottom for V8's on-stack replacement. Whoever calls has seen that there is an entry; with the test at the top, a
    // walk of one entry would jump back to it once, and where an earlier walk had this loop compiled while it ran, V8 would go
    // in and out of that code in each call: 500 ns in place of 70.
    do {
      const slot = (firstSlot + index) | 0;
      const lo = words[2 * slot]! | 0;
      inspected = (inspected + 1) | 0;
      let isTable = upper && (lo & typeMask) === tableType;
      if (passesTables && isTable) {
        // Tables that are neither visited nor entered go by runs too: to where one is none, or the table or the range ends.
        addr = endOf(addr, entryGfn, span, perSpan);
        const wanted = Math.min(entries - index, 1 + Math.max(0, Math.ceil((end - addr) * perSpan)));
        const more = tablesFrom(words, slot + 1, wanted - 1);
        addr += more * span;
        entryGfn += (more + 1) * span;
        inspected = (inspected + more) | 0;
        index = (index + more + 1) | 0;
        continue;
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
        // A visitor may have installed a table; the descriptor that was read before it ran says nothing now.
        this.read(slot);
        words = this.mem.words;
        isTable = upper && (this.lo & typeMask) === tableType;
      }

      const enters = deeper && isTable && code === 0 && (enter === undefined || enter(this));
      if (code !== 0) {
        result = this.skip(code);
        addr = this.addr;
      } else if (!enters) addr = endOf(addr, entryGfn, span, perSpan);
      if (observer !== null) {
        this.addr = addr;
        observer.decided(this, slot, visited, code, stepOf(code, result, isTable, enters));
      }
      if (visited) this.fresh = notFresh;
      if (enters) {
        this.addr = addr;
        this.tableGfn[level + 1] = entryGfn;
        const child = this.mem.childOf(words[2 * slot]!, words[2 * slot + 1]!);
        result = pagesBelow ? this.pageRuns(child) : this.table(level + 1, child);
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

  /** What a visitor's code other than CONTINUE does. Returns 0 where the walk goes on in this table, LEFT where it leaves it, or an error. */
  private skip(code: number): number {
    const { level, addr } = this;
    if (code === SKIP_SIBLINGS) {
      this.addr = endOf(addr, this.tableGfn[level]!, this.span * this.geometry.entries, this.perTable[level]!);
      return this.rules.skips === "structured" ? LEFT : 0;
    }
    if (code < 0 && (code !== EAGAIN || (this.rules.flags & WALK_IGNORE_EAGAIN) === 0)) return code;
    this.addr = endOf(addr, this.entryGfn, this.span, this.perSpan[level]!);
    return 0;
  }

  /** Level 3 by runs: as many entries as the table has from here and the range wants, or as its visitor goes on. */
  private pageRuns(page: number): number {
    const { counts, end, visitor } = this;
    const { entries } = this.geometry;
    const firstSlot = (page * entries) | 0;
    const pageLevel = PAGE_LEVEL;
    this.level = pageLevel;
    this.span = 1;
    this.fresh = NOT_FRESH;
    let index = this.addr & (entries - 1);
    let inspected = 0;
    let valid = 0;
    let result = 0;
    do {
      const count = Math.min(end - this.addr, entries - index) | 0;
      this.index = index;
      this.went = count;
      this.code = 0;
      valid += visitor.pages!(this, (firstSlot + index) | 0, count);
      inspected += this.went;
      index += this.went;
      if (this.code === 0) this.addr += count;
      else result = this.skip(this.code);
    } while (result === 0 && index < entries && this.addr < end);
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

  /** Whether the flags leave anything to do in a table below this level: SKIP_LEVELn, and PAGE not asked for. */
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
  const typeMask = TYPE_MASK;
  const tableType = TABLE_OR_PAGE;
  let tables = 0;
  while (tables < count && (words[(2 * (slot + tables)) | 0]! & typeMask) === tableType) tables = (tables + 1) | 0;
  return tables;
}

/**
 * End of the aligned piece of so many frames that an address lies in: mostly, but not always, the piece that begins at `start`. Then nothing is
 * computed from the address, so that the next entry need not wait for it.
 *
 * @param perFrames 1 / frames
 */
function endOf(addr: number, start: number, frames: number, perFrames: number): number {
  const end = start + frames;
  return addr >= start && addr < end ? end : Math.floor(addr * perFrames) * frames + frames;
}
