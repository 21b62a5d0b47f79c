import { badInput } from "../errors.js";
import { type Granule, legalChunks } from "../guest/geometry.js";
import { formatAddress, formatSize } from "../guest/sizes.js";
import type { Arm64Scenario, Memslot, Segment } from "../mmu/arm64/scenario.js";

/** What an importer has to say about its result, as data; worded by `report/measureNotes.ts`. */
export interface ImportNote {
  /** Kebab-case and stable: `memslots-guessed`, `last-range-missing`, `positions-unknown`. */
  readonly code: string;
  readonly data: Readonly<Record<string, number | string | readonly string[]>>;
}

export interface LayoutImport {
  readonly scenario: Arm64Scenario;
  readonly notes: readonly ImportNote[];
}

/** What the dirty log does with an imported layout; a dump says nothing about it. */
export interface DirtyLogChoice {
  readonly mode?: "enable" | "clear" | undefined;
  /** Bytes; default the granule's largest legal chunk. */
  readonly chunkBytes?: number | undefined;
}

/** @throws UserError for a chunk size that the granule does not have */
export function dirtyLogOf(granule: Granule, choice: DirtyLogChoice): Arm64Scenario["dirtyLog"] {
  const legal = legalChunks(granule);
  const chunk = choice.chunkBytes ?? Math.max(...legal);
  if (chunk !== 0 && !legal.includes(chunk)) {
    throw badInput(
      `chunk ${formatSize(chunk)}`,
      `not a chunk size of the ${granule} granule`,
      `0, ${legal.map(formatSize).join(", ")}`,
    );
  }
  return { mode: choice.mode ?? "enable", chunk: formatSize(chunk) };
}

/** The text of one leaf size or hole in a scenario. */
export const HOLE = "hole";

/** Collects the segments of one memslot in order; neighbours that are alike become one. */
export class SegmentList {
  private readonly parts: { map: string; bytes: number; writeProtected: boolean }[] = [];

  /** @param bytes a positive multiple of the page size */
  add(map: string, bytes: number, writeProtected = false): void {
    const last = this.parts.at(-1);
    if (last !== undefined && last.map === map && last.writeProtected === writeProtected) last.bytes += bytes;
    else this.parts.push({ map, bytes, writeProtected });
  }

  get length(): number {
    return this.parts.length;
  }

  memslot(base: number): Memslot {
    const segments = this.parts.map(
      ({ map, bytes, writeProtected }): Segment =>
        writeProtected ? { map, size: formatSize(bytes), writeProtected: true } : { map, size: formatSize(bytes) },
    );
    return { base: formatAddress(base), segments };
  }
}
