/** Entries of a page table of x86. */
export const ENTRIES = 512;

/** 4K frames that an entry of a level covers, by level as in arch/x86/kvm/mmu: 1 is 4K, 2 is 2M, 3 is 1G, 4 or 5 is the root. */
export const PAGES: readonly number[] = [0, 1, 2 ** 9, 2 ** 18, 2 ** 27, 2 ** 36];
