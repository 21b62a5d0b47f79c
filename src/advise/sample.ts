import { REGION } from "../cost/uniformGuest.js";
import { spanBytes } from "../guest/geometry.js";
import { formatAddress, formatSize } from "../guest/sizes.js";
import { groupBy } from "../lists.js";
import { HOLE, type Layout, type SegmentLayout } from "../mmu/arm64/layout.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";

/** Regions of a guest too large to simulate whole, as a guest of their own. */
export interface Sample {
  /** The regions that were taken, one after the other. */
  readonly scenario: Arm64Scenario;
  /** Whole regions of 1 GiB that the guest has. */
  readonly of: number;
  readonly strata: readonly Stratum[];
}

/** One region that was taken, and what it stands for. */
export interface Stratum {
  /** Regions that it stands for; all memory together, parts of regions included. */
  readonly weight: number;
  /** Whether all of them are just like it: then nothing is estimated. */
  readonly alike: boolean;
  /** Of these regions, the most that lie one after the other in a memslot. */
  readonly inARow: number;
}

/** Regions that are simulated of a large guest; so many at most for groups that are alike. */
const TAKEN = 5;
const GROUPS = 3;
/** A group that is alike is worth a region of its own from this share on. */
const LARGE = 0.05;

interface Region {
  /** Which memslot it lies in, from 0. */
  readonly slot: number;
  readonly startGfn: number;
  readonly segments: readonly SegmentLayout[];
  /** Pages mapped as pages, or not at all: what most of a region's work depends on. */
  readonly pages: number;
  /** The same for regions that are mapped alike. */
  readonly shape: string;
}

/**
 * Takes regions of 1 GiB that stand for all: one of each large group of regions that are mapped
 * alike, and of the others, in order of how much of them is mapped in pages, those in the middle of
 * equal parts. Every block and chunk lies in one region, so that a region's work is the same
 * wherever it stands.
 *
 * @returns undefined where there are no more whole regions than would be taken
 */
export function sampleOf(scenario: Arm64Scenario, layout: Layout): Sample | undefined {
  const { geometry } = layout;
  const regionPages = REGION / geometry.pageBytes;
  const regions = layout.slots.flatMap((slot, i) => wholeRegions(slot, i, regionPages));
  if (regions.length <= TAKEN) return undefined;
  const taken = strataOf(regions).sort((a, b) => a.region.startGfn - b.region.startGfn);
  const pages = layout.slots.reduce((sum, slot) => sum + slot.endGfn - slot.startGfn, 0);
  const perRegion = pages / regionPages / regions.length;
  const sizeOf = (level: number) => formatSize(spanBytes(geometry, level));
  const segments = taken.flatMap(({ region }) =>
    region.segments.map((segment) => ({
      map: segment.level === HOLE ? "hole" : sizeOf(segment.level),
      size: formatSize((segment.endGfn - segment.startGfn) * geometry.pageBytes),
      ...(segment.writeProtected ? { writeProtected: true } : {}),
    })),
  );
  return {
    scenario: { ...scenario, memslots: [{ base: formatAddress(REGION), segments }] },
    of: regions.length,
    strata: taken.map(({ weight, alike, inARow }) => ({ weight: weight * perRegion, alike, inARow })),
  };
}

/** Which regions are taken, and how many each stands for. */
function strataOf(regions: readonly Region[]): (Stratum & { readonly region: Region })[] {
  const all = [...groupBy(regions, ({ shape }) => shape).values()].sort((a, b) => b.length - a.length);
  const few = all.length <= TAKEN;
  const large = few
    ? all
    : all.slice(0, GROUPS).filter((group) => group.length >= LARGE * regions.length && group.length > 1);
  const others = all.filter((group) => !large.includes(group)).flat();
  const strata = large.map((group) => ({
    region: group[0],
    weight: group.length,
    alike: true,
    inARow: mostInARow(group, regions),
  }));
  others.sort((a, b) => a.pages - b.pages || a.startGfn - b.startGfn);
  const count = Math.min(others.length, TAKEN - strata.length);
  const at = (part: number) => (part * others.length) / count;
  for (let i = 0; i < count; i++) {
    const inARow = mostInARow(others.slice(Math.round(at(i)), Math.round(at(i + 1))), regions);
    strata.push({ region: others[Math.floor(at(i + 0.5))]!, weight: others.length / count, alike: false, inARow });
  }
  return strata;
}

/** Of some regions of a guest, the most that follow one another. @param regions all, by address */
function mostInARow(some: readonly Region[], regions: readonly Region[]): number {
  const chosen = new Set(some);
  let most = 0;
  let row = 0;
  for (const [i, region] of regions.entries()) {
    const follows = i > 0 && region.slot === regions[i - 1]!.slot;
    row = chosen.has(region) ? (follows ? row : 0) + 1 : 0;
    most = Math.max(most, row);
  }
  return most;
}

function wholeRegions(slot: Layout["slots"][number], index: number, regionPages: number): Region[] {
  const regions: Region[] = [];
  let at = 0;
  for (let start = Math.ceil(slot.startGfn / regionPages) * regionPages; ; start += regionPages) {
    const end = start + regionPages;
    if (end > slot.endGfn) return regions;
    const segments: SegmentLayout[] = [];
    while (slot.segments[at]!.endGfn <= start) at++;
    for (let i = at; i < slot.segments.length && slot.segments[i]!.startGfn < end; i++) {
      const segment = slot.segments[i]!;
      segments.push({
        ...segment,
        startGfn: Math.max(start, segment.startGfn),
        endGfn: Math.min(end, segment.endGfn),
      });
    }
    const pages = segments.reduce((sum, one) => sum + (one.level >= 3 ? one.endGfn - one.startGfn : 0), 0);
    const shape = segments
      .map((one) => `${one.level}${one.writeProtected ? "w" : ""}${one.endGfn - one.startGfn}`)
      .join(" ");
    regions.push({ slot: index, startGfn: start, segments, pages, shape });
  }
}
