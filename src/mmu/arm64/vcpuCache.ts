import type { Geometry } from "../../guest/geometry.js";
import { PAGE_LEVEL } from "../../guest/geometry.js";
import type { GuestCounts } from "./guestCounts.js";

/**
 * Pages that a vCPU's cache is filled to (Linux 7.3, arch/arm64/include/asm/kvm_types.h,
 * KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE).
 */
export const VCPU_CACHE_CAPACITY = 40;

/**
 * Page caches of the vCPUs, from which faults take tables; only their numbers of pages matter. A
 * fault that may need tables tops its own cache up before it takes mmu_lock.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `user_mem_abort()`; `kvm_mmu_cache_min_pages()` is the
 * number of levels less one.
 */
export class VcpuCaches {
  readonly pages: Int32Array;
  /** Fewer pages than this, and the cache is filled. */
  readonly min: number;

  constructor(
    geometry: Geometry,
    vcpus: number,
    private readonly counts: GuestCounts,
  ) {
    this.pages = new Int32Array(vcpus);
    this.min = PAGE_LEVEL - geometry.startLevel;
  }

  topup(vcpu: number): void {
    const counts = this.counts;
    counts.topupCalls++;
    const held = this.pages[vcpu]!;
    if (held >= this.min) return;
    counts.topupFills++;
    counts.topupPages += VCPU_CACHE_CAPACITY - held;
    this.pages[vcpu] = VCPU_CACHE_CAPACITY;
  }

  /**
   * One page for a table. The top-up before each fault that maps leaves enough for a table at every
   * level.
   */
  take(vcpu: number): void {
    if (this.pages[vcpu]! < 1) throw new Error("a fault needs more tables than its top-up provides for");
    this.pages[vcpu]!--;
    this.counts.tablesAllocated++;
  }
}
