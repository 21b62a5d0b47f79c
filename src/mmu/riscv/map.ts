import { FLAGS_MASK, LEAF_MASK, leafHi, leafLo, pfnIn, pfnOf, VALID } from "./entry.js";
import type { GuestCounts } from "./flowCounters.js";
import type { GStage } from "./gstage.js";
import { Lookup } from "./lookup.js";
import type { PageCache } from "./pageCache.js";
import { tablesBelow } from "./scan.js";
import { splitWalk } from "./splitLoop.js";

/**
 * What a fault maps.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c, `kvm_riscv_gstage_map_page()`,
 * `kvm_riscv_gstage_set_pte()`.
 */
export class FaultMapper {
  /** Table pages that blocks have overwritten, with all below them: nobody frees them. */
  tablesLost = 0;
  private readonly lookup: Lookup;
  private readonly flushSplit: (level: number, gfn: number) => void;

  constructor(
    private readonly gstage: GStage,
    private readonly counts: GuestCounts["map"],
    private readonly svvptc: boolean,
  ) {
    this.lookup = new Lookup(gstage.mem, gstage.geometry);
    this.flushSplit = (level, gfn) => gstage.flushEntry(gfn, level);
  }

  /**
   * Maps a page or block of level `target` that covers `accessed`.
   *
   * @param thp the guest address itself becomes the block's first byte: from there on it is that
   * page that is worked on. For hugetlb only the output address is the block's.
   */
  map(accessed: number, target: number, thp: boolean, writable: boolean, cache: PageCache): void {
    const { counts, lookup, gstage } = this;
    const gfn = thp ? gstage.shape.start(accessed, target) : accessed;
    const pfn = pfnOf(gstage.shape.start(accessed, target));
    counts.calls[target]!++;
    counts.lookups++;
    lookup.of(gfn, counts.inspected);
    const { level, found } = lookup;
    (found ? counts.foundAt : counts.missingAt)[level]!++;
    if (found && level > target) {
      splitWalk(gstage, gfn, target, cache, this.flushSplit);
    } else if (found && gstage.shape.start(this.pfnAt(lookup.slot), target) === pfn) {
      this.update(lookup.slot, level, gfn, writable);
      return;
    }
    this.set(gfn, target, pfn, writable, cache);
  }

  private pfnAt(slot: number): number {
    const { words } = this.gstage.mem;
    return pfnIn(words[2 * slot]!, words[2 * slot + 1]!);
  }

  /** Gives one entry its rights, at its own level. */
  private update(slot: number, level: number, gfn: number, writable: boolean): void {
    const { counts, gstage } = this;
    const { words } = gstage.mem;
    const lo = words[2 * slot]!;
    const wanted = ((lo & ~0xff) | (leafLo(0, writable) & FLAGS_MASK)) >>> 0;
    counts.protUpdates[level]!++;
    if (wanted === lo) return;
    words[2 * slot] = wanted;
    counts.protStores[level]!++;
    gstage.flushEntry(gfn, level);
  }

  /** From the root to the target; empty entries on the way get tables. */
  private set(gfn: number, target: number, pfn: number, writable: boolean, cache: PageCache): void {
    const { counts, gstage } = this;
    const { mem, geometry, shape } = gstage;
    let level = geometry.rootLevel;
    let slot = shape.rootIndex(gfn, level);
    for (; level > target; level--) {
      counts.inspected[level]!++;
      const lo = mem.words[2 * slot]!;
      let page: number;
      if ((lo & VALID) === 0) {
        if (cache.pages-- === 0) throw new Error("the cache has no page for a table");
        page = mem.alloc();
        mem.link(slot, page);
        counts.tableStores[level]!++;
      } else {
        page = mem.childOf(lo, mem.words[2 * slot + 1]!);
      }
      slot = page * shape.entries + shape.index(gfn, level - 1);
    }
    counts.inspected[target]!++;
    this.store(slot, target, gfn, leafLo(pfn, writable), leafHi(pfn));
  }

  private store(slot: number, target: number, gfn: number, newLo: number, newHi: number): void {
    const { counts, gstage } = this;
    const { mem } = gstage;
    const lo = mem.words[2 * slot]!;
    const hi = mem.words[2 * slot + 1]!;
    if (lo === newLo && hi === newHi) return;
    if ((lo & VALID) !== 0 && (lo & LEAF_MASK) === 0) {
      counts.tablesOverwritten[target]!++;
      this.tablesLost += 1 + tablesBelow(mem, target - 1, mem.childOf(lo, hi));
    }
    mem.words[2 * slot] = newLo;
    mem.words[2 * slot + 1] = newHi;
    counts.leafStores[target]!++;
    if ((lo & VALID) === 0 && this.svvptc) return;
    gstage.flushEntry(gfn, target);
  }
}
