import { lowestBit } from "./dirtyWords.js";
import type { TableShape } from "./geometry.js";
import type { GStage } from "./gstage.js";
import { Lookup } from "./lookup.js";
import { PageRun } from "./pageRun.js";

/** Write-protects ranges or words of pages. */
export abstract class WriteProtector {
  /** Whether the last call found a leaf above level 0. */
  huge = false;
  protected readonly run = new PageRun();
  protected readonly shape: TableShape;
  protected addr = 0;
  protected end = 0;

  constructor(protected readonly gstage: GStage) {
    this.shape = gstage.shape;
  }

  /** Begins the call for [start, end), in frames. */
  begin(start: number, end: number): void {
    this.beginCall(start, end);
    this.addr = start;
    this.end = end;
  }

  /** Goes on with it up to `limit`, which is a multiple of every leaf's span or behind the end. */
  abstract advance(limit: number): void;
  /** The pages whose bits are set in a word that is not 0; bit 0 is `base`. */
  abstract word(base: number, low: number, high: number): void;

  protected beginCall(start: number, end: number): void {
    this.gstage.writeProtect.calls++;
    this.gstage.observer?.call?.("write-protect", start, end);
    this.huge = false;
  }
}

/**
 * Write-protecting as the kernel does: each page or leaf is looked up from the root.
 *
 * The pages of one level-0 table are gone over in one go: the path to the table cannot change
 * meanwhile, so that each page's lookup reads the same entries above, which are counted for each.
 * The entries of level 0 are read one by one. {@link GStage.naive} looks up each.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c, `kvm_riscv_gstage_wp_range()`; mmu.c,
 * `kvm_arch_mmu_enable_log_dirty_pt_masked()`.
 */
export class LookupWriteProtector extends WriteProtector {
  private readonly lookup: Lookup;

  constructor(gstage: GStage) {
    super(gstage);
    this.lookup = new Lookup(gstage.mem, gstage.geometry);
  }

  advance(limit: number): void {
    const stop = Math.min(limit, this.end);
    let addr = this.addr;
    while (addr < stop) {
      const level = this.stopAt(addr);
      if (level === 0 && !this.gstage.naive) {
        addr = this.restOfTable(addr, stop);
        continue;
      }
      if (this.lookup.found) this.gstage.protectLeaf(this.lookup.slot, level, this.shape.start(addr, level));
      addr = this.shape.end(addr, level);
    }
    this.addr = addr;
  }

  word(base: number, low: number, high: number): void {
    this.beginCall(base, base + 64);
    let lo = low;
    let hi = high;
    while ((lo | hi) !== 0) {
      const bit = lowestBit(lo, hi);
      const gfn = base + bit;
      const level = this.stopAt(gfn);
      let done = bit + 1;
      if (level === 0 && !this.gstage.naive) {
        done = Math.min(64, bit + this.shape.entries - this.shape.index(gfn, 0));
        this.run.bits(this.gstage.mem.words, 2 * this.lookup.slot, bit, done, lo, hi);
        this.countRun();
      } else if (this.lookup.found) {
        this.gstage.protectLeaf(this.lookup.slot, level, this.shape.start(gfn, level));
        done = Math.min(64, this.shape.end(gfn, level) - base);
      }
      // Bits below `done` are handled: those below `bit` were clear already.
      lo = done >= 32 ? 0 : lo & (-1 << done);
      hi = done >= 64 ? 0 : done <= 32 ? hi : hi & (-1 << (done - 32));
    }
  }

  /** Looks a page up and counts where that stopped. */
  private stopAt(gfn: number): number {
    const { writeProtect, observer } = this.gstage;
    this.lookup.of(gfn, writeProtect.inspected);
    const { level, found } = this.lookup;
    writeProtect.lookups++;
    if (found) {
      writeProtect.found[level]!++;
      if (level > 0) this.huge = true;
    } else {
      writeProtect.missing[level]!++;
    }
    observer?.stop?.("write-protect", level, this.shape.start(gfn, level), found ? "leaf" : "empty");
    return level;
  }

  /**
   * The pages from `addr` on, whose lookup is done, to the end of its level-0 table or of the
   * range.
   */
  private restOfTable(addr: number, stop: number): number {
    const count = Math.min(this.shape.entries - this.shape.index(addr, 0), stop - addr);
    this.run.all(this.gstage.mem.words, 2 * this.lookup.slot, count);
    this.countRun();
    return addr + count;
  }

  /** Counts the lookups of the pages of {@link run}, of which the first is counted already. */
  private countRun(): void {
    const { writeProtect, geometry } = this.gstage;
    const { count, found, changed } = this.run;
    const more = count - 1;
    writeProtect.lookups += more;
    for (let level = geometry.rootLevel; level >= 0; level--) writeProtect.inspected[level]! += more;
    const first = this.lookup.found ? 1 : 0;
    writeProtect.found[0]! += found - first;
    writeProtect.missing[0]! += count - found - (1 - first);
    writeProtect.stores[0]! += found;
    writeProtect.changed[0]! += changed;
  }
}
