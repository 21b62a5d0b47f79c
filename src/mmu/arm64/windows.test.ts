import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Granule, geometryOf, legalChunks } from "../../guest/geometry.js";
import { formatAddress, formatSize } from "../../guest/sizes.js";
import { times } from "../../testing/nightly.js";
import { layoutOf } from "./layout.js";
import { drive, guestFor, runOn } from "./run.js";
import { type Arm64Scenario, CLEAR_RANGES, type Memslot, type Segment } from "./scenario.js";
import { Stage2 } from "./stage2.js";
import { strategies } from "./strategies/index.js";
import { REGION_BYTES } from "./windows.js";

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

/** Both ways to go through a guest: the whole tree kept, and region by region. */
function bothWays(scenario: Arm64Scenario, strategy: string, digest: boolean) {
  const run = (windowBytes: number) => runOn(layoutOf(scenario), byId.get(strategy)!, { windowBytes, digest });
  return { whole: run(Number.POSITIVE_INFINITY), regions: run(REGION_BYTES) };
}

function expectEqual(scenario: Arm64Scenario, strategy: string, digest: boolean): void {
  const { whole, regions } = bothWays(scenario, strategy, digest);
  const ascending = scenario.memslots.every(
    (slot, i) => i === 0 || Number(scenario.memslots[i - 1]!.base) < Number(slot.base),
  );
  // Regions that do not finish in address order have no digest; everything else must be equal all
  // the same.
  if (!ascending) {
    expect([regions.initial.digest, (regions.counts.final as { digest: unknown }).digest]).toEqual([null, null]);
    Object.assign(whole.initial, { digest: null });
    Object.assign(whole.counts.final as object, { digest: null });
  }
  expect(regions).toEqual(whole);
}

/**
 * Segment sizes: a few pages, or so many blocks of one size with a few pages more. At most 2 GiB
 * and a bit.
 */
const segment = (granule: Granule): fc.Arbitrary<Segment> => {
  const sizes = legalChunks(granule);
  const pages = fc.integer({ min: 1, max: 700 }).map((n) => n * sizes[0]!);
  const blocks = fc
    .tuple(fc.constantFrom(...sizes.slice(1)), fc.integer({ min: 1, max: 20 }), fc.constantFrom(0, 1, 63, 64))
    .map(([size, n, more]) => Math.min(size * n, 2 ** 31) + more * sizes[0]!);
  return fc.record({
    map: fc.constantFrom("hole", ...sizes.map(formatSize)),
    size: fc.oneof(pages, blocks).map(formatSize),
    writeProtected: fc.boolean(),
  });
};

/** Where slots begin: at, before and after the places where tables of each level end. */
function bases(granule: Granule, ipaBits: number): number[] {
  const { pageBytes, spanPages, endGfn } = geometryOf(granule, ipaBits);
  const ends = spanPages.map((span) => span * pageBytes).filter((bytes) => bytes >= REGION_BYTES);
  return [0, REGION_BYTES, 3 * REGION_BYTES, ...ends].filter((at) => at < (endGfn * pageBytes) / 2);
}

const scenarios: fc.Arbitrary<Arm64Scenario> = fc
  .record({
    granule: fc.constantFrom<Granule>("4K", "16K", "64K"),
    ipaBits: fc.constantFrom(36, 40, 44, 48),
    mode: fc.constantFrom<"enable" | "clear">("enable", "clear"),
  })
  .chain(({ granule, ipaBits, mode }) => {
    const pageBytes = legalChunks(granule)[0]!;
    const slot = fc.record({
      segments: fc.array(segment(granule), { minLength: 1, maxLength: 4 }),
      // Pages between a slot and the one before: none, so that they share a region; a few, so that
      // masks are out of step; many.
      gap: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 600 }), fc.constantFrom(2 ** 15, 2 ** 18)),
      dirty: fc.option(fc.array(fc.tuple(fc.nat(2 ** 17), fc.integer({ min: 1, max: 3000 })), { maxLength: 30 })),
    });
    return fc
      .record({
        base: fc.constantFrom(...bases(granule, ipaBits)),
        before: fc.integer({ min: 0, max: 70_000 }),
        slots: fc.array(slot, { minLength: 1, maxLength: 4 }),
        descending: fc.boolean(),
        chunk: fc.constantFrom(0, ...legalChunks(granule)),
        clearRange: fc.constantFrom(undefined, undefined, ...CLEAR_RANGES),
      })
      .map(({ base, before, slots, descending, chunk, clearRange }) => {
        let at = Math.max(0, base - before * pageBytes);
        const memslots = slots.map((each): Memslot => {
          at += each.gap * pageBytes;
          const start = at;
          for (const { size } of each.segments) at += sizeOf(size);
          const pages = (at - start) / pageBytes;
          const runs = each.dirty
            ?.map(([first, count]): [number, number] => [first % pages, count])
            .map(([first, count]): [number, number] => [first, Math.min(count, pages - first)]);
          return {
            base: formatAddress(start),
            segments: each.segments,
            ...(mode === "enable" || runs === undefined ? {} : { dirty: { runs } }),
          };
        });
        return {
          granule,
          ipaBits,
          memslots: descending ? memslots.reverse() : memslots,
          dirtyLog: {
            mode,
            chunk: formatSize(chunk),
            ...(mode === "enable" || clearRange === undefined ? {} : { clearRange }),
          },
        };
      });
  });

function sizeOf(size: string): number {
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[size.at(-1)!];
  return unit === undefined ? Number(size) : Number(size.slice(0, -1)) * unit;
}

describe("a guest that comes and goes region by region", () => {
  it.each(strategies.map(({ id }) => id))("counts, checks and digests under %s as the whole tree does", (id) => {
    fc.assert(
      fc.property(scenarios, fc.boolean(), (scenario, digest) => expectEqual(scenario, id, digest)),
      { numRuns: times(8, 100), seed: 1 },
    );
  });

  it("has the marks of tables above its regions as the whole tree has them", () => {
    // Blocks in the last region under one level-1 table, in the last two under the next, and in the
    // first under a third.
    const scenario: Arm64Scenario = {
      granule: "4K",
      ipaBits: 44,
      memslots: [
        {
          base: "0x7fc0000000",
          segments: [
            { map: "2M", size: "1G" },
            { map: "hole", size: "510G" },
            { map: "2M", size: "1G" },
            { map: "1G", size: "2G" },
          ],
        },
      ],
      dirtyLog: { mode: "enable", chunk: "1G" },
    };
    const { whole, regions } = bothWays(scenario, "split-mark", true);
    expect(regions).toEqual(whole);
    const { split } = whole.counts as { split: { pteStores: number } };
    // Two stores a block (1024 of 2M, 2 of 1G), and one for each mark set later: of two level-2
    // tables and of three level-1 tables.
    expect(split.pteStores).toBe(2 * 1026 + 5);
    expect(whole.findings).toEqual([]);
  });

  it("holds the tables of few regions at a time, however large the guest", () => {
    const held = (size: string): number => {
      const layout = layoutOf({
        granule: "4K",
        ipaBits: 44,
        memslots: [{ base: "0x0", segments: [{ map: "4K", size }] }],
        dirtyLog: { mode: "enable", chunk: "1G" },
      });
      const stage2 = new Stage2(layout, byId.get("split-mark")!);
      const { regions } = guestFor(stage2, { windowBytes: REGION_BYTES });
      drive(stage2, regions.windows);
      regions.finishAll();
      expect(regions.initial.tables).toBe((layout.slots[0]!.endGfn / 2 ** 18) * 513 + 1);
      return stage2.mem.words.length;
    };
    expect(held("40G")).toBe(held("4G"));
  });
});
