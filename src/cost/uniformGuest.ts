import { badInput } from "../errors.js";
import type { Granule } from "../guest/geometry.js";
import { formatSize } from "../guest/sizes.js";
import { countsJson } from "../mmu/arm64/counts.js";
import { clearDirtyLog, enableDirtyLogging } from "../mmu/arm64/dirtyLog.js";
import { type Layout, layoutOf } from "../mmu/arm64/layout.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { Stage2 } from "../mmu/arm64/stage2.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts } from "../mmu/counters.js";
import { wholeSlot } from "../mmu/flow/regions.js";
import { type TermCounts, termCounts } from "./terms.js";

/** A guest in one slot whose memory is mapped alike throughout, and what is done to it. */
export interface UniformGuest {
  readonly granule: Granule;
  /** Mapping size: "4K", "2M", "1G". */
  readonly map: string;
  /** Whole pages of the granule. */
  readonly bytes: number;
  readonly mode: "enable" | "clear";
  /** "0" is off. */
  readonly chunk: string;
}

export interface GuestCounts {
  /** As `expected` in the golden files, without `final`. */
  readonly counts: Counts;
  readonly terms: TermCounts;
  /**
   * False where the whole guest was simulated; true where equal regions were simulated once and
   * multiplied.
   */
  readonly scaled: boolean;
  /** Split cache pages held when the work is done. */
  readonly cacheLeft: number;
}

/** Counts of regions already simulated, for callers that ask for many guests. */
export type RegionMemory = Map<string, Counts>;

/** Memory after which the work repeats itself: a multiple of every block and chunk. */
export const REGION = 2 ** 30;
/** Where the guest's memory begins: the first GiB boundary above 0, as on QEMU's virt machine. */
const BASE = REGION;
/**
 * Guests up to so many regions are simulated whole; of larger ones three, and the part of one at
 * the end.
 */
const WHOLE_REGIONS = 4;

/** The scenario of such a guest with another size: the narrowest usual IPA width that holds it. */
export function uniformScenario(guest: UniformGuest, bytes = guest.bytes): Arm64Scenario {
  const ipaBits = [40, 44, 48].find((bits) => BASE + bytes <= 2 ** bits);
  if (ipaBits === undefined) throw badInput(`memory ${formatSize(bytes)}`, "beyond 48 IPA bits", "less than 256T");
  return {
    granule: guest.granule,
    ipaBits,
    memslots: [{ base: `0x${BASE.toString(16)}`, segments: [{ map: guest.map, size: formatSize(bytes) }] }],
    dirtyLog: { mode: guest.mode, chunk: guest.chunk },
  };
}

/** Counts of one run, the whole tree kept, without the checks of `run`. */
export function countsOf(layout: Layout, strategy: SplitStrategy): Counts {
  const stage2 = new Stage2(layout, strategy);
  for (const slot of layout.slots) {
    for (const segment of slot.segments) stage2.populator.map(segment, segment.startGfn, segment.endGfn);
  }
  if (layout.mode === "enable") enableDirtyLogging(stage2, wholeSlot);
  else clearDirtyLog(stage2, wholeSlot);
  return countsJson(stage2.counts, stage2.geometry, stage2.cache.objects);
}

/**
 * The counts of such a guest of any size, exactly.
 *
 * Every chunk, write-protect step and 64-page word lies in one 1 GiB region, and what a region's
 * work depends on is its own part of the tree and the page cache as the region before left it. Once
 * a region leaves the cache as it found it, all further ones do the same work. So 1, 2 and 3
 * regions are simulated; if the third adds, count by count, what the second did, the rest is that
 * increment multiplied, and a last incomplete region is what it adds to three whole ones. If not,
 * the whole guest is simulated. Only the flush of a slot is cut in pieces of its own (2^21 pages),
 * and is counted by itself.
 */
export function countsOfGuest(
  guest: UniformGuest,
  strategy: SplitStrategy,
  memory: RegionMemory = new Map(),
): GuestCounts {
  const regions = Math.floor(guest.bytes / REGION);
  const rest = guest.bytes - regions * REGION;
  // All at the IPA width of the whole guest, for the depth of the tree depends on it.
  const { ipaBits } = uniformScenario(guest);
  const scenarioOf = (bytes: number) => ({ ...uniformScenario(guest, bytes), ipaBits });
  const at = (bytes: number) => {
    const scenario = scenarioOf(bytes);
    const key = keyOf(scenario, strategy);
    const known = memory.get(key) ?? countsOf(layoutOf(scenario), strategy);
    memory.set(key, known);
    return known;
  };
  if (regions <= WHOLE_REGIONS) return guestCounts(at(guest.bytes), false);
  const flush = (bytes: number) => flushOf(layoutOf(scenarioOf(bytes)), strategy);
  const withoutFlush = (bytes: number) => sumOf(at(bytes), flush(bytes), -1);
  const one = withoutFlush(REGION);
  const two = withoutFlush(2 * REGION);
  const three = withoutFlush(3 * REGION);
  const increment = sumOf(three, two, -1);
  const same = isEqual(sumOf(two, one, -1), increment) && cacheLeftOf(two) === cacheLeftOf(three);
  if (!same) return guestCounts(at(guest.bytes), false);
  const last = rest === 0 ? three : withoutFlush(3 * REGION + rest);
  return guestCounts(sumOf(sumOf(last, increment, regions - 3), flush(guest.bytes), 1), true);
}

/**
 * The largest part of a guest that is simulated if its regions turn out to repeat themselves: so
 * many bytes from its start.
 */
export function simulatedPart(guest: UniformGuest): { readonly bytes: number; readonly scenario: Arm64Scenario } {
  const regions = Math.floor(guest.bytes / REGION);
  const bytes = regions <= WHOLE_REGIONS ? guest.bytes : guest.bytes - (regions - 3) * REGION;
  return { bytes, scenario: { ...uniformScenario(guest, bytes), ipaBits: uniformScenario(guest).ipaBits } };
}

/** Keeps the counts of a scenario that was simulated elsewhere. */
export function remember(memory: RegionMemory, scenario: Arm64Scenario, strategy: SplitStrategy, counts: Counts): void {
  memory.set(keyOf(scenario, strategy), counts);
}

function keyOf(scenario: Arm64Scenario, strategy: SplitStrategy): string {
  return `${strategy.id} ${JSON.stringify(scenario)}`;
}

/** What the flush of a slot alone counts: it is cut in pieces of its own. */
function flushOf(layout: Layout, strategy: SplitStrategy): Counts {
  const stage2 = new Stage2(layout, strategy);
  for (const slot of layout.slots) stage2.flushSlot(slot);
  return countsJson(stage2.counts, stage2.geometry, 0);
}

function guestCounts(counts: Counts, scaled: boolean): GuestCounts {
  return { counts, terms: termCounts(counts), scaled, cacheLeft: cacheLeftOf(counts) };
}

function cacheLeftOf(counts: Counts): number {
  return Number((counts.split as Counts).cacheLeft);
}

/** a + times x b, number by number. */
function sumOf(a: Counts, b: Counts, times: number): Counts {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => {
      const other = b[name];
      if (typeof value === "number") return [name, value + times * Number(other)];
      return [name, typeof value === "object" && value !== null ? sumOf(value, other as Counts, times) : value];
    }),
  );
}

function isEqual(a: Counts, b: Counts): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
