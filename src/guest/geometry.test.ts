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
    ["4K", 47, 0, 1],
    ["4K", 49, 0, 2],
    ["4K", 50, 0, 4],
    ["4K", 51, 0, 8],
    ["4K", 52, 0, 16],
    ["16K", 47, 1, 1],
    ["16K", 49, 1, 4],
    ["16K", 51, 1, 16],
    ["16K", 52, 0, 1],
    ["64K", 49, 1, 1],
    ["64K", 52, 1, 1],
  ] as const)(
    "starts %s at %i IPA bits at level %i with %i concatenated tables",
    (granule, ipaBits, startLevel, pgdPages) => {
      const geometry = geometryOf(granule, ipaBits, ipaBits > 48 && granule !== "64K");
      expect([geometry.startLevel, geometry.pgdPages]).toEqual([startLevel, pgdPages]);
    },
  );

  it("covers the whole IPA space from its root, with 1 to 16 concatenated tables, at every width", () => {
    for (const granule of GRANULES) {
      for (let ipaBits = 32; ipaBits <= 52; ipaBits++) {
        const geometry = geometryOf(granule, ipaBits, granule !== "64K");
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

  it.each([31, 53, 40.5, Number.NaN])("refuses %d IPA bits", (ipaBits) => {
    expect(() => geometryOf("4K", ipaBits, true)).toThrow(/ipaBits .*a whole number from 32 to 52/);
  });

  it("takes more than 48 IPA bits with LPA2 at 4K and 16K, without it at 64K, which knows no LPA2", () => {
    expect(() => geometryOf("4K", 49)).toThrow("ipaBits 49: more than 48 need LPA2 with the 4K granule; expected lpa2");
    expect(() => geometryOf("16K", 52)).toThrow("need LPA2 with the 16K granule");
    expect(() => geometryOf("64K", 48, true)).toThrow("lpa2: the 64K granule never uses LPA2");
    expect(geometryOf("64K", 52).endGfn).toBe(2 ** 36);
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
