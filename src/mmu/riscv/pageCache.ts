/** Pages that a cache is filled to. */
const CACHE_CAPACITY = 32;

/**
 * A cache of pages for tables, so that none need be allocated under mmu_lock: one of the VM for
 * splitting, one of each vCPU for its faults.
 *
 * Source: Linux 7.3, virt/kvm/kvm_main.c, `kvm_mmu_topup_memory_cache()`;
 * arch/riscv/include/asm/kvm_mmu.h.
 */
export class PageCache {
  pages = 0;

  /** @param capacity pages that it is filled to */
  constructor(private readonly capacity = CACHE_CAPACITY) {}

  /**
   * Fills the cache if it holds fewer than `least` pages. @returns the pages added, 0 where it held
   * enough
   */
  topup(least: number): number {
    if (this.pages >= least) return 0;
    const added = this.capacity - this.pages;
    this.pages = this.capacity;
    return added;
  }
}
