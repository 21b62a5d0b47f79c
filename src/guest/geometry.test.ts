import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { GRANULES, geometryOf, legalChunks, levelOfMap, needsLpa2, splitCacheCapacity } from "./geometry.js";

describe("geometryOf", () => {
  it("gives the shape of the whole tree", () => {
    expect(geometryOf("4K", 40)).toEqual({
      granule: "4K",
      pageShift: 12,
      pageBytes: 4096,
      levelBits: 9,
      entries: 512,
      ipaBits: 40,
      lpa2: false,
      endGfn: 2 ** 28,
      startLevel: 1,
      pgdPages: 2,
      spanPages: [2 ** 27, 2 ** 18, 2 ** 9, 1],
      blockLevels: [1, 2],
      resetStepPages: 2 ** 18,
    });
    expect(geometryOf("16K", 52, true)).toEqual({
      granule: "16K",
      pageShift: 14,
      pageBytes: 16384,
      levelBits: 11,
      entries: 2048,
      ipaBits: 52,
      lpa2: true,
      endGfn: 2 ** 38,
      startLevel: 0,
      pgdPages: 1,
      spanPages: [2 ** 33, 2 ** 22, 2 ** 11, 1],
      blockLevels: [2],
      resetStepPages: 2 ** 11,
    });
    expect(geometryOf("64K", 32)).toEqual({
      granule: "64K",
      pageShift: 16,
      pageBytes: 65536,
      levelBits: 13,
      entries: 8192,
      ipaBits: 32,
      lpa2: false,
      endGfn: 2 ** 16,
      startLevel: 2,
      pgdPages: 1,
      spanPages: [2 ** 39, 2 ** 26, 2 ** 13, 1],
      blockLevels: [2],
      resetStepPages: 2 ** 13,
    });
  });

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
    expect(() => geometryOf("4K", ipaBits, true)).toThrow(
      new UserError(`ipaBits ${ipaBits}: not an IPA width; expected a whole number from 32 to 52`),
    );
  });

  it("needs LPA2 from 49 bits on, but for the 64K granule", () => {
    const needing = (bits: number) => GRANULES.filter((granule) => needsLpa2(granule, bits));
    expect([needing(48), needing(49)]).toEqual([[], ["4K", "16K"]]);
  });

  it("takes more than 48 IPA bits with LPA2 at 4K and 16K, without it at 64K, which knows no LPA2", () => {
    expect(() => geometryOf("4K", 49)).toThrow(
      new UserError("ipaBits 49: more than 48 need LPA2 with the 4K granule; expected lpa2, or fewer bits"),
    );
    expect(() => geometryOf("16K", 52)).toThrow("need LPA2 with the 16K granule");
    expect(() => geometryOf("64K", 48, true)).toThrow(
      new UserError("lpa2: the 64K granule never uses LPA2; expected it with 4K or 16K"),
    );
    expect(geometryOf("4K", 48, true).lpa2).toBe(true);
    expect(geometryOf("64K", 52).endGfn).toBe(2 ** 36);
  });
});

describe("the sizes of mappings", () => {
  it("are those of the kernel, from pages up, each with its level", () => {
    expect(GRANULES.map((granule) => [granule, ...legalChunks(granule)])).toEqual([
      ["4K", 2 ** 12, 2 ** 21, 2 ** 30],
      ["16K", 2 ** 14, 2 ** 25],
      ["64K", 2 ** 16, 2 ** 29],
    ]);
    expect(legalChunks("4K").map((bytes) => levelOfMap("4K", bytes, "map"))).toEqual([3, 2, 1]);
    expect(legalChunks("64K").map((bytes) => levelOfMap("64K", bytes, "map"))).toEqual([3, 2]);
    expect(() => levelOfMap("4K", 2 ** 25, "segments[1].map")).toThrow(
      new UserError("segments[1].map: the 4K granule has no such mapping size; expected 4K, 2M, 1G or hole"),
    );
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
    expect(splitCacheCapacity("64K", 0)).toBe(0);
  });

  it("counts a part of a block as a block", () => {
    expect(splitCacheCapacity("4K", 2 ** 30 + 2 ** 12)).toBe(2 + 513);
    expect(splitCacheCapacity("16K", 2 ** 25 + 2 ** 14)).toBe(2);
  });
});
