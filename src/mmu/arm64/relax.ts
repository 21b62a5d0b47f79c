import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import { S2AP_WRITE, VALID } from "./descriptor.js";
import type { GuestCounts } from "./guestCounts.js";
import type { Maintenance } from "./maintenance.js";
import type { TableMemory } from "./memory.js";
import { type Visitor, Walker } from "./walk.js";
import { CONTINUE, WALK_LEAF, type WalkRules } from "./walkRules.js";

const RELAX_RULES: WalkRules = { flags: WALK_LEAF, maxLevel: PAGE_LEVEL, skips: "structured" };

/**
 * Grants write permission on a leaf where it stands: one store, and one TLBI of this CPU alone,
 * since a stale read-only translation elsewhere only faults again.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `kvm_pgtable_stage2_relax_perms()`.
 */
export class RelaxVisitor implements Visitor {
  private readonly walker: Walker;

  constructor(
    geometry: Geometry,
    mem: TableMemory,
    private readonly counts: GuestCounts,
    private readonly maintenance: Maintenance,
  ) {
    this.walker = new Walker(geometry, mem, RELAX_RULES, this, counts.relax);
  }

  /** Makes the leaf over `gfn` writable. */
  grantWrite(gfn: number): void {
    this.walker.walk(gfn, gfn + 1);
    this.maintenance.byIpaLocal();
  }

  leaf(walker: Walker, slot: number): number {
    const lo = walker.lo;
    if ((lo & VALID) === 0 || (lo & S2AP_WRITE) !== 0) return CONTINUE;
    walker.mem.words[2 * slot] = lo | S2AP_WRITE;
    this.counts.relax.pteStores++;
    this.counts.tlbiLocal[walker.level]!++;
    return CONTINUE;
  }
}
