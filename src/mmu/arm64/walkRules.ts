/**
 * Walk flags, one by one as the kernel has them (Linux 7.3, arch/arm64/include/asm/kvm_pgtable.h),
 * and those proposed.
 */
export const WALK_PAGE = 1;
export const WALK_BLOCK = 2;
/**
 * Visit every entry that is no table, valid or not. Upton's proposal of 2026-05-18 splits it into
 * PAGE (level 3) and BLOCK (above).
 */
export const WALK_LEAF = WALK_PAGE | WALK_BLOCK;
/** Visit a table before what is below it. */
export const WALK_TABLE_PRE = 4;
/** Visit a table after what is below it. */
export const WALK_TABLE_POST = 8;
/** -EAGAIN from a visitor does not end the walk. */
export const WALK_IGNORE_EAGAIN = 16;
/** Do not enter tables of level n: `WALK_SKIP_LEVEL0 << n`, Bras v1 to v3, June and July 2026. */
export const WALK_SKIP_LEVEL0 = 32;

/**
 * What a visitor may return besides a negative errno: go on; do not enter what is below; leave the
 * present table.
 */
export const CONTINUE = 0;
export const SKIP_CHILDREN = 1;
export const SKIP_SIBLINGS = 2;

export const EAGAIN = -11;
export const ENOMEM = -12;
export const EINVAL = -22;

/** {@link WalkPosition.fresh}: the entry is not a table that this visit made. */
export const NOT_FRESH = 0;
/** This visit made a table of next-level entries, of which some are blocks. */
export const FRESH_TABLE = 1;
/** This visit made a subtree that is split down to pages. */
export const FRESH_PAGES = 2;

/**
 * Where a walk is. One object, changed in place: a rule or visitor reads it and does not keep it.
 */
export interface WalkPosition {
  /** Level of the entry, 0 to 3. */
  readonly level: number;
  /** Index of the entry in its table page. */
  readonly index: number;
  /**
   * The walk's present address (IPA >> page shift). With rules that move it, not always inside the
   * entry.
   */
  readonly addr: number;
  /** End of the walk's range, exclusive. */
  readonly end: number;
  /** First frame that the entry covers, from its place in the tree. */
  readonly entryGfn: number;
  /** Pages that the entry covers. */
  readonly span: number;
  /** The descriptor as last read: bits 31:0 and 63:32, each as a signed 32-bit integer. */
  readonly lo: number;
  readonly hi: number;
  /** NOT_FRESH, FRESH_TABLE or FRESH_PAGES. */
  readonly fresh: number;
}

/** What steers a walk; the plain walk has LEAF, level 3 and nothing else. */
export interface WalkRules {
  readonly flags: number;
  /**
   * The deepest level that is entered (Deacon, 2026-05-18); a table at this level is inspected, not
   * visited, not entered.
   */
  readonly maxLevel: number;
  /** Asked before a table is entered (fresh ones too); undefined enters all. */
  readonly enter?: ((at: WalkPosition) => boolean) | undefined;
  /**
   * How SKIP_CHILDREN and SKIP_SIBLINGS act. `structured`: they end the present loop. `as-posted`
   * (RFC of 2026-05-15): they only move the address; the loop over the table's entries goes on with
   * the next index.
   */
  readonly skips: "structured" | "as-posted";
}

/**
 * Watches a walk entry by entry (trace, verify). A watched walk takes the general path, entry by
 * entry.
 */
export interface WalkObserver {
  /** The entry was read. */
  inspected(at: WalkPosition, slot: number): void;
  /**
   * What became of the entry: `code` of the visitor (0 where not called) and where the walk goes
   * from here.
   */
  decided(at: WalkPosition, slot: number, visited: boolean, code: number, step: WalkStep): void;
}

/**
 * `advance`: to the end of the entry. `enter`: into the table. The others say why a table or its
 * siblings were passed over.
 */
export type WalkStep = "advance" | "enter" | "not-entered" | "skip-children" | "skip-siblings" | "error";
