/**
 * Stage-2 descriptors: 64 bits, held as two 32-bit words (`lo`, `hi`), so that the walk needs no
 * BigInt.
 *
 * Source: Arm ARM, VMSAv8-64 stage-2 descriptor formats; Linux 7.3, arch/arm64/kvm/hyp/pgtable.c.
 */

/** lo bit 0. */
export const VALID = 1;
/** lo bits 1:0 = 3: a table at levels 0 to 2, a page at level 3. */
export const TABLE_OR_PAGE = 3;
/** lo bits 1:0. */
export const TYPE_MASK = 3;
/** lo bit 7, S2AP[1]: write permission. */
export const S2AP_WRITE = 1 << 7;

/**
 * Leaf attributes of normal memory, read, write, execute, without the type bits: MemAttr[5:2] =
 * 0xf, S2AP[7:6] = 3, SH[9:8] = 3, AF (bit 10). With VALID and bit 1: 0x7ff for a page, 0x7fd for a
 * block.
 */
export const LEAF_RWX = 0x7fc;
/** SH[9:8] of {@link LEAF_RWX}; with LPA2 these bits hold output address bits 51:50. */
export const SH_INNER = 3 << 8;

/**
 * hi word of the locked marker: a non-zero invalid descriptor whose type field (bits 63:60) says
 * "locked".
 */
export const LOCKED_HI = 1 << 28;
export const LOCKED_LO = 0;

/**
 * hi bit 23 = descriptor bit 55, a software bit of table descriptors, ignored by hardware: "no
 * block is mapped anywhere below". Only the strategy split-mark uses it.
 */
export const MARK_HI = 1 << 23;

/** The descriptor as 16 lower-case hexadecimal digits, without 0x. */
export function descriptorHex(lo: number, hi: number): string {
  return (hi >>> 0).toString(16).padStart(8, "0") + (lo >>> 0).toString(16).padStart(8, "0");
}

export type DescriptorKind = "invalid" | "locked" | "page" | "block" | "table";

/** What a descriptor is at its level. */
export function kindOf(lo: number, hi: number, level: number): DescriptorKind {
  if ((lo & VALID) === 0) return hi === LOCKED_HI ? "locked" : "invalid";
  if ((lo & TYPE_MASK) === TABLE_OR_PAGE) return level === 3 ? "page" : "table";
  return "block";
}
