import { badInput } from "../errors.js";
import { backingNamed, DEFAULT_BACKINGS, segmentsFor } from "../guest/backings.js";
import type { Granule } from "../guest/geometry.js";
import type { Segment } from "../guest/segment.js";
import { formatAddress, formatSize, parseAddress, parseSize } from "../guest/sizes.js";
import type { FrameRange } from "./flow/slots.js";
import type { OptionsOf, slotOptions } from "./guestOptions.js";
import { neighbours } from "./sorted.js";

/** Guest memory as scenarios of MMUs write it that log dirty pages slot by slot. */
export interface Memslot {
  /** Guest physical base, page-aligned. */
  readonly base: string;
  /** In order from `base`, without gaps: a gap is a segment with `map: "hole"`. */
  readonly segments: readonly Segment[];
  /**
   * Clear mode: the pages of this slot that are cleared, relative to its first page. Absent: all of
   * them.
   */
  readonly dirty?: DirtyBitmap | undefined;
}

/**
 * Dirty pages of a slot, as runs of pages `[first, count]` or as 64-bit words in hexadecimal,
 * lowest page in bit 0. What reaches past the slot's end does nothing, as in the kernel; a run that
 * begins beyond the slot is refused.
 */
export type DirtyBitmap =
  | { readonly runs: readonly (readonly [number, number])[] }
  | { readonly words: readonly string[] };

/**
 * `enable`: no manual protect (`-g`): enabling write-protects and splits. `clear`: manual protect
 * with initially-all-set: KVM_CLEAR_DIRTY_LOG does, 64 pages at a time.
 */
export type DirtyLogMode = "enable" | "clear";

/** Memslots of a mode: enabling knows no dirty bitmap. */
export function memslotsFor(mode: DirtyLogMode, memslots: readonly Memslot[]): readonly Memslot[] {
  return mode === "clear" ? memslots : memslots.map(({ base, segments }) => ({ base, segments }));
}

/** @throws UserError where two slots have a frame in common */
export function refuseOverlaps(slots: readonly FrameRange[]): void {
  const inOrder = [...slots.entries()].sort(([, a], [, b]) => a.startGfn - b.startGfn);
  for (const [[i, below], [j, above]] of neighbours(inOrder)) {
    if (above.startGfn >= below.endGfn) continue;
    throw badInput(`memslots[${j}]`, `overlaps memslots[${i}]`, "memslots that do not overlap");
  }
}

type SlotOptions = OptionsOf<typeof slotOptions>;

/**
 * The modes that options ask for; undefined: none. @throws UserError where they contradict each
 * other
 */
export function modesAsked({ g, mode, workload }: SlotOptions): readonly DirtyLogMode[] | undefined {
  if (g === true && mode !== undefined && mode !== "enable") {
    throw badInput(`-g with --mode ${mode}`, "contradict each other", "-g, or --mode, not both");
  }
  if (workload === "clear" && mode === undefined) return ["clear"];
  if (mode === "both") return ["enable", "clear"];
  if (mode !== undefined) return [mode];
  return g === true ? ["enable"] : undefined;
}

/**
 * The backings that options ask for.
 *
 * @param single whether to take one where none is named: 1G, of which there is most to tell
 */
export function backingsAsked({ backing }: SlotOptions, single: boolean): readonly string[] {
  return [...new Set((backing ?? (single ? ["hugetlb-1g"] : DEFAULT_BACKINGS)).map(backingNamed))];
}

const DEFAULT_BASE = 2 ** 30;

/**
 * The memory of a default guest, in bytes, and the option that said so.
 *
 * @throws UserError where it cannot be cut into memslots of whole pages
 */
export function memoryOf(options: SlotOptions, pageBytes: number) {
  const { memory = "1G", memslots: slots = 1 } = options;
  const input = `--memory ${memory}`;
  const bytes = parseSize(memory, "--memory");
  const base = options.base === undefined ? DEFAULT_BASE : parseAddress(options.base, "--base");
  if (bytes === 0 || bytes % (pageBytes * slots) !== 0) {
    const cut = `cannot be cut into ${slots} memslot${slots === 1 ? "" : "s"} of whole pages`;
    throw badInput(input, cut, `a multiple of ${formatSize(pageBytes * slots)}`);
  }
  return { input, base, bytes };
}

/** The same memory cut evenly into memslots. */
export function evenMemslots(
  { memslots: slots = 1, thpCoverage = 1, seed }: SlotOptions,
  { base, bytes }: ReturnType<typeof memoryOf>,
  backing: string,
  granule: Granule,
): Memslot[] {
  const slotBytes = bytes / slots;
  return Array.from({ length: slots }, (_, slot) => ({
    base: formatAddress(base + slot * slotBytes),
    segments: segmentsFor(backing, slotBytes, granule, thpCoverage, seed + slot),
  }));
}

/** The name of a default guest. @param more what an MMU's own options add to its memory */
export function guestName(
  { memslots = 1, thpCoverage = 1, base, seed }: SlotOptions,
  backing: string,
  bytes: number,
  more: readonly string[] = [],
): string {
  const parts = [backing, formatSize(bytes)];
  if (backing === "thp" && thpCoverage < 1) parts.push(`coverage${thpCoverage}-seed${seed}`);
  if (memslots > 1) parts.push(`x${memslots}`);
  parts.push(...more);
  if (base !== undefined) parts.push(`base${base}`);
  return parts.join("-");
}
