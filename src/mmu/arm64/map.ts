import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import { LOCKED_HI, LOCKED_LO, MARK_HI, VALID } from "./descriptor.js";
import type { GuestCounts } from "./guestCounts.js";
import type { LeafFormat } from "./leafFormat.js";
import type { Maintenance } from "./maintenance.js";
import type { BlockMarks } from "./marks.js";
import { countValid, type TableMemory } from "./memory.js";
import type { VcpuCaches } from "./vcpuCache.js";
import { type Visitor, Walker } from "./walk.js";
import { CONTINUE, WALK_LEAF, WALK_TABLE_POST, WALK_TABLE_PRE, type WalkRules } from "./walkRules.js";

const MAP_RULES: WalkRules = { flags: WALK_LEAF | WALK_TABLE_PRE, maxLevel: PAGE_LEVEL, skips: "structured" };
const FREE_RULES: WalkRules = { flags: WALK_LEAF | WALK_TABLE_POST, maxLevel: PAGE_LEVEL, skips: "structured" };

/**
 * Maps a range of one leaf's size for a fault. On the way down a table is made of whatever is no
 * table: of a valid block by break-before-make, which leaves the rest of the block unmapped. A
 * table where the leaf goes is replaced by the leaf, and what was below it is freed (collapse).
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `stage2_map_walker()`,
 * `stage2_map_walk_table_pre()`.
 */
export class MapVisitor implements Visitor {
  private readonly walker: Walker;
  private readonly freeing: FreeVisitor;
  private vcpu = 0;
  private start = 0;
  private end = 0;
  private writable = false;

  constructor(
    private readonly geometry: Geometry,
    private readonly leafFormat: LeafFormat,
    private readonly mem: TableMemory,
    private readonly marks: BlockMarks | null,
    private readonly counts: GuestCounts,
    private readonly caches: VcpuCaches,
    private readonly maintenance: Maintenance,
  ) {
    this.walker = new Walker(geometry, mem, MAP_RULES, this, counts.map);
    this.freeing = new FreeVisitor(geometry, mem, counts);
  }

  /** Maps [start, start + pages), in frames, `start` aligned to `pages`. */
  map(vcpu: number, start: number, pages: number, writable: boolean): void {
    this.vcpu = vcpu;
    this.start = start;
    this.end = start + pages;
    this.writable = writable;
    this.walker.walk(start, this.end);
    this.maintenance.storesDone();
  }

  leaf(walker: Walker, slot: number): number {
    if (this.mapsAt(walker)) this.install(walker, slot);
    else this.makeTable(walker, slot);
    return CONTINUE;
  }

  tablePre(walker: Walker, slot: number): number {
    if (!this.mapsAt(walker)) return CONTINUE;
    const { lo, hi, level, entryGfn } = walker;
    // The whole span goes at once: one invalidation of a range, where a single block would be named
    // by address.
    this.counts.tlbiRange++;
    this.maintenance.flush(entryGfn, walker.span);
    this.store(walker, slot);
    if (this.marks !== null && (hi & MARK_HI) !== 0) this.counts.map.pteStores += this.marks.added(slot);
    this.freeing.free(level + 1, this.mem.childOf(lo, hi), entryGfn);
    return CONTINUE;
  }

  /**
   * A leaf goes in at the first level that may hold one and whose entry lies wholly in the range.
   */
  private mapsAt(walker: Walker): boolean {
    const { level, entryGfn, span } = walker;
    if (entryGfn < this.start || entryGfn + span > this.end) return false;
    return level === PAGE_LEVEL || this.geometry.blockLevels.includes(level);
  }

  private install(walker: Walker, slot: number): void {
    const wasBlock = (walker.lo & VALID) !== 0;
    if (wasBlock) this.invalidate(walker.level);
    this.store(walker, slot);
    if (this.marks !== null && walker.level < PAGE_LEVEL && !wasBlock) {
      this.counts.map.pteStores += this.marks.added(slot);
    }
  }

  /** The locked marker, then the leaf. */
  private store(walker: Walker, slot: number): void {
    const { level, entryGfn } = walker;
    const words = this.mem.words;
    words[2 * slot] = LOCKED_LO;
    words[2 * slot + 1] = LOCKED_HI;
    words[2 * slot + 1] = this.leafFormat.hi(entryGfn);
    words[2 * slot] = this.leafFormat.lo(entryGfn, level, this.writable);
    this.counts.map.pteStores += 2;
    // Each mapping cleans the data cache and invalidates the instruction cache over its memory (no
    // FWB, no IDC/DIC).
    this.counts.dcache++;
    this.counts.icache++;
    const bytes = walker.span * this.geometry.pageBytes;
    this.maintenance.cleanData(bytes);
    this.maintenance.invalidateInstructions(bytes);
  }

  private invalidate(level: number): void {
    this.counts.tlbi[level]!++;
    this.maintenance.byIpa();
  }

  private makeTable(walker: Walker, slot: number): void {
    const { level, lo } = walker;
    const wasBlock = (lo & VALID) !== 0;
    this.caches.take(this.vcpu);
    const page = this.mem.alloc();
    const words = this.mem.words;
    words[2 * slot] = LOCKED_LO;
    words[2 * slot + 1] = LOCKED_HI;
    if (wasBlock) this.invalidate(level);
    words[2 * slot + 1] = this.mem.tableHi(page) | (this.marks === null ? 0 : this.marks.bits(0));
    words[2 * slot] = this.mem.tableLo(page);
    this.counts.map.pteStores += 2;
    if (this.marks !== null) {
      this.marks.linked(page, slot, 0);
      if (wasBlock) this.counts.map.pteStores += this.marks.removed(slot);
    }
  }
}

/**
 * Frees a subtree that is no longer linked: every entry is visited, each table once more after its
 * entries, when it is freed and its entry cleared.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `stage2_free_walker()`,
 * `kvm_pgtable_stage2_free_unlinked()`.
 */
class FreeVisitor implements Visitor {
  private readonly walker: Walker;

  constructor(
    geometry: Geometry,
    private readonly mem: TableMemory,
    private readonly counts: GuestCounts,
  ) {
    this.walker = new Walker(geometry, mem, FREE_RULES, this, counts.freeWalk);
  }

  /**
   * Frees the table page `page` of `level`, whose first entry maps `tableGfn`, and all below it.
   */
  free(level: number, page: number, tableGfn: number): void {
    this.walker.walkTable(level, page, tableGfn);
    this.release(page);
  }

  leaf(): number {
    return CONTINUE;
  }

  tablePost(walker: Walker, slot: number): number {
    this.release(this.mem.childOf(walker.lo, walker.hi));
    this.mem.words[2 * slot] = 0;
    this.mem.words[2 * slot + 1] = 0;
    this.counts.freeWalk.pteStores++;
    return CONTINUE;
  }

  pages(walker: Walker, slot: number, count: number): number {
    return countValid(walker.mem.words, 2 * slot, count);
  }

  private release(page: number): void {
    this.mem.release(page);
    this.counts.tablesFreed++;
  }
}
