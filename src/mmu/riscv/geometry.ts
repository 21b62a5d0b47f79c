import { badInput } from "../../errors.js";
import { formatSize } from "../../guest/sizes.js";

/** The G-stage modes of KVM/riscv; KVM uses the deepest that the hardware has. */
export const GSTAGE_MODES = ["sv39x4", "sv48x4", "sv57x4"] as const;
export type GStageMode = (typeof GSTAGE_MODES)[number];

/** Levels that there can be, for arrays by level. */
export const MAX_LEVELS = 5;
/** Entries of a table. */
export const ENTRIES = 512;
/** The root has two more index bits: four pages, one after the other. */
export const ROOT_PAGES = 4;
export const ROOT_ENTRIES = ENTRIES * ROOT_PAGES;

/**
 * What walks know of tables: how many entries they have, and so what an entry covers. Frames are
 * doubles, where powers of two are exact.
 */
export class TableShape {
  readonly entries: number;
  readonly rootEntries: number;
  /** Frames that an entry covers, by level. */
  readonly span: readonly number[];
  /** 1 / {@link span}: a product is exact too. */
  private readonly inverse: readonly number[];
  private readonly mask: number;
  private readonly rootMask: number;

  /**
   * @param indexBits address bits that a level resolves: 9, but for small tables that all of a
   *   bound is tried on
   */
  constructor(readonly indexBits: number) {
    this.entries = 2 ** indexBits;
    this.rootEntries = this.entries * ROOT_PAGES;
    this.mask = this.entries - 1;
    this.rootMask = this.rootEntries - 1;
    this.span = Array.from({ length: MAX_LEVELS }, (_, level) => 2 ** (indexBits * level));
    this.inverse = this.span.map((span) => 1 / span);
  }

  /** The entry of a frame in the root. */
  rootIndex(gfn: number, level: number): number {
    return (gfn * this.inverse[level]!) & this.rootMask;
  }

  /** The entry of a frame in its table of a level. */
  index(gfn: number, level: number): number {
    return (gfn * this.inverse[level]!) & this.mask;
  }

  /** The number of the entry of a level that covers a frame, counted from frame 0. */
  entryOf(gfn: number, level: number): number {
    return Math.floor(gfn * this.inverse[level]!);
  }

  /** The first frame of that entry. */
  start(gfn: number, level: number): number {
    return Math.floor(gfn * this.inverse[level]!) * this.span[level]!;
  }

  /** The frame behind that entry. */
  end(gfn: number, level: number): number {
    return this.start(gfn, level) + this.span[level]!;
  }
}

const SHAPE = new TableShape(9);

/** Frames that an entry covers, by level: 512^level. */
export const SPAN: readonly number[] = SHAPE.span;

/**
 * The shape of one G-stage tree. Frame numbers (gfn) are doubles up to 2^47, where they are exact;
 * addresses above 2^53 are not, so everything here is in frames.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c; RISC-V privileged architecture, "Two-stage address
 * translation".
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
  readonly shape: TableShape;
}

export function geometryOf(mode: GStageMode): GStageGeometry {
  const levels = 3 + GSTAGE_MODES.indexOf(mode);
  const rootLevel = levels - 1;
  const gpaBits = 12 + 9 * levels + 2;
  return { mode, levels, rootLevel, gpaBits, endGfn: 2 ** (gpaBits - 12), shape: SHAPE };
}

/** The first frame of the entry of `level` that covers `gfn`. */
export function alignDown(gfn: number, level: number): number {
  return SHAPE.start(gfn, level);
}

/** Mapping sizes, by level; no host maps 512G, but the split code is ready for it. */
export const MAP_SIZES: readonly string[] = ["4K", "2M", "1G", "512G"];

/**
 * The level whose leaves are of this mapping size. @throws UserError for a size that there is none
 * of, or that the mode has no level for
 */
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
