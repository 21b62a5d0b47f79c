import { type Geometry, PAGE_LEVEL } from "../../guest/geometry.js";
import { LEAF_RWX, S2AP_WRITE, SH_INNER, TABLE_OR_PAGE, VALID } from "./descriptor.js";

/**
 * Output address of an IPA where a scenario says nothing: IPA + 2^39, in bytes. A convention of the
 * golden files, so that the two differ.
 */
export const DEFAULT_OUTPUT_OFFSET = 2 ** 39;

/**
 * How the leaves of one tree hold output addresses and attributes. Bits 47:12 stand in place; those
 * above, where there are any, do not:
 *
 * - LPA2 (4K and 16K): bits 49:12 in place, bits 51:50 in descriptor bits 9:8, where the
 *   shareability is without LPA2; it then comes from TCR_EL2, and is in no leaf.
 * - 64K: bits 51:48 in descriptor bits 15:12.
 *
 * Source: Arm ARM, VMSAv8-64; Linux 7.3, arch/arm64/include/asm/kvm_pgtable.h, `kvm_phys_to_pte()`.
 */
export class LeafFormat {
  /** Bits of an output address: addresses wrap there. */
  readonly outputBits: number;
  /** Descriptor bits that hold output address bits, by word; all others are type and attributes. */
  readonly outputLo: number;
  readonly outputHi: number;
  private readonly attributes: number;
  private readonly pageBytes: number;
  /**
   * log2 of the lowest output address bit that is held out of place, and its place in the low word.
   */
  private readonly highBit: number;
  private readonly highPlace: number;

  /**
   * @param outputOffset what is added to an IPA, in bytes: a multiple of every block size that is
   *   mapped
   */
  constructor(
    geometry: Geometry,
    private readonly outputOffset: number,
  ) {
    const { granule, lpa2, ipaBits, pageBytes } = geometry;
    this.pageBytes = pageBytes;
    this.outputBits = lpa2 || ipaBits > 48 ? 52 : 48;
    this.highBit = lpa2 ? 50 : 48;
    this.highPlace = lpa2 ? 8 : 12;
    this.attributes = lpa2 ? LEAF_RWX & ~SH_INNER : LEAF_RWX;
    const highMask = lpa2 ? 3 << 8 : granule === "64K" ? 0xf << 12 : 0;
    this.outputLo = (-pageBytes | highMask) >>> 0;
    this.outputHi = 2 ** (this.highBit - 32) - 1;
  }

  /**
   * Output address of `gfn`, in bytes. IPAs and offsets are below 2^52, so that their sum is exact.
   */
  outputOf(gfn: number): number {
    return (gfn * this.pageBytes + this.outputOffset) % 2 ** this.outputBits;
  }

  /** lo word of a leaf that maps `gfn` at `level`. */
  lo(gfn: number, level: number, writable: boolean): number {
    const output = this.outputOf(gfn);
    const type = level === PAGE_LEVEL ? TABLE_OR_PAGE : VALID;
    const attributes = writable ? this.attributes : this.attributes & ~S2AP_WRITE;
    const high = Math.floor(output / 2 ** this.highBit) << this.highPlace;
    return ((output % 2 ** 32) | high | attributes | type) >>> 0;
  }

  /** hi word of a leaf that maps `gfn`: execution is allowed. */
  hi(gfn: number): number {
    return Math.floor(this.outputOf(gfn) / 2 ** 32) & this.outputHi;
  }

  /**
   * Pages from `gfn` on, at most `count`, whose descriptors differ in the low word alone, by a page
   * each.
   */
  sameHigh(gfn: number, count: number): number {
    return Math.min(count, (2 ** 32 - (this.outputOf(gfn) % 2 ** 32)) / this.pageBytes);
  }

  /** The output address of a leaf, in bytes. */
  outputAddress(lo: number, hi: number): number {
    const high = ((lo & this.outputLo & (this.pageBytes - 1)) >>> this.highPlace) * 2 ** this.highBit;
    return high + (hi & this.outputHi) * 2 ** 32 + ((lo & -this.pageBytes) >>> 0);
  }
}
