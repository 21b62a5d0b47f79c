import type { WalkCounts } from "./counts.js";
import { S2AP_WRITE, VALID } from "./descriptor.js";
import type { StoreListener } from "./storeListener.js";
import type { Visitor, Walker } from "./walk.js";
import { CONTINUE, WALK_IGNORE_EAGAIN, WALK_LEAF, type WalkRules } from "./walkRules.js";

/** The rules of the write-protect walk: LEAF and IGNORE_EAGAIN; the same under every strategy. */
export const WRITE_PROTECT_RULES: WalkRules = {
  flags: WALK_LEAF | WALK_IGNORE_EAGAIN,
  maxLevel: 3,
  skips: "structured",
};

/**
 * Clears S2AP write of valid leaves that have it; each costs one store. Invalid entries are visited
 * and left alone.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `stage2_attr_walker()` as
 * `kvm_pgtable_stage2_wrprotect()` calls it.
 */
export class WriteProtectVisitor implements Visitor {
  listener: StoreListener | null = null;

  constructor(private readonly counts: WalkCounts) {}

  leaf(walker: Walker, slot: number): number {
    const lo = walker.lo;
    if ((lo & VALID) !== 0 && (lo & S2AP_WRITE) !== 0) {
      walker.mem.words[2 * slot] = lo & ~S2AP_WRITE;
      this.counts.pteStores++;
      if (this.listener !== null) this.listener.store(slot, lo & ~S2AP_WRITE, walker.hi, "write-protect");
    }
    return CONTINUE;
  }

  /**
   * Reads every descriptor of the run and applies the rule of {@link leaf} to each; only the calls
   * are left out.
   */
  pages({ mem: { words } }: Walker, slot: number, count: number): number {
    const validBit = VALID;
    const writeBit = S2AP_WRITE;
    const writable = VALID | S2AP_WRITE;
    let valid = 0;
    let stores = 0;
    const endWord = (2 * (slot + count)) | 0;
    for (let word = (2 * slot) | 0; word < endWord; word = (word + 2) | 0) {
      const lo = words[word]! | 0;
      valid = (valid + (lo & validBit)) | 0;
      if ((lo & writable) === writable) {
        words[word] = lo & ~writeBit;
        stores = (stores + 1) | 0;
      }
    }
    this.counts.pteStores += stores;
    return valid;
  }
}
