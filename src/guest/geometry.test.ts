import { describe, expect, it } from "vitest";
import { GRANULES, geometryOf, legalChunks, splitCacheCapacity } from "./geometry.js";

describe("geometryOf", () => {
  it.each([
    ["4K", 40, 1, 2],
    ["16K", 40, 2, 16],
    ["64K", 40, 2, 1],
    ["4K", 32, 2, 4],
    ["4K", 36, 1, 1],
    ["4K", 44, 0, 1],
    ["4K", 48, 0, 1],
    ["16K", 48, 1, 2],
    ["64K", 48, 1, 1],
    ["64K", 32, 2, 1],
  ] as const)(
    "starts %s at %i IPA bits at level %i with %i concatenated tables",
    (granule, ipaBits, startLevel, pgdPages) => {
      const geometry = geometryOf(granule, ipaBits);
      expect([geometry.startLevel, geometry.pgdPages]).toEqual([startLevel, pgdPages]);
    },
  );

  it("covers the whole IPA space from its root, with 1 to 16 concatenated tables, at every width", () => {
    for (const granule of GRANULES) {
      for (let ipaBits = 32; ipaBits <= 48; ipaBits++) {
        const geometry = geometryOf(granule, ipaBits);
        const rootSpan = geometry.spanPages[geometry.startLevel]! * geometry.entries * geometry.pgdPages;
        expect(rootSpan).toBeGreaterThanOrEqual(geometry.endGfn);
        expect(geometry.pgdPages).toBeGreaterThanOrEqual(1);
        expect(geometry.pgdPages).toBeLessThanOrEqual(16);
      }
    }
  });

  it("maps blocks at levels 1 and 2 with 4K pages, at level 2 otherwise, never above the start level", () => {
    expect(geometryOf("4K", 40).blockLevels).toEqual([1, 2]);
    expect(geometryOf("4K", 32).blockLevels).toEqual([2]);
    expect(geometryOf("16K", 48).blockLevels).toEqual([2]);
    expect(geometryOf("64K", 48).blockLevels).toEqual([2]);
  });

  it.each([31, 49, 40.5, Number.NaN])("refuses %d IPA bits", (ipaBits) => {
    expect(() => geometryOf("4K", ipaBits)).toThrow(/ipaBits .*a whole number from 32 to 48/);
  });
});

describe("splitCacheCapacity", () => {
  it.each([
    ["4K", "4K", 2],
    ["4K", "2M", 2],
    ["4K", "1G", 513],
    ["16K", "16K", 1],
    ["16K", "32M", 1],
    ["64K", "512M", 1],
  ] as const)("%s granule, %s chunk: %i pages", (granule, chunk, pages) => {
    const bytes = { "4K": 2 ** 12, "16K": 2 ** 14, "2M": 2 ** 21, "32M": 2 ** 25, "512M": 2 ** 29, "1G": 2 ** 30 }[
      chunk
    ];
    expect(legalChunks(granule)).toContain(bytes);
    expect(splitCacheCapacity(granule, bytes)).toBe(pages);
  });

  it("holds nothing where eager splitting is off", () => {
    expect(splitCacheCapacity("4K", 0)).toBe(0);
  });
});
