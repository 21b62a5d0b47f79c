import { badInput } from "../errors.js";
import { formatSize } from "./sizes.js";

/** The three translation granules of the architecture. */
export type Granule = "4K" | "16K" | "64K";
export const GRANULES: readonly Granule[] = ["4K", "16K", "64K"];

/** The deepest level; its leaves are pages. */
export const PAGE_LEVEL = 3;

/**
 * The shape of one stage-2 table tree. Frame numbers (gfn) and spans are in pages of the granule,
 * so that they stay small integers; addresses are gfn << pageShift.
 *
 * Source: Linux 7.3, arch/arm64/include/asm/kvm_pgtable.h and stage2_pgtable.h; figures in
 * reference/arm64-stage2.
 */
export interface Geometry {
  readonly granule: Granule;
  /** log2 of the page size in bytes: 12, 14 or 16. */
  readonly pageShift: number;
  readonly pageBytes: number;
  /** Address bits that one level resolves: 9, 11 or 13. */
  readonly levelBits: number;
  /** Descriptors in a table page: 512, 2048 or 8192. */
  readonly entries: number;
  readonly ipaBits: number;
  /** The host has LPA2: descriptors hold output addresses of 52 bits. */
  readonly lpa2: boolean;
  /** End of the IPA space, in pages. */
  readonly endGfn: number;
  /** The level at which the walk starts. */
  readonly startLevel: number;
  /** Concatenated table pages at the start level: 1 to 16. */
  readonly pgdPages: number;
  /** Pages that one entry covers, by level (index 0 to 3). */
  readonly spanPages: readonly number[];
  /**
   * Levels at which a block may be mapped, ascending, and not above the start level: 1 and 2 at 4K,
   * else 2.
   */
  readonly blockLevels: readonly number[];
  /**
   * Step of the write-protect walk in pages: the smallest block level's span at 16K and 64K, 1 GiB
   * at 4K.
   */
  readonly resetStepPages: number;
}

/** IPA widths that KVM takes. */
export const MIN_IPA_BITS = 32;
export const MAX_IPA_BITS = 52;

/**
 * Whether an IPA width needs LPA2: beyond 48 bits, but for the 64K granule, which has 52 without.
 */
export function needsLpa2(granule: Granule, ipaBits: number): boolean {
  return ipaBits > 48 && granule !== "64K";
}

const PAGE_SHIFT: Readonly<Record<Granule, number>> = { "4K": 12, "16K": 14, "64K": 16 };

/**
 * The geometry for a granule and an IPA width.
 *
 * Up to 16 tables are concatenated at the top, so that the walk starts one level lower: whenever
 * the bits left for the top level are 4 or fewer, with at least two levels (kernel:
 * `stage2_pgtable_levels(ipa) = ARM64_HW_PGTABLE_LEVELS(ipa - 4)`).
 *
 * Widths above 48 need LPA2 at 4K and 16K; KVM never starts at level -1, which LPA2 would allow: 16
 * tables at level 0 do for 52 bits. The 64K granule has 52 bits without LPA2, and never uses it.
 *
 * @param ipaBits 32 to 52
 * @param lpa2 whether the host has LPA2
 * @throws UserError for other widths, and for LPA2 where it is needed or cannot be
 */
export function geometryOf(granule: Granule, ipaBits: number, lpa2 = false): Geometry {
  if (!Number.isInteger(ipaBits) || ipaBits < MIN_IPA_BITS || ipaBits > MAX_IPA_BITS) {
    const expected = `a whole number from ${MIN_IPA_BITS} to ${MAX_IPA_BITS}`;
    throw badInput(`ipaBits ${ipaBits}`, "not an IPA width", expected);
  }
  if (lpa2 && granule === "64K") throw badInput("lpa2", "the 64K granule never uses LPA2", "it with 4K or 16K");
  if (!lpa2 && needsLpa2(granule, ipaBits)) {
    throw badInput(`ipaBits ${ipaBits}`, `more than 48 need LPA2 with the ${granule} granule`, "lpa2, or fewer bits");
  }
  const pageShift = PAGE_SHIFT[granule];
  const levelBits = pageShift - 3;
  const levels = Math.max(2, Math.ceil((ipaBits - 4 - pageShift) / levelBits));
  const startLevel = 4 - levels;
  const pgdBits = Math.max(0, ipaBits - pageShift - levels * levelBits);
  const spanPages = [3, 2, 1, 0].map((above) => 2 ** (levelBits * above));
  const smallestBlockLevel = granule === "4K" ? 1 : 2;
  return {
    granule,
    pageShift,
    pageBytes: 2 ** pageShift,
    levelBits,
    entries: 2 ** levelBits,
    ipaBits,
    lpa2,
    endGfn: 2 ** (ipaBits - pageShift),
    startLevel,
    pgdPages: 2 ** pgdBits,
    spanPages,
    blockLevels: [1, 2].filter((level) => level >= smallestBlockLevel && level >= startLevel),
    resetStepPages: spanPages[smallestBlockLevel]!,
  };
}

/**
 * The chunk sizes that eager splitting takes, in bytes: the page size and every block size of the
 * granule (kernel: KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES plus the page). 0 turns eager splitting off.
 */
export function legalChunks(granule: Granule): readonly [page: number, block: number, ...larger: number[]] {
  const pageBytes = 2 ** PAGE_SHIFT[granule];
  const block = pageBytes * 2 ** (PAGE_SHIFT[granule] - 3);
  return granule === "4K" ? [pageBytes, block, 2 ** 30] : [pageBytes, block];
}

/** Bytes that an entry of a level covers. */
export function spanBytes({ spanPages, pageBytes }: Pick<Geometry, "spanPages" | "pageBytes">, level: number): number {
  const pages = spanPages[level];
  if (pages === undefined) throw new RangeError(`no level ${level}`);
  return pages * pageBytes;
}

/**
 * The level whose entries are of this mapping size ("2M" at 4K is level 2).
 *
 * @throws UserError if the granule has none
 */
export function levelOfMap(granule: Granule, bytes: number, input: string): number {
  const sizes = legalChunks(granule);
  const at = sizes.indexOf(bytes);
  if (at < 0) {
    throw badInput(
      input,
      `the ${granule} granule has no such mapping size`,
      `${sizes.map(formatSize).join(", ")} or hole`,
    );
  }
  return PAGE_LEVEL - at;
}

/**
 * Objects that the split page cache must hold before a chunk of this size is walked.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_mmu_split_nr_page_tables()`: one page per level-1
 * block at 4K, one per level-2 block, each rounded up.
 */
export function splitCacheCapacity(granule: Granule, chunkBytes: number): number {
  const [, level2] = legalChunks(granule);
  const perLevel2 = Math.ceil(chunkBytes / level2);
  return granule === "4K" ? Math.ceil(chunkBytes / 2 ** 30) + perLevel2 : perLevel2;
}
