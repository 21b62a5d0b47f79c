/** What a store is for. */
export type StoreCause =
  /** Write permission taken. */
  | "write-protect"
  /** An entry of a subtree that is not linked yet: the nested walk. */
  | "nested"
  /** The marker that breaks a block. */
  | "break"
  /** The table that takes the place of a block. */
  | "make"
  /** The mark in the descriptor of a table that is linked already (split-mark). */
  | "mark";

/**
 * Told of everything that happens to the tables, in the order of the kernel: stores, invalidations,
 * and when mmu_lock is held. Where nobody listens it costs a comparison for each block that is
 * replaced, and none for a page.
 */
export interface StoreListener {
  /** A table page was taken into use, for a table of this level; it is zero. */
  tablePage(page: number, level: number): void;
  store(slot: number, lo: number, hi: number, cause: StoreCause): void;
  /** A TLBI by IPA: of the frame that it names, for an entry of this level. */
  tlbi(gfn: number, level: number): void;
  /** The flush of a memslot. */
  flush(): void;
  lock(): void;
  unlock(): void;
}
