import { MARK_HI } from "./descriptor.js";
import type { TableMemory } from "./memory.js";
import type { StoreListener } from "./storeListener.js";

/**
 * Keeps bit 55 of table descriptors exact: set if and only if no block is mapped anywhere below
 * (strategy split-mark).
 *
 * Each table page has a count of its entries that are blocks or unmarked tables. The mark in its
 * parent's descriptor is set while that count is 0. Every method returns the stores it made to
 * linked descriptors, which the caller counts.
 */
export class BlockMarks {
  listener: StoreListener | null = null;
  private blocks = new Int32Array(64);
  /**
   * Slot of the descriptor that points to this page; -1 for the root and for pages not linked yet.
   */
  private parentSlot = new Int32Array(64).fill(-1);
  /**
   * 1 for pages whose count is that of the finished guest although not all of it is built: see
   * {@link linkedAhead}.
   */
  private ahead = new Uint8Array(64);

  /** log2 of the slots of a page. */
  private readonly slotBits: number;

  constructor(private readonly mem: TableMemory) {
    this.slotBits = Math.log2(mem.entries);
  }

  /**
   * A new table page with so many blocks among its entries, linked at `slot`. The caller stores the
   * descriptor.
   */
  linked(page: number, slot: number, blocksInside: number): void {
    this.grow(page);
    this.blocks[page] = blocksInside;
    this.parentSlot[page] = slot;
    this.ahead[page] = 0;
  }

  /**
   * A new table page that reaches beyond the region that is being built, linked at `slot`: it is
   * given the count that it would have with the whole guest built, so that its mark is the whole
   * tree's at every moment.
   */
  linkedAhead(page: number, slot: number, blocksInside: number): void {
    this.linked(page, slot, blocksInside);
    this.ahead[page] = 1;
  }

  /**
   * As {@link added}, while the guest is built: a page that was linked ahead has this block in its
   * count already.
   */
  built(slot: number): void {
    const page = this.pageOf(slot);
    if (this.ahead[page] === 1 || this.blocks[page]!++ > 0) return;
    const parent = this.parentSlot[page]!;
    if (parent < 0) return;
    this.mem.words[2 * parent + 1]! &= ~MARK_HI;
    this.built(parent);
  }

  /** hi bits to add to the descriptor of a table with so many blocks below. */
  bits(blocksInside: number): number {
    return blocksInside === 0 ? MARK_HI : 0;
  }

  /**
   * An entry of the page holding `slot` became a block (or an unmarked table) and was none before.
   */
  added(slot: number): number {
    const page = this.pageOf(slot);
    this.grow(page);
    if (this.blocks[page]!++ > 0) return 0;
    const parent = this.parentSlot[page]!;
    if (parent < 0) return 0;
    this.mem.words[2 * parent + 1]! &= ~MARK_HI;
    if (this.listener !== null) this.tell(this.listener, parent);
    return 1 + this.added(parent);
  }

  /** An entry of the page holding `slot` was a block (or an unmarked table) and is none now. */
  removed(slot: number): number {
    const page = this.pageOf(slot);
    if (--this.blocks[page]! > 0) return 0;
    const parent = this.parentSlot[page]!;
    if (parent < 0) return 0;
    this.mem.words[2 * parent + 1]! |= MARK_HI;
    if (this.listener !== null) this.tell(this.listener, parent);
    return 1 + this.removed(parent);
  }

  private tell(listener: StoreListener, slot: number): void {
    listener.store(slot, this.mem.words[2 * slot]!, this.mem.words[2 * slot + 1]!, "mark");
  }

  /**
   * Of a guest that is built: {@link ahead} matters only while building goes on, so it is not kept.
   */
  snapshot(): MarksSnapshot {
    return { blocks: this.blocks.slice(), parentSlot: this.parentSlot.slice() };
  }

  restore(snapshot: MarksSnapshot): void {
    if (this.blocks.length < snapshot.blocks.length) this.grow(snapshot.blocks.length);
    this.blocks.set(snapshot.blocks);
    this.parentSlot.set(snapshot.parentSlot);
  }

  private pageOf(slot: number): number {
    return slot >>> this.slotBits;
  }

  private grow(page: number): void {
    if (page < this.blocks.length) return;
    const size = Math.max(page + 1, this.blocks.length * 2);
    const blocks = new Int32Array(size);
    blocks.set(this.blocks);
    this.blocks = blocks;
    const parents = new Int32Array(size).fill(-1);
    parents.set(this.parentSlot);
    this.parentSlot = parents;
    const ahead = new Uint8Array(size);
    ahead.set(this.ahead);
    this.ahead = ahead;
  }
}

export interface MarksSnapshot {
  readonly blocks: Int32Array;
  readonly parentSlot: Int32Array;
}
