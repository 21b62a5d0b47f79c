import type { Counts } from "../mmu/counters.js";
import { mix32 } from "../stats/random.js";

/**
 * One pass of a vCPU over memory of its own that is write-protected and logged, aligned to its
 * blocks.
 */
export interface GuestPass {
  /** Bytes of the leaves that map the memory as the pass begins: the page size once split. */
  readonly leafBytes: number;
  readonly pageBytes: number;
  /** Descriptors in a table. */
  readonly entries: number;
  readonly memoryBytes: number;
  /** Bytes from one access to the next: the page size touches every page once. */
  readonly strideBytes: number;
  /** 0 to 100. */
  readonly writePercent: number;
  /**
   * In place of a chance: access i is a write if i is a multiple of it (`-f` of the test until
   * 2022).
   */
  readonly writeEvery?: number;
  readonly iteration: number;
  readonly vcpu: number;
  readonly seed: number;
  /**
   * Index of the first access in the vCPU's sequence, where the memory is one part of several.
   * Default 0.
   */
  readonly firstAccess?: number;
}

/**
 * Pages that the vCPU's cache is filled to when a fault finds too few (kernel:
 * KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE).
 */
const CACHE_FILL = 40;

/** Whether access i of a vCPU is a write: the rule `hash` of the golden flows. */
export function writes(pass: Pick<GuestPass, "seed" | "iteration" | "vcpu" | "writePercent">, i: number): boolean {
  const { seed, iteration, vcpu, writePercent } = pass;
  return mix32(i + mix32(vcpu + mix32(iteration + mix32(seed + 1)))) % 100 < writePercent;
}

/**
 * What a pass costs the guest, by the rules of the fault path: reads of a write-protected block or
 * page fault nothing; the first write to a block replaces it by tables and one page, and leaves the
 * rest of it unmapped, so that every later access there faults; a write to a write-protected page
 * is relaxed in place.
 *
 * Has the shape of a guest step of a flow. Source: Linux 7.3, arch/arm64/kvm/mmu.c,
 * `user_mem_abort()`; pgtable.c.
 */
export function guestPass(pass: GuestPass): Counts {
  const { leafBytes, pageBytes, memoryBytes, strideBytes } = pass;
  const accesses = Math.floor(memoryBytes / strideBytes);
  const first = pass.firstAccess ?? 0;
  const every = pass.writeEvery ?? 0;
  let writesDone = 0;
  let broken = 0;
  let unmappedReads = 0;
  let unmappedWrites = 0;
  let pageWrites = 0;
  // Tables from the block's level to the page's: 1 under a level-2 block, 2 under a level-1 block;
  // a leaf-2 table of a broken level-1 block is shared by the pages below it.
  const tables = new Set<number>();
  let brokenBlock = -1;
  for (let i = 0; i < accesses; i++) {
    const write = every > 0 ? (first + i) % every === 0 : writes(pass, first + i);
    if (write) writesDone++;
    if (leafBytes === pageBytes) {
      if (write) pageWrites++;
      continue;
    }
    const address = i * strideBytes;
    const block = Math.floor(address / leafBytes);
    if (block !== brokenBlock) {
      if (!write) continue;
      brokenBlock = block;
      broken++;
    } else if (write) unmappedWrites++;
    else unmappedReads++;
    for (let span = leafBytes; span > pageBytes; span /= pass.entries)
      tables.add(span * 2 ** 20 + Math.floor(address / span));
  }
  const level = leafBytes === pageBytes ? 3 : leafBytes === pageBytes * pass.entries ? 2 : 1;
  const mapped = broken + unmappedReads + unmappedWrites;
  return {
    kind: "guest",
    reads: accesses - writesDone,
    writes: writesDone,
    faults: {
      permissionWrite: { [level]: level === 3 ? pageWrites : broken },
      translationRead: { 3: unmappedReads },
      translationWrite: { 3: unmappedWrites },
    },
    map: { calls: { 3: mapped }, visits: { invalid: { 3: mapped } }, pteStores: 2 * mapped + 2 * tables.size },
    relax: { calls: { 3: pageWrites }, visits: { valid: { 3: pageWrites } }, pteStores: pageWrites },
    tlbi: { [level]: broken },
    tlbiLocal: { 3: pageWrites },
    tablesAllocated: tables.size,
    topup: { pages: tables.size === 0 ? 0 : Math.ceil(tables.size / (CACHE_FILL - 1)) * CACHE_FILL },
    cmo: { dcache: mapped, icache: mapped },
  };
}
