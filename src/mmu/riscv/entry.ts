/**
 * G-stage page-table entries: 64 bits, held as two 32-bit words (`lo`, `hi`), so that the walk
 * needs no BigInt.
 *
 * V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, bits 8 and 9 software's, PFN in bits 53:10. An entry of 0
 * is empty, one with R, W or X is a leaf at any level, one with V alone points to a table.
 *
 * Source: RISC-V privileged architecture, Sv39 to Sv57; Linux 7.3, arch/riscv/kvm/gstage.c.
 */

/** lo bit 0. */
export const VALID = 1;
/** lo bit 2: only this permission ever faults, as A and D are set from the start. */
export const WRITE = 1 << 2;
/** lo bits 3:1: any of R, W, X makes an entry a leaf. */
export const LEAF_MASK = 0xe;
/** The low byte of a writable leaf: V, R, W, X, U, A, D. */
export const LEAF_RWX = 0xdf;

/** lo word bits below the PFN. */
export const FLAGS_MASK = 0x3ff;
/** lo-word distance between the entries of neighbouring frames. */
export const PFN_STEP = 1 << 10;
/** PFN bits that stand in the lo word. */
const PFN_LO = 2 ** 22;
/** Frames of a 56-bit physical space. */
const PFN_SPACE = 2 ** 44;
/**
 * Output address = (gpa + 2^39) mod 2^56, in frames: a convention of the golden files, so that the
 * two differ.
 */
const PFN_OFFSET = 2 ** 27;

/** The frame that guest frame `gfn` is backed by. */
export function pfnOf(gfn: number): number {
  const pfn = gfn + PFN_OFFSET;
  return pfn < PFN_SPACE ? pfn : pfn - PFN_SPACE * Math.floor(pfn / PFN_SPACE);
}

/** lo word of a leaf of frame `pfn`. */
export function leafLo(pfn: number, writable: boolean): number {
  const flags = writable ? LEAF_RWX : LEAF_RWX & ~WRITE;
  return ((pfn << 10) | flags) >>> 0;
}

/** hi word of a leaf of frame `pfn`: PFN bits 43:22. */
export function leafHi(pfn: number): number {
  return Math.floor(pfn / PFN_LO);
}

/** The frame of a leaf. */
export function pfnIn(lo: number, hi: number): number {
  return (hi & 0x3fffff) * PFN_LO + (lo >>> 10);
}
