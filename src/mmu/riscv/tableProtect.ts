import { lowestBit } from "./dirtyWords.js";
import type { GStage } from "./gstage.js";
import { TablePath } from "./tablePath.js";
import { WriteProtector } from "./writeProtect.js";

/**
 * Write-protecting by walking the tables: no lookups, and each leaf or empty entry is handled once
 * a call (strategy table-walk).
 */
export class TableWriteProtector extends WriteProtector {
  private readonly path: TablePath;

  constructor(gstage: GStage) {
    super(gstage);
    this.path = new TablePath(gstage.mem, gstage.geometry);
  }

  advance(limit: number): void {
    const stop = Math.min(limit, this.end);
    let addr = this.addr;
    while (addr < stop) {
      const level = this.handle(addr);
      addr = this.shape.end(addr, level);
      if (level === 0 && !this.gstage.naive) addr = this.restOfTable(addr, stop);
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
      const level = this.handle(gfn);
      let done = Math.min(64, this.shape.end(gfn, level) - base);
      if (level === 0 && !this.gstage.naive && this.shape.index(gfn, 0) < this.shape.entries - 1) {
        done = Math.min(64, bit + this.shape.entries - this.shape.index(gfn, 0));
        this.run.bits(this.gstage.mem.words, 2 * (this.path.slot + 1), bit + 1, done, lo, hi);
        this.countRun();
        // The next page, if there is one, is of another table: which one of this was read last
        // makes no difference.
      }
      lo = done >= 32 ? 0 : lo & (-1 << done);
      hi = done >= 64 ? 0 : done <= 32 ? hi : hi & (-1 << (done - 32));
    }
  }

  protected override beginCall(start: number, end: number): void {
    super.beginCall(start, end);
    this.gstage.writeProtect.lookups++;
    this.path.restart();
  }

  /** Descends to the leaf or empty entry of a frame and handles it. @returns its level */
  private handle(gfn: number): number {
    const { writeProtect, observer } = this.gstage;
    const found = this.path.stopOf(gfn, writeProtect.inspected);
    const { level, slot } = this.path;
    observer?.stop?.("write-protect", level, this.shape.start(gfn, level), found ? "leaf" : "empty");
    if (!found) {
      writeProtect.missing[level]!++;
      return level;
    }
    writeProtect.found[level]!++;
    if (level > 0) this.huge = true;
    this.gstage.protectLeaf(slot, level, this.shape.start(gfn, level));
    return level;
  }

  /** The pages from `addr` on that are in the level-0 table of the page before it, up to `stop`. */
  private restOfTable(addr: number, stop: number): number {
    const index = this.shape.index(addr, 0);
    if (index === 0 || addr >= stop) return addr;
    const count = Math.min(this.shape.entries - index, stop - addr);
    this.run.all(this.gstage.mem.words, 2 * (this.path.slot + 1), count);
    this.countRun();
    this.path.readPagesTo(addr + count - 1);
    return addr + count;
  }

  private countRun(): void {
    const { writeProtect } = this.gstage;
    const { count, found, changed } = this.run;
    writeProtect.inspected[0]! += count;
    writeProtect.found[0]! += found;
    writeProtect.missing[0]! += count - found;
    writeProtect.stores[0]! += found;
    writeProtect.changed[0]! += changed;
  }
}
