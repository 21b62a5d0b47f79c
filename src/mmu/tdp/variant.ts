/**
 * The contract of a TDP iterator variant: in which order a walk takes the entries of a table, and
 * which of them it passes over. All variants, built-in or custom, are expressed in it; for
 * four of them the iterator knows a faster way to the same counts ({@link IterVariant.fast}), and a
 * test holds the two equal.
 *
 * The walk around it is the kernel's (arch/x86/kvm/mmu/tdp_iter.c): pre-order, the re-read before a
 * step down, the mark, the restarts.
 */
export interface IterVariant {
  /**
   * Asked when the walk is about to enter a table at `index`, the entry that covers the mark.
   *
   * @returns the entry to land on, not before `index`; 512: the table is not entered
   */
  readonly enter: (table: TableView, index: number) => number;
  /**
   * Asked when the walk is done with entry `index` and all below it.
   *
   * @returns the entry to land on next, after `index`; 512: the table is left
   */
  readonly next: (table: TableView, index: number) => number;
  /** Which entries run the loop body (and so poll): every one, or only those that are present. */
  readonly body: "every" | "present";
  /**
   * Non-present entries that the loop body steps over, at most, before it looks at one; 0 is none.
   */
  readonly aside: number;
  /**
   * When the body sets the mark to the entry it stands on: after it stepped aside, or in each
   * iteration.
   */
  readonly asideMark: "moved" | "always";
  /** Asked before a present table is entered (after the re-read); absent: all are. */
  readonly descend?: ((table: TableView, index: number) => boolean) | undefined;
  /**
   * Which of the iterator's own step functions does the same; absent: the functions above are
   * called.
   */
  readonly fast?: FastSteps | undefined;
}

/** See {@link IterVariant.fast}. */
export type FastSteps = "each" | "present" | "count" | "bitmap";

/**
 * What a variant sees of a table. Reading an entry is counted; the bookkeeping of the table is not.
 */
export interface TableView {
  /** 1 is the table of 4K entries. */
  readonly level: number;
  /**
   * Entries of a table: 512, or fewer in the small geometry of an exhaustive search. 512 is beyond
   * the end of any.
   */
  readonly entries: number;
  /** Whether this is the root. */
  readonly isRoot: boolean;
  /** Whether the entry that the walk stands on was present when it was read last. */
  readonly present: boolean;
  /** Present entries of this table. */
  readonly used: number;
  /**
   * A number of the variant's own for the time this table is walked; 0 before
   * {@link IterVariant.enter}.
   */
  memo: number;
  /**
   * Reads entry `index`, which counts as an SPTE read; landing on the entry read last costs no
   * second one. @returns whether it is present
   */
  load(index: number): boolean;
  /**
   * The first present entry at or after `index`, from the table's bitmap, or 512. Costs no read.
   */
  firstUsed(index: number): number;
}
