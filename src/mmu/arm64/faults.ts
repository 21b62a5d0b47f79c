import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import { S2AP_WRITE, TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { GuestCounts } from "./guestCounts.js";
import { Maintenance } from "./maintenance.js";
import { MapVisitor } from "./map.js";
import type { TableMemory } from "./memory.js";
import { RelaxVisitor } from "./relax.js";
import type { Stage2 } from "./stage2.js";
import { VcpuCaches } from "./vcpuCache.js";

/**
 * The bits of a descriptor that the hardware walk looks at; here, since a walk of every access
 * reads them at every level.
 */
const TYPE = TYPE_MASK;
const TABLE = TABLE_OR_PAGE;
const READABLE = VALID;
const WRITABLE = S2AP_WRITE;
const LAST_LEVEL = PAGE_LEVEL;

/** What a fault asks of the memslot that it hits. */
export interface FaultSlot {
  readonly logging: boolean;
  /**
   * The level of the leaf that backing, alignment and slot allow over `gfn` while nothing is
   * logged.
   */
  naturalLevel(gfn: number): number;
  /** Sets the page's dirty bit; false where it was set. */
  markDirty(gfn: number): boolean;
}

/**
 * Guest accesses: the hardware's walk, and what the kernel does when it faults.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_handle_guest_abort()`, `user_mem_abort()`.
 */
export class GuestMmu {
  readonly caches: VcpuCaches;
  private readonly geometry: Geometry;
  private readonly mem: TableMemory;
  private readonly mapper: MapVisitor;
  private readonly relaxer: RelaxVisitor;

  /** @param slotOf the memslot of a frame; asked at faults only */
  constructor(
    stage2: Stage2,
    vcpus: number,
    private readonly counts: GuestCounts,
    private readonly slotOf: (gfn: number) => FaultSlot,
  ) {
    const { geometry, mem } = stage2;
    this.geometry = geometry;
    this.mem = mem;
    this.caches = new VcpuCaches(geometry, vcpus, counts);
    const { cpu, leaf } = stage2.layout;
    const maintenance = new Maintenance(counts.maintenance, cpu, geometry.lpa2 ? geometry.pageBytes : null);
    this.mapper = new MapVisitor(geometry, leaf, mem, stage2.marks, counts, this.caches, maintenance);
    this.relaxer = new RelaxVisitor(geometry, mem, counts, maintenance);
  }

  /** One read or write of a page. The hardware walk stops at the first entry that is no table. */
  access(vcpu: number, gfn: number, write: boolean): void {
    if (write) this.counts.writes++;
    else this.counts.reads++;
    const { spanPages, entries } = this.geometry;
    const words = this.mem.words;
    let level = this.geometry.startLevel;
    let slot = Math.floor(gfn / spanPages[level]!);
    let lo = words[2 * slot]!;
    while (level < LAST_LEVEL && (lo & TYPE) === TABLE) {
      const page = this.mem.childOf(lo, words[2 * slot + 1]!);
      level++;
      slot = page * entries + ((gfn / spanPages[level]!) & (entries - 1));
      lo = words[2 * slot]!;
    }
    if ((lo & READABLE) === 0) this.fault(vcpu, gfn, write, level, false);
    else if (write && (lo & WRITABLE) === 0) this.fault(vcpu, gfn, write, level, true);
  }

  private fault(vcpu: number, gfn: number, write: boolean, level: number, permission: boolean): void {
    const counts = this.counts;
    if (permission) counts.permissionWrite[level]!++;
    else if (write) counts.translationWrite[level]!++;
    else counts.translationRead[level]!++;

    const slot = this.slotOf(gfn);
    if (!permission || slot.logging) this.caches.topup(vcpu);
    const target = slot.logging ? PAGE_LEVEL : slot.naturalLevel(gfn);
    // While pages are tracked a read must not leave a page writable: its first write would go
    // unseen.
    const writable = write || !slot.logging;
    if (permission && level === target) {
      counts.relaxCalls[target]!++;
      this.relaxer.grantWrite(gfn);
    } else {
      const span = this.geometry.spanPages[target]!;
      counts.mapCalls[target]!++;
      this.mapper.map(vcpu, Math.floor(gfn / span) * span, span, writable);
    }
    if (write && slot.logging) {
      counts.dirtyMarked++;
      if (slot.markDirty(gfn)) counts.dirtyNewlySet++;
    }
  }
}
