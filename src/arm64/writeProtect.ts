import type { Stage2Counts, WalkCounts } from "./counts.js";
import { S2AP_WRITE, VALID } from "./descriptor.js";
import { CONTINUE, type Visitor, WALK_IGNORE_EAGAIN, WALK_LEAF, type Walker, type WalkRules } from "./walk.js";

/** The rules of the write-protect walk: LEAF and IGNORE_EAGAIN; the same under every strategy. */
export const WRITE_PROTECT_RULES: WalkRules = {
  flags: WALK_LEAF | WALK_IGNORE_EAGAIN,
  maxLevel: 3,
  skips: "structured",
};

/**
 * Clears S2AP write of valid leaves that have it; each costs one store. Invalid entries are visited and left alone.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `stage2_attr_walker()` as `kvm_pgtable_stage2_wrprotect()` calls it.
 */
export class WriteProtectVisitor implements Visitor {
  constructor(private readonly counts: WalkCounts) {}

  leaf(walker: Walker, slot: number): number {
    const lo = walker.lo;
    if ((lo & VALID) !== 0 && (lo & S2AP_WRITE) !== 0) {
      walker.mem.words[2 * slot] = lo & ~S2AP_WRITE;
      this.counts.pteStores++;
    }
    return CONTINUE;
  }

  pages(words: Uint32Array, slot: number, count: number): number {
    let valid = 0;
    let stores = 0;
    const endWord = 2 * (slot + count);
    for (let word = 2 * slot; word < endWord; word += 2) {
      const lo = words[word]!;
      valid += lo & VALID;
      if ((lo & (VALID | S2AP_WRITE)) === (VALID | S2AP_WRITE)) {
        words[word] = lo & ~S2AP_WRITE;
        stores++;
      }
    }
    this.counts.pteStores += stores;
    return valid;
  }
}

/**
 * Write-protects [start, end), in frames, in steps that end at absolute multiples of 1G, 32M or 512M; each step is one walk, and
 * mmu_lock may be dropped between two of them.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `stage2_apply_range_resched()`.
 */
export function writeProtectSteps(walker: Walker, counts: Stage2Counts, start: number, end: number): void {
  const step = walker.geometry.resetStepPages;
  for (let at = start; at < end; ) {
    const stop = Math.min(end, Math.floor(at / step) * step + step);
    counts.writeProtectWalks++;
    walker.walk(at, stop);
    at = stop;
  }
}
