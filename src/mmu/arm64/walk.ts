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
   * The same as `leaf` for `count` entries of one level-3 table from `slot`, for visitors that always CONTINUE there.
   * Returns how many were valid. Each visitor has its own loop, so that the engine sees one visitor per call site and inlines it:
   * that is what keeps the walk at a few times a bare scan.
   */
  pages?(words: Uint32Array, slot: number, count: number): number;
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
  entryGfn = 0;
  span = 1;
  lo = 0;
  hi = 0;
  fresh = NOT_FRESH;
  observer: WalkObserver | null = null;

  /** Whether level 3 may go by runs: a visitor that has `pages`, and nothing that looks at single entries. */
  private readonly runs: boolean;
  /** 1 / span by level. Spans are powers of two: multiplying is exact, and faster than dividing. */
  private readonly perSpan: readonly number[];
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
    this.runs = visitor.pages !== undefined && (rules.flags & WALK_PAGE) !== 0;
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
    const { entries } = this.geometry;
    const span = this.geometry.spanPages[level]!;
    const perSpan = this.perSpan[level]!;
    // ToInt32 keeps the low bits of any frame number, so this is the index also where `addr` has left the table.
    let index = (this.addr * perSpan) & (entries - 1);
    if (level === PAGE_LEVEL && this.runs && this.observer === null)
      return this.pageRun(page * entries + index, entries - index);

    const { flags, maxLevel, enter } = this.rules;
    const { counts, observer } = this;
    const tableGfn = this.tableGfn[level]!;
    const visitFlag = level === PAGE_LEVEL ? WALK_PAGE : WALK_BLOCK;
    // Whoever calls has seen that there is an entry. With the test at the top, a walk of one entry would jump back to it once; where an
    // earlier walk had this loop compiled while it ran, V8 then goes in and out of that code in each call: 500 ns in place of 70.
    do {
      const slot = page * entries + index;
      const entryGfn = tableGfn + index * span;
      this.read(slot);
      counts.inspected[level]!++;
      let isTable = level < PAGE_LEVEL && (this.lo & TYPE_MASK) === TABLE_OR_PAGE;
      this.level = level;
      this.index = index;
      this.entryGfn = entryGfn;
      this.span = span;
      this.fresh = NOT_FRESH;
      if (observer !== null) observer.inspected(this, slot);

      let visited = false;
      let code = CONTINUE;
      if (isTable) {
        if ((flags & WALK_TABLE_PRE) !== 0 && level < maxLevel) {
          visited = true;
          counts.visitsTable[level]!++;
          code = this.visitor.tablePre!(this, slot);
        }
      } else if ((flags & visitFlag) !== 0) {
        visited = true;
        if ((this.lo & VALID) !== 0) counts.visitsValid[level]!++;
        else counts.visitsInvalid[level]!++;
        code = this.visitor.leaf(this, slot);
      }
      if (visited) {
        // A visitor may have installed a table; the descriptor that was read before it ran says nothing now.
        this.read(slot);
        isTable = level < PAGE_LEVEL && (this.lo & TYPE_MASK) === TABLE_OR_PAGE;
      }

      if (code < 0 && !(code === EAGAIN && (flags & WALK_IGNORE_EAGAIN) !== 0)) {
        if (observer !== null) observer.decided(this, slot, visited, code, "error");
        return code;
      }
      if (code > 0) {
        const siblings = code === SKIP_SIBLINGS;
        this.advance(span, perSpan, siblings ? entries : 1);
        if (observer !== null)
          observer.decided(this, slot, visited, code, siblings ? "skip-siblings" : "skip-children");
        if (siblings && this.rules.skips === "structured") return 0;
        continue;
      }
      if (!isTable) {
        this.advance(span, perSpan, 1);
        if (observer !== null) observer.decided(this, slot, visited, code, "advance");
        continue;
      }
      if (level < maxLevel && this.wantsBelow(level) && (enter === undefined || enter(this))) {
        if (observer !== null) observer.decided(this, slot, visited, code, "enter");
        this.tableGfn[level + 1] = entryGfn;
        const below = this.table(level + 1, this.mem.childOf(this.lo, this.hi));
        if (below !== 0) return below;
      } else {
        this.advance(span, perSpan, 1);
        if (observer !== null) observer.decided(this, slot, visited, code, "not-entered");
      }
      if ((flags & WALK_TABLE_POST) !== 0 && level < maxLevel) {
        this.read(slot);
        this.level = level;
        this.index = index;
        this.entryGfn = entryGfn;
        this.span = span;
        counts.visitsTable[level]!++;
        const post = this.visitor.tablePost!(this, slot);
        if (post !== 0) return post;
      }
    } while (++index < entries && this.addr < this.end);
    return 0;
  }

  /** Moves the address to the end of the so many entries of a level, aligned to as many, that it lies in. */
  private advance(span: number, perSpan: number, entries: number): void {
    const reach = span * entries;
    this.addr = (entries === 1 ? Math.floor(this.addr * perSpan) : Math.floor(this.addr / reach)) * reach + reach;
  }

  /** A run of one level-3 table: as many entries as the table has from here and the range wants. */
  private pageRun(slot: number, entriesLeft: number): number {
    const wanted = this.end - this.addr;
    const count = Math.min(wanted, entriesLeft);
    const valid = this.visitor.pages!(this.mem.words, slot, count);
    this.counts.inspected[PAGE_LEVEL]! += count;
    this.counts.visitsValid[PAGE_LEVEL]! += valid;
    this.counts.visitsInvalid[PAGE_LEVEL]! += count - valid;
    this.addr += count;
    return 0;
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
