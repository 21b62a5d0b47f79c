import type { Granule } from "../../guest/geometry.js";
import type { Segment } from "../../guest/segment.js";
import type { DirtyBitmap, DirtyLogMode, Memslot } from "../memslots.js";
import type { ClearRange, DsbPlacement } from "./about.js";

export type { DirtyBitmap, Memslot, Segment };

/**
 * A scenario for arm64: guest memory as it is mapped before dirty logging is enabled, and what is
 * then done to it. Self-contained JSON; sizes are strings such as "2M", addresses hexadecimal
 * strings.
 */
export interface Arm64Scenario {
  readonly mmu?: "arm64" | undefined;
  readonly name?: string | undefined;
  /** What it shows and why. */
  readonly description?: string | undefined;
  /**
   * What an importer assumed where its source says nothing ("memslots guessed ..."): printed with
   * every figure.
   */
  readonly assumed?: readonly string[] | undefined;
  readonly granule: Granule;
  /** 32 to 52; above 48 needs LPA2 or the 64K granule. */
  readonly ipaBits: number;
  /**
   * The host has LPA2 (4K and 16K granule): descriptors are LPA2's, also those of narrow guests. No
   * count depends on it.
   */
  readonly lpa2?: boolean | undefined;
  /**
   * What is added to an IPA to make the output address, a multiple of every block size that is
   * mapped. Output addresses wrap at 2^52 with LPA2 or more than 48 IPA bits, else at 2^48. Absent:
   * 0x8000000000.
   */
  readonly outputOffset?: string | undefined;
  readonly memslots: readonly Memslot[];
  readonly dirtyLog: DirtyLogSpec;
}

export interface DirtyLogSpec extends VariantSpec {
  readonly mode: DirtyLogMode;
  /** Eager-split chunk: 0 (off) or one of the granule's sizes. */
  readonly chunk: string | number;
}

export { CLEAR_RANGES, type ClearRange, DSB_PLACEMENTS, type DsbPlacement } from "./about.js";

/** Pages of {@link ClearRange} "2M", whatever the granule: 2M with 4K pages. */
export const CLEAR_RANGE_PAGES = 512;

/** What differs between processors and kernels, or is proposed. */
export interface VariantSpec {
  /**
   * 2: a block is replaced by its table in one store, without locked marker and TLBI (Ricardo
   * Koller, 2022-11-12, for CPUs with FEAT_BBM level 2). A proposal, not in Linux. Absent:
   * break-before-make.
   */
  readonly bbm?: 2 | undefined;
  /**
   * `per-block`: after each block that is replaced, until a patch of Colton Lewis of 2024.
   * `per-call`: after each split walk, whether or not it split, as in Linux 7.3. `per-change`:
   * after each split walk that replaced a block, this project's proposal. Absent: `per-call`.
   */
  readonly dsb?: DsbPlacement | undefined;
  /**
   * FEAT_TLBIRANGE: whether the processor can invalidate a range; without, all of the guest is
   * flushed. Absent: true.
   */
  readonly tlbiRange?: boolean | undefined;
  /** The host's kernel runs at EL1 and traps to EL2 for each invalidation. Absent: VHE. */
  readonly nvhe?: boolean | undefined;
  /**
   * Clearing: words whose bits touch are handled as one range of at most 512 pages (`2M`), a chunk,
   * or the whole ioctl; a proposal of this project, not in Linux. Absent: `word`, as in Linux 7.3.
   * Nothing else is cleared for it.
   */
  readonly clearRange?: ClearRange | undefined;
}
