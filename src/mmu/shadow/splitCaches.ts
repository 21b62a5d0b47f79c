import type { ShadowCounts } from "./counters.js";

/**
 * The three caches that splitting a nested huge page takes its objects from
 * (arch/x86/kvm/mmu/mmu.c): descriptors for reverse maps, page headers, pages. A top-up fills only
 * a cache that is below its minimum, and then to its capacity.
 */

/**
 * Descriptors that one split can need: one for each of 512 reverse maps, one for the list of
 * parents.
 */
export const MIN_DESCRIPTORS = 513;
/**
 * KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE: what the other caches hold, and what a cache gets beyond its
 * minimum by default.
 */
export const DEFAULT_CAPACITY = 40;

/** How many descriptors the cache is filled to. */
export interface CachePolicy {
  /** At least {@link MIN_DESCRIPTORS}. */
  readonly descriptorCapacity: number;
}

/** A split took more than the minimum that its caches are filled for. */
export class EmptyCacheError extends Error {
  constructor() {
    super("split cache is empty: its minimum is too small");
  }
}

/** One cache of objects; what is put in and what remains stands in a tally. */
export class ObjectCache {
  constructor(
    private readonly tally: { allocated: number; left: number },
    private readonly minimum: number,
    private readonly capacity: number,
  ) {}

  get left(): number {
    return this.tally.left;
  }

  get low(): boolean {
    return this.tally.left < this.minimum;
  }

  topUp(): void {
    if (!this.low) return;
    this.tally.allocated += this.capacity - this.tally.left;
    this.tally.left = this.capacity;
  }

  take(): void {
    if (this.tally.left === 0) throw new EmptyCacheError();
    this.tally.left--;
  }
}

/** Whether all that was put into the caches was used or is left. */
export function cachesAddUp({ descriptors, headers, pages, newShadowPages }: ShadowCounts): boolean {
  return (
    descriptors.allocated === descriptors.consumed + descriptors.left &&
    headers.allocated === newShadowPages + headers.left &&
    pages.allocated === newShadowPages + pages.left
  );
}
