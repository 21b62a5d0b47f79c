import type { ByLevel } from "./counts.js";
import { LEAF_MASK, VALID } from "./entry.js";
import { type GStageGeometry, MAX_LEVELS, type TableShape } from "./geometry.js";
import type { TableMemory } from "./memory.js";

/**
 * The path of a table walk: an entry is read when the address enters it, at every level at the
 * start of a call, later only from the highest level whose entry is another than the last one read
 * there.
 */
export class TablePath {
  /** Where the last descent stopped: a leaf, an empty entry, or the lowest level asked for. */
  slot = 0;
  level = 0;
  /**
   * Number of the entry read last at each level, in entries of that level from frame 0; -1: none of
   * the present path.
   */
  private readonly entries = new Float64Array(MAX_LEVELS).fill(-1);
  /** The table page of each level. */
  private readonly pages = new Float64Array(MAX_LEVELS);

  private readonly rootLevel: number;
  private readonly shape: TableShape;

  constructor(
    private readonly mem: TableMemory,
    { rootLevel, shape }: GStageGeometry,
  ) {
    this.rootLevel = rootLevel;
    this.shape = shape;
  }

  /** Nothing has been read: the start of a call, or after the lock was dropped. */
  restart(): void {
    this.entries.fill(-1);
  }

  /**
   * The highest level whose entry for `gfn` has not been read last; below `lowest` where all have.
   */
  firstUnread(gfn: number, lowest: number): number {
    let level = this.rootLevel;
    while (level >= lowest && this.entries[level] === this.shape.entryOf(gfn, level)) level--;
    return level;
  }

  /** Reads the entry of `level`, whose table must be on the path. @returns its lo word */
  read(gfn: number, level: number, inspected: ByLevel): number {
    inspected[level]!++;
    this.entries[level] = this.shape.entryOf(gfn, level);
    if (level > 0) this.entries[level - 1] = -1;
    this.level = level;
    this.slot =
      level === this.rootLevel
        ? this.shape.rootIndex(gfn, level)
        : this.pages[level]! * this.shape.entries + this.shape.index(gfn, level);
    return this.mem.words[2 * this.slot]!;
  }

  /** Says which table the entry read last at `level` points to. */
  enter(level: number, page: number): void {
    this.pages[level - 1] = page;
  }

  /**
   * Descends to the leaf or empty entry of `gfn`, reading what has not been read. @returns whether
   * it is a leaf
   */
  stopOf(gfn: number, inspected: ByLevel): boolean {
    let level = this.firstUnread(gfn, 0);
    if (level < 0) throw new Error(`frame ${gfn} is handled twice`);
    for (;;) {
      const lo = this.read(gfn, level, inspected);
      if ((lo & LEAF_MASK) !== 0) return true;
      if ((lo & VALID) === 0) return false;
      this.enter(level, this.mem.childOf(lo, this.mem.words[2 * this.slot + 1]!));
      level--;
    }
  }

  /** Notes that the entries of the present level-0 table up to that of `gfn` have been read. */
  readPagesTo(gfn: number): void {
    this.entries[0] = gfn;
  }
}
