import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import type { Stage2Counts } from "./counts.js";
import { LOCKED_HI, LOCKED_LO, TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { Layout } from "./layout.js";
import type { Maintenance } from "./maintenance.js";
import type { BlockMarks } from "./marks.js";
import { countValid, type TableMemory } from "./memory.js";
import type { SplitRules } from "./splitRules.js";
import type { StoreListener } from "./storeListener.js";
import type { Visitor, Walker } from "./walk.js";
import { CONTINUE, ENOMEM, FRESH_PAGES, FRESH_TABLE } from "./walkRules.js";

/**
 * The page cache that feeds eager splitting (kernel: `kvm->arch.mmu.split_page_cache`): only its
 * number of pages matters.
 */
export interface SplitCache {
  objects: number;
  readonly capacity: number;
}

/**
 * Told of each block that is replaced by a table (verify, trace); the TLBI names `tlbiGfn`, -1
 * where there is none.
 */
export type BreakListener = (level: number, blockGfn: number, tlbiGfn: number) => void;

/**
 * Splits the blocks that the walk visits: builds the new subtree unlinked, then break-before-make
 * on the block.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `stage2_split_walker()` and
 * `kvm_pgtable_stage2_create_unlinked()`.
 */
export class SplitVisitor implements Visitor {
  onBreak: BreakListener | null = null;
  listener: StoreListener | null = null;
  /**
   * Whether a block is replaced in one store instead of by break-before-make (see
   * {@link breakBlock}).
   */
  private readonly bbm2: boolean;
  private readonly dsbPerBlock: boolean;
  private readonly afterVisit: SplitRules["afterVisit"];
  private readonly afterPage: SplitRules["afterPage"];
  protected readonly afterPages: SplitRules["afterPages"];
  /** What is returned at each page where no hook is asked. */
  private readonly pageCode: number;
  /** The first block whose TLBI went to an address outside it; null while there is none. */
  firstWrongTlbi: { readonly level: number; readonly blockGfn: number; readonly tlbiGfn: number } | null = null;

  constructor(
    private readonly geometry: Geometry,
    private readonly mem: TableMemory,
    private readonly counts: Stage2Counts,
    private readonly cache: SplitCache,
    private readonly marks: BlockMarks | null,
    private readonly maintenance: Maintenance,
    { afterVisit, afterPage, afterPages }: Pick<SplitRules, "afterVisit" | "afterPage" | "afterPages">,
    { bbm, dsb }: Pick<Layout, "bbm" | "dsb">,
  ) {
    this.afterVisit = afterVisit;
    this.afterPage = afterPage;
    this.pageCode = afterPage ?? CONTINUE;
    this.afterPages = afterPages;
    this.bbm2 = bbm === 2;
    this.dsbPerBlock = dsb === "per-block";
  }

  leaf(walker: Walker, slot: number): number {
    if (walker.level < PAGE_LEVEL && (walker.lo & VALID) !== 0) {
      const code = this.splitBlock(walker, slot);
      if (code < 0) return code;
    }
    if (walker.level === PAGE_LEVEL && this.afterPage !== undefined) return this.afterPage;
    return this.afterVisit === undefined ? CONTINUE : this.afterVisit(walker);
  }

  /**
   * Pages are visited, and none has anything to be done; a strategy may look at each. This is no
   * shortcut: every descriptor is read, and the visitor's rule at level 3 (valid or not, and what
   * the strategy returns) is applied to each. What is left out is the call.
   */
  pages(walker: Walker, slot: number, count: number): number {
    const { words } = this.mem;
    const { pageCode } = this;
    if (pageCode === 0) return countValid(words, 2 * slot, count);
    walker.went = 1;
    walker.code = pageCode;
    return words[2 * slot]! & VALID;
  }

  private splitBlock(walker: Walker, slot: number): number {
    const { level, entryGfn } = walker;
    const counts = this.counts;
    if (this.cache.objects < 1) return ENOMEM;
    const toPages = level === PAGE_LEVEL - 1 ? 1 : 1 + this.geometry.entries;
    const full = this.cache.objects >= toPages;
    const lo = walker.lo;
    const hi = walker.hi;
    const table = this.build(level + 1, lo, hi, full);
    const blocksInside = full ? 0 : this.geometry.entries;
    if (this.listener !== null) this.tellSubtree(this.listener, table, level + 1);

    if (!this.bbm2) this.breakBlock(walker, slot);
    else if (this.onBreak !== null) this.onBreak(level, entryGfn, -1);
    const words = this.mem.words;
    const marked = this.marks === null ? 0 : this.marks.bits(blocksInside);
    words[2 * slot] = this.mem.tableLo(table);
    words[2 * slot + 1] = this.mem.tableHi(table) | marked;
    counts.split.pteStores++;
    if (this.listener !== null) this.listener.store(slot, words[2 * slot]!, words[2 * slot + 1]!, "make");
    if (this.marks !== null) {
      this.marks.linked(table, slot, blocksInside);
      if (blocksInside === 0) counts.split.pteStores += this.marks.removed(slot);
    }
    if (this.dsbPerBlock) this.maintenance.storesDone();
    walker.fresh = full ? FRESH_PAGES : FRESH_TABLE;
    return CONTINUE;
  }

  /**
   * The break of break-before-make: the marker keeps others away while no translation may be
   * cached; the make follows.
   *
   * CPUs with FEAT_BBM level 2 need none: size changes that keep output addresses and attributes
   * may be made at once, and no TLBI is needed for the split itself. Proposed by Ricardo Koller,
   * 2022-11-12; split off on review, not in Linux.
   */
  private breakBlock(walker: Walker, slot: number): void {
    const { level, entryGfn, span, addr } = walker;
    const { counts } = this;
    this.mem.words[2 * slot] = LOCKED_LO;
    this.mem.words[2 * slot + 1] = LOCKED_HI;
    counts.split.pteStores++;
    counts.tlbi[level]!++;
    this.maintenance.byIpa();
    if (addr < entryGfn || addr >= entryGfn + span) {
      counts.tlbiWrongIpa[level]!++;
      this.firstWrongTlbi ??= { level, blockGfn: entryGfn, tlbiGfn: addr };
    }
    if (this.onBreak !== null) this.onBreak(level, entryGfn, addr);
    if (this.listener !== null) {
      this.listener.store(slot, LOCKED_LO, LOCKED_HI, "break");
      this.listener.tlbi(addr, level);
    }
  }

  /**
   * Tells what {@link build} has done, in the order of the nested walk: each entry is locked and
   * given its descriptor, and a table that is one is filled at once.
   */
  private tellSubtree(listener: StoreListener, page: number, level: number): void {
    const { entries } = this.geometry;
    listener.tablePage(page, level);
    for (let slot = page * entries; slot < (page + 1) * entries; slot++) {
      const lo = this.mem.words[2 * slot]!;
      const hi = this.mem.words[2 * slot + 1]!;
      listener.store(slot, LOCKED_LO, LOCKED_HI, "nested");
      listener.store(slot, lo, hi, "nested");
      if (level < PAGE_LEVEL && (lo & TYPE_MASK) === TABLE_OR_PAGE) {
        this.tellSubtree(listener, this.mem.childOf(lo, hi), level + 1);
      }
    }
  }

  /**
   * Builds the subtree of one block, whose descriptor is given, from `level` down: to pages if
   * `full`, else one table.
   */
  private build(level: number, lo: number, hi: number, full: boolean): number {
    const page = this.mem.alloc();
    this.cache.objects--;
    this.counts.tablesAllocated++;
    if (level === PAGE_LEVEL || !full) {
      const typed = level === PAGE_LEVEL ? lo | TABLE_OR_PAGE : (lo & ~TYPE_MASK) | VALID;
      const step = this.geometry.spanPages[level]! * this.geometry.pageBytes;
      fillTable(this.mem.words, page * this.geometry.entries, this.geometry.entries, typed, hi, step);
    } else {
      const step = this.geometry.spanPages[level]! * this.geometry.pageBytes;
      for (let index = 0; index < this.geometry.entries; index++) {
        // A block is aligned to its size, so adding an offset inside it never carries out of the
        // low word.
        const child = this.build(level + 1, (lo + index * step) | 0, hi, true);
        const slot = page * this.geometry.entries + index;
        const words = this.mem.words;
        words[2 * slot + 1] = LOCKED_HI;
        words[2 * slot] = this.mem.tableLo(child);
        words[2 * slot + 1] = this.mem.tableHi(child) | (this.marks === null ? 0 : this.marks.bits(0));
        if (this.marks !== null) this.marks.linked(child, slot, 0);
      }
    }
    const nested = this.counts.nested;
    nested.inspected[level]! += this.geometry.entries;
    nested.visitsInvalid[level]! += this.geometry.entries;
    nested.pteStores += 2 * this.geometry.entries;
    return page;
  }
}

/**
 * The same where a hook is asked at each page. A class of its own, as V8 inlines a visitor's
 * `pages` into the walk only while all that it calls is small: strategies without such a hook must
 * not be slow because another in the same process has one.
 */
export class AskingSplitVisitor extends SplitVisitor {
  override pages(walker: Walker, slot: number, count: number): number {
    return this.afterPages!(walker, slot, count);
  }
}

/**
 * The nested walk over one fresh table: each entry is read, to be found invalid, locked, and given
 * its leaf.
 */
function fillTable(words: Uint32Array, slot: number, count: number, lo: number, hi: number, step: number): void {
  const endWord = (2 * (slot + count)) | 0;
  let leaf = lo | 0;
  const high = hi | 0;
  const stride = step | 0;
  const locked = LOCKED_HI;
  let found = 0;
  for (let word = (2 * slot) | 0; word < endWord; word = (word + 2) | 0) {
    found |= words[word]!;
    words[word + 1] = locked;
    words[word] = leaf;
    words[word + 1] = high;
    leaf = (leaf + stride) | 0;
  }
  if ((found & VALID) !== 0) throw new Error("a fresh table page has a valid entry");
}
