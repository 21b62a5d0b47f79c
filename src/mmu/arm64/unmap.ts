import { PAGE_LEVEL } from "../../guest/geometry.js";
import { newWalkCounts } from "./counts.js";
import { VALID } from "./descriptor.js";
import type { BlockMarks } from "./marks.js";
import type { TableMemory } from "./memory.js";
import type { Stage2 } from "./stage2.js";
import { type Visitor, Walker } from "./walk.js";
import { CONTINUE, WALK_LEAF, WALK_TABLE_POST, type WalkRules } from "./walkRules.js";

const UNMAP_RULES: WalkRules = { flags: WALK_LEAF | WALK_TABLE_POST, maxLevel: PAGE_LEVEL, skips: "structured" };

/**
 * Unmaps a range of a stage-2 tree, as an MMU notifier and the deletion of a memslot do. A leaf
 * that the range touches goes as a whole: what of a block lies outside is faulted back later. A
 * table that is left with nothing is freed after its entries were visited.
 *
 * Source: Linux 7.3, arch/arm64/kvm/hyp/pgtable.c, `kvm_pgtable_stage2_unmap()`,
 * `stage2_unmap_walker()`; with marks, which no kernel has, a block that goes is taken off its
 * table's count.
 */
export class UnmapVisitor implements Visitor {
  /** Leaves taken out, and tables freed, so far. */
  leaves = 0;
  tablesFreed = 0;
  private readonly walker: Walker;
  private readonly mem: TableMemory;
  protected readonly marks: BlockMarks | null;

  constructor({ geometry, mem, marks }: Stage2) {
    this.mem = mem;
    this.marks = marks;
    this.walker = new Walker(geometry, mem, UNMAP_RULES, this, newWalkCounts());
  }

  /** Unmaps [start, end), in frames. */
  unmap(start: number, end: number): void {
    this.walker.walk(start, end);
  }

  leaf(walker: Walker, slot: number): number {
    if ((walker.lo & VALID) === 0) return CONTINUE;
    this.clear(slot);
    this.leaves++;
    if (walker.level < PAGE_LEVEL) this.blockGone(slot);
    return CONTINUE;
  }

  tablePost(walker: Walker, slot: number): number {
    const page = this.mem.childOf(walker.lo, walker.hi);
    const { words, entries } = this.mem;
    for (let word = 2 * page * entries; word < 2 * (page + 1) * entries; word++) if (words[word] !== 0) return CONTINUE;
    // Nothing is below, so that the table is marked and no count has it.
    this.clear(slot);
    this.mem.release(page);
    this.tablesFreed++;
    return CONTINUE;
  }

  /** A block's entry was cleared. */
  protected blockGone(slot: number): void {
    this.marks?.removed(slot);
  }

  private clear(slot: number): void {
    this.mem.words[2 * slot] = 0;
    this.mem.words[2 * slot + 1] = 0;
  }
}
