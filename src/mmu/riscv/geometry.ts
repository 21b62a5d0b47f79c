import { badInput } from "../../errors.js";
import { formatSize } from "../../guest/sizes.js";

/** The G-stage modes of KVM/riscv; KVM uses the deepest that the hardware has. */
export const GSTAGE_MODES = ["sv39x4", "sv48x4", "sv57x4"] as const;
export type GStageMode = (typeof GSTAGE_MODES)[number];

/** Levels that there can be, for arrays by level. */
export const MOST_LEVELS = 5;
/** Entries of a table. */
export const ENTRIES = 512;
/** The root has two more index bits: four pages, one after the other. */
export const ROOT_PAGES = 4;
export const ROOT_ENTRIES = ENTRIES * ROOT_PAGES;
/** Frames of a 2M block, the step of the split loop. */
export const BLOCK_PAGES = 512;

/** Frames that an entry covers, by level: 512^level. */
export const SPAN: readonly number[] = [1, 2 ** 9, 2 ** 18, 2 ** 27, 2 ** 36];
/** 1 / {@link SPAN}: powers of two, so that a product is exact. */
export const INVERSE_SPAN: readonly number[] = SPAN.map((span) => 1 / span);

/**
 * The shape of one G-stage tree. Frame numbers (gfn) are doubles up to 2^47, where they are exact; addresses above 2^53 are not, so
 * everything here is in frames.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c; RISC-V privileged architecture, "Two-stage address translation".
 */
export interface GStageGeometry {
  readonly mode: GStageMode;
  /** 3, 4 or 5: also the pages that a cache must hold at least before a walk may split. */
  readonly levels: number;
  /** The level of the root's entries: 2, 3 or 4. */
  readonly rootLevel: number;
  /** Guest physical address bits: 41, 50 or 59. */
  readonly gpaBits: number;
  /** End of the guest physical space, in frames. */
  readonly endGfn: number;
}

export function geometryOf(mode: GStageMode): GStageGeometry {
  const levels = 3 + GSTAGE_MODES.indexOf(mode);
  const rootLevel = levels - 1;
  const gpaBits = 12 + 9 * levels + 2;
  return { mode, levels, rootLevel, gpaBits, endGfn: 2 ** (gpaBits - 12) };
}

/** The first frame of the entry of `level` that covers `gfn`. */
export function alignDown(gfn: number, level: number): number {
  return Math.floor(gfn * INVERSE_SPAN[level]!) * SPAN[level]!;
}

/** Mapping sizes, by level; no host maps 512G, but the split code is ready for it. */
export const MAP_SIZES: readonly string[] = ["4K", "2M", "1G", "512G"];

/** The level whose leaves are of this mapping size. @throws UserError for a size that there is none of, or that the mode has no level for */
export function levelOfMap(map: string, geometry: GStageGeometry, input: string): number {
  const level = MAP_SIZES.indexOf(map);
  const sizes = MAP_SIZES.slice(0, geometry.levels);
  if (level < 0 || level >= sizes.length) {
    throw badInput(`${input} "${map}"`, `${geometry.mode} has no such mapping size`, `${sizes.join(", ")} or hole`);
  }
  return level;
}

/** Guest frame as an address: "0x40000000". Exact at any width, as the low 12 bits are 0. */
export function formatGfn(gfn: number): string {
  return `0x${(gfn * 4096).toString(16)}`;
}

/** Frames as a size: "2M". */
export function formatPages(pages: number): string {
  return formatSize(pages * 4096);
}
