import { LEAF_MASK, VALID, WRITE } from "./entry.js";
import type { GuestCounts } from "./flowCounters.js";
import type { GStage } from "./gstage.js";
import { Lookup } from "./lookup.js";
import { FaultMapper } from "./map.js";
import { PageCache } from "./pageCache.js";

/** What a fault must know of the memslot it hits. */
export interface FaultSlot {
  readonly logging: boolean;
  /**
   * The level that a fault maps while the slot is not logging, and whether from a transparent huge
   * page.
   */
  mapLevel(gfn: number): number;
  isThp(gfn: number): boolean;
  /** Sets the bit of a page while logging; false where it was set. */
  markDirty(gfn: number): boolean;
}

/** Faults that an access may take here before it is given up; the kernel would go on for ever. */
const MAX_FAULTS = 4;
/** lo bit 7, set with W by the fast path. */
const DIRTY = 1 << 7;

/**
 * Guests' accesses and their faults.
 *
 * Source: Linux 7.3, arch/riscv/kvm/vcpu_exit.c, `gstage_page_fault()`; mmu.c,
 * `kvm_riscv_mmu_map()` and its fast path.
 */
export class GuestMmu {
  readonly caches: readonly PageCache[];
  /** Frame of the first access that was given up; -1: none. */
  firstStuckGfn = -1;
  private readonly lookup: Lookup;
  private readonly mapper: FaultMapper;
  /** The level where the hardware's walk stopped last. */
  private level = 0;

  constructor(
    private readonly gstage: GStage,
    vcpus: number,
    private readonly counts: GuestCounts,
    private readonly slotOf: (gfn: number) => FaultSlot,
    svvptc: boolean,
  ) {
    this.caches = Array.from({ length: vcpus }, () => new PageCache());
    this.lookup = new Lookup(gstage.mem, gstage.geometry);
    this.mapper = new FaultMapper(gstage, counts.map, svvptc);
  }

  get tablesLost(): number {
    return this.mapper.tablesLost;
  }

  /** One access to a page; faults until it comes through, or is given up. */
  access(vcpu: number, gfn: number, write: boolean): void {
    const { counts } = this;
    if (write) counts.writes++;
    else counts.reads++;
    for (let faults = 0; ; faults++) {
      const lo = this.hardwareWalk(gfn);
      const mapped = (lo & LEAF_MASK) !== 0;
      if (mapped && (!write || (lo & WRITE) !== 0)) return;
      if (faults === MAX_FAULTS) {
        counts.faults.stuck++;
        if (this.firstStuckGfn < 0) this.firstStuckGfn = gfn;
        return;
      }
      if (faults > 0) counts.faults.repeated++;
      const byLevel = mapped ? counts.faults.protect : write ? counts.faults.write : counts.faults.read;
      byLevel[this.level]!++;
      this.fault(vcpu, gfn, write);
    }
  }

  private fault(vcpu: number, gfn: number, write: boolean): void {
    const { counts, gstage } = this;
    const slot = this.slotOf(gfn);
    if (write && slot.logging && this.fastPath(gfn, slot)) return;
    const cache = this.caches[vcpu]!;
    counts.topup.calls++;
    const added = cache.topup(gstage.geometry.levels);
    if (added > 0) {
      counts.topup.fills++;
      counts.topup.pages += added;
    }
    const target = slot.logging ? 0 : slot.mapLevel(gfn);
    const writable = write || !slot.logging;
    if (writable && slot.logging) this.mark(gfn, slot);
    this.mapper.map(gfn, target, target > 0 && slot.isThp(gfn), writable, cache);
  }

  /**
   * A write to a page that is mapped already: under the read side of mmu_lock. @returns whether
   * that was all
   */
  private fastPath(gfn: number, slot: FaultSlot): boolean {
    const { counts, lookup, gstage } = this;
    counts.fast.tries++;
    lookup.of(gfn, counts.fast.inspected);
    if (!lookup.found || lookup.level > 0) return false;
    this.mark(gfn, slot);
    gstage.mem.words[2 * lookup.slot]! |= WRITE | DIRTY;
    counts.fast.hits++;
    counts.fast.stores[0]!++;
    gstage.flushEntry(gfn, 0);
    return true;
  }

  private mark(gfn: number, slot: FaultSlot): void {
    this.counts.dirty.marked++;
    if (slot.markDirty(gfn)) this.counts.dirty.newlySet++;
  }

  /**
   * The hardware's own walk: nothing of it is counted. @returns the lo word of the entry where it
   * stopped
   */
  private hardwareWalk(gfn: number): number {
    const { mem, geometry, shape } = this.gstage;
    let level = geometry.rootLevel;
    let slot = shape.rootIndex(gfn, level);
    for (;;) {
      const lo = mem.words[2 * slot]!;
      if ((lo & LEAF_MASK) !== 0 || (lo & VALID) === 0) {
        this.level = level;
        return lo;
      }
      level--;
      slot = mem.childOf(lo, mem.words[2 * slot + 1]!) * shape.entries + shape.index(gfn, level);
    }
  }
}
