import { formatAddress } from "../../guest/sizes.js";

/** How large tables are: everything else of their geometry follows. */
export interface TableGeometry {
  /** Entries of a table, a power of 2 from 4 to 512. */
  readonly entries: number;
  /** Its logarithm. */
  readonly levelBits: number;
  /**
   * 4K frames that an entry of a level covers, by level as in arch/x86/kvm/mmu: 1 is 4K, 2 is 2M, 3
   * is 1G, 4 or 5 is the root.
   */
  readonly pages: readonly number[];
  /**
   * Frames that a word of the dirty log covers; a divisor of those of an entry of level 2. At most
   * 64.
   */
  readonly wordPages: number;
}

/** The geometry of tables whose entries are so many bits of the gfn. @param levelBits 2 to 9 */
export function tableGeometry(levelBits: number, wordPages: number): TableGeometry {
  const pages = [1, 2, 3, 4, 5].map((level) => 2 ** (levelBits * (level - 1)));
  return { entries: 2 ** levelBits, levelBits, pages: [0, ...pages], wordPages };
}

/** The geometry of x86. */
export const REAL_TABLES = tableGeometry(9, 64);

/** Entries of a page table of x86. */
export const ENTRIES = REAL_TABLES.entries;

/** {@link TableGeometry.pages} of x86. */
export const PAGES = REAL_TABLES.pages;

/** The same for one level; loops over many entries read the list. */
export function pagesAt(level: number): number {
  return ENTRIES ** (level - 1);
}

/** A frame as a guest physical address. */
export function gpaOf(gfn: number): string {
  return formatAddress(gfn * 4096);
}
