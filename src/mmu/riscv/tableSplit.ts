import { LEAF_MASK, VALID } from "./entry.js";
import type { GStage } from "./gstage.js";
import { Splitter } from "./splitLoop.js";
import { TablePath } from "./tablePath.js";

/**
 * Splitting by walking the tables: a page is needed only where something is to be split (strategy
 * table-walk).
 */
export class TableSplitter extends Splitter {
  private readonly path: TablePath;

  constructor(gstage: GStage) {
    super(gstage);
    this.path = new TablePath(gstage.mem, gstage.geometry);
  }

  override begin(start: number, end: number): void {
    super.begin(start, end);
    this.path.restart();
  }

  advance(limit: number): void {
    const { gstage } = this;
    const stop = Math.min(limit, this.end);
    while (this.addr < stop) {
      gstage.split.steps++;
      if (gstage.poll()) this.drop(this.addr, true);
      this.addr = this.step();
    }
  }

  /**
   * One step: down to level 1 of the present address, splitting what is a leaf. @returns where the
   * next begins
   */
  private step(): number {
    const { gstage, path, addr } = this;
    const { mem, split, cache, observer, shape } = gstage;
    let level = path.firstUnread(addr, 1);
    let splits = 0;
    while (level > 0) {
      const lo = path.read(addr, level, split.inspected);
      const kind = (lo & LEAF_MASK) !== 0 ? "leaf" : (lo & VALID) === 0 ? "empty" : "table";
      observer?.stop?.("split", level, shape.start(addr, level), kind);
      if (kind === "empty") return shape.end(addr, level);
      if (kind === "leaf" && cache.pages === 0) {
        this.drop(splits > 0 ? addr + shape.span[1]! : addr, false);
        level = gstage.geometry.rootLevel;
        continue;
      }
      if (kind === "table") {
        path.enter(level, mem.childOf(lo, mem.words[2 * path.slot + 1]!));
      } else {
        path.enter(level, gstage.splitLeaf(path.slot, level, addr, cache));
        this.unflushed++;
        splits++;
      }
      level--;
    }
    return addr + shape.span[1]!;
  }

  /** Flushes what is pending up to `flushEnd`, drops the lock, tops up, and forgets the path. */
  private drop(flushEnd: number, resched: boolean): void {
    this.flushBeforeDrop(flushEnd);
    this.gstage.dropLock(this.addr, resched, 1);
    this.path.restart();
  }
}
