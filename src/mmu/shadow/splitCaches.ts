/**
 * The three caches that splitting a nested huge page takes its objects from (arch/x86/kvm/mmu/mmu.c): descriptors for reverse maps, page
 * headers, pages. A top-up fills only a cache that is below its minimum, and then to its capacity.
 */

/** Descriptors that one split can need: one for each of 512 reverse maps, one for the list of parents. */
export const MIN_DESCRIPTORS = 513;
/** KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE: what the other caches hold, and what a cache gets beyond its minimum by default. */
export const DEFAULT_CAPACITY = 40;

/** How many descriptors the cache is filled to. */
export interface CachePolicy {
  /** At least {@link MIN_DESCRIPTORS}. */
  readonly descriptorCapacity: number;
}

/** One cache of objects, with what was put in and taken. */
export class ObjectCache {
  readonly minimum: number;
  readonly capacity: number;
  left = 0;
  allocated = 0;

  constructor(minimum: number, capacity: number) {
    this.minimum = minimum;
    this.capacity = capacity;
  }

  get low(): boolean {
    return this.left < this.minimum;
  }

  topUp(): void {
    if (!this.low) return;
    this.allocated += this.capacity - this.left;
    this.left = this.capacity;
  }

  take(): void {
    if (this.left === 0) throw new Error("split cache is empty: its minimum is too small");
    this.left--;
  }

  /** Objects taken so far. */
  get consumed(): number {
    return this.allocated - this.left;
  }
}
