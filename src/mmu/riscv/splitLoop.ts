import { LEAF_MASK, VALID } from "./entry.js";
import type { GStage } from "./gstage.js";
import type { PageCache } from "./pageCache.js";
import type { SplitStep } from "./strategy.js";

/** Splits ranges down to 4K. */
export abstract class Splitter {
  protected addr = 0;
  protected end = 0;
  /** Where the next flush before a lock drop begins. */
  private last = 0;
  /** Splits of this call that its own flushes have not covered. */
  protected unflushed = 0;

  constructor(protected readonly gstage: GStage) {}

  /** What the call returns: whether it has split something that is not flushed. */
  get pending(): boolean {
    return this.unflushed > 0;
  }

  /** Begins a call for [start, end), in frames. */
  begin(start: number, end: number): void {
    const { split, observer, rules, shape } = this.gstage;
    split.ranges++;
    observer?.call?.("split", start, end);
    this.addr = rules.start === "aligned" ? shape.start(start, 1) : start;
    this.last = this.addr;
    this.end = end;
    this.unflushed = 0;
  }

  /** Goes on with it up to `limit`, which is a multiple of every leaf's span or behind the end. */
  abstract advance(limit: number): void;

  /** Flushes what is pending up to `end`, where the strategy does so before mmu_lock is dropped. */
  protected flushBeforeDrop(end: number): void {
    if (!this.gstage.rules.flushBeforeDrop || this.unflushed === 0) return;
    this.gstage.flushes.request("drop", this.last, end - this.last);
    this.last = this.addr;
    this.unflushed = 0;
  }
}

/**
 * The split walk of one frame down to level `target`: each leaf on the way becomes a table. Entries
 * of the target level are not read.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c, `kvm_riscv_gstage_split_huge()`.
 *
 * @param onSplit told each split, after its store
 * @returns the level of the empty entry that it stopped at, or -1
 */
export function splitWalk(
  gstage: GStage,
  gfn: number,
  target: number,
  cache: PageCache,
  onSplit: ((level: number, gfn: number) => void) | null,
): number {
  const { mem, split, observer, shape } = gstage;
  let level = gstage.geometry.rootLevel;
  let slot = shape.rootIndex(gfn, level);
  while (level > target) {
    split.inspected[level]!++;
    const lo = mem.words[2 * slot]!;
    if ((lo & VALID) === 0) {
      observer?.stop?.("split", level, shape.start(gfn, level), "empty");
      return level;
    }
    let page: number;
    if ((lo & LEAF_MASK) !== 0) {
      observer?.stop?.("split", level, shape.start(gfn, level), "leaf");
      page = gstage.splitLeaf(slot, level, gfn, cache);
      if (onSplit !== null) onSplit(level, gfn);
    } else {
      observer?.stop?.("split", level, shape.start(gfn, level), "table");
      page = mem.childOf(lo, mem.words[2 * slot + 1]!);
    }
    level--;
    slot = page * shape.entries + shape.index(gfn, level);
  }
  return -1;
}

/**
 * The split loop as the kernel has it: 2M a step, a walk from the root in each; mmu_lock is dropped
 * where need_resched is true or the cache holds fewer pages than a walk may need.
 *
 * Source: Linux 7.3, arch/riscv/kvm/mmu.c, the loop of eager page splitting.
 */
export class LookupSplitter extends Splitter {
  private readonly onSplit: ((level: number, gfn: number) => void) | null;
  private readonly step: { -readonly [K in keyof SplitStep]: SplitStep[K] } = {
    gfn: 0,
    endGfn: 0,
    emptyLevel: -1,
    splits: 0,
  };

  constructor(gstage: GStage) {
    super(gstage);
    const atOnce = gstage.rules.flushEachInClear && gstage.setup.clearing;
    this.onSplit = atOnce ? (level, gfn) => gstage.flushEntry(gfn, level) : null;
  }

  advance(limit: number): void {
    const { gstage } = this;
    const { split, cache } = gstage;
    const { levels } = gstage.geometry;
    const stop = Math.min(limit, this.end);
    while (this.addr < stop) {
      split.steps++;
      const resched = gstage.poll();
      if (resched || cache.pages < levels) {
        this.flushBeforeDrop(this.addr);
        gstage.dropLock(this.addr, resched, levels);
      }
      const before = split.tablesAllocated;
      const empty = splitWalk(gstage, this.addr, 0, cache, this.onSplit);
      const splits = split.tablesAllocated - before;
      this.unflushed += splits;
      this.addr = this.nextAfter(empty, splits);
    }
  }

  private nextAfter(emptyLevel: number, splits: number): number {
    const { rules, shape } = this.gstage;
    if (rules.next !== undefined) {
      this.step.gfn = this.addr;
      this.step.endGfn = this.end;
      this.step.emptyLevel = emptyLevel;
      this.step.splits = splits;
      return rules.next(this.step);
    }
    if (rules.holes === "skip" && emptyLevel >= 0) return shape.end(this.addr, emptyLevel);
    return this.addr + shape.span[1]!;
  }
}
