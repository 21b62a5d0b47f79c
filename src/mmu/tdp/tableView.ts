import { REAL_TABLES } from "../x86/pages.js";
import { PRESENT, type TdpTree } from "./tree.js";
import type { TableView } from "./variant.js";

/**
 * The {@link TableView} of the table that a variant is asked about. One object for all tables: a
 * walk allocates nothing.
 */
export class View implements TableView {
  level = 0;
  base = 0;
  isRoot = false;
  present = false;
  used = 0;
  /** Offset of the entry that was loaded last; -1 where there is none yet. */
  loaded = -1;
  /** Entries loaded during the present walk. */
  loads = 0;

  readonly entries: number;
  private readonly levelBits: number;

  constructor(
    private readonly tree: TdpTree,
    private readonly memos: Int32Array,
  ) {
    this.entries = tree.entries;
    this.levelBits = tree.geometry.levelBits;
  }

  /** Turns to a table, of which nothing is loaded yet. */
  of(level: number, base: number, isRoot: boolean, spte: number): this {
    this.level = level;
    this.base = base;
    this.isRoot = isRoot;
    this.present = (spte & PRESENT) !== 0;
    this.used = this.tree.used[base >> this.levelBits]!;
    this.loaded = -1;
    return this;
  }

  get memo(): number {
    return this.memos[this.level]!;
  }

  set memo(value: number) {
    this.memos[this.level] = value;
  }

  load(index: number): boolean {
    if (!(index >= 0 && index < REAL_TABLES.entries))
      throw new RangeError(`load(${index}): a table has entries 0 to 511`);
    // A strategy may take every table for one of 512 entries: those that a small table lacks are
    // not present.
    if (index >= this.entries) return false;
    this.loaded = this.base + index;
    this.loads++;
    return (this.tree.words[this.loaded]! & PRESENT) !== 0;
  }

  firstUsed(index: number): number {
    return index >= this.entries ? REAL_TABLES.entries : this.tree.firstUsed(this.base, Math.max(0, index | 0));
  }
}

/** @throws RangeError where a hook gave what is no entry from `min` on */
export function checkedIndex(hook: string, index: number, min: number): number {
  if (!Number.isInteger(index) || index < min || index > REAL_TABLES.entries) {
    throw new RangeError(
      `${hook} gave entry ${String(index)}; expected a whole number from ${min} to ${REAL_TABLES.entries}`,
    );
  }
  return index;
}
