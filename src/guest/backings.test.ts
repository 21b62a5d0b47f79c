import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mix32 } from "../stats/random.js";
import { backingNamed, backings, segmentsFor } from "./backings.js";
import { GRANULES, legalChunks } from "./geometry.js";
import { parseSize } from "./sizes.js";

describe("backings", () => {
  it("knows dirty_log_perf_test's own names", () => {
    expect(backingNamed("anonymous")).toBe("4k");
    expect(backingNamed("ANONYMOUS_THP")).toBe("thp");
    expect(backingNamed("anonymous_hugetlb_1gb")).toBe("hugetlb-1g");
    expect(backingNamed("anonymous_hugetlb_512mb")).toBe("hugetlb-512m");
    expect(() => backingNamed("anonymus")).toThrow('did you mean "anonymous"?');
  });

  it("fills exactly the memory asked for, for every backing, granule and coverage", () => {
    const names = [...backings.map((backing) => backing.id), "hugetlb-64k", "hugetlb-512m"];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(...GRANULES),
        fc.integer({ min: 1, max: 70_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 100 }),
        (backing, granule, pages, coverage, seed) => {
          const bytes = pages * legalChunks(granule)[0]!;
          if (backing === "mixed" && bytes < 4 * legalChunks(granule)[1]!) return;
          const segments = segmentsFor(backing, bytes, granule, coverage, seed);
          expect(segments.reduce((sum, { size }) => sum + parseSize(size), 0)).toBe(bytes);
        },
      ),
    );
  });

  it("maps no more than the host page allows: 2M hugetlb is pages with 16K and 64K granules", () => {
    expect(segmentsFor("hugetlb-2m", 2 ** 30, "4K", 1, 1)).toEqual([{ map: "2M", size: "1G" }]);
    expect(segmentsFor("hugetlb-2m", 2 ** 30, "16K", 1, 1)).toEqual([{ map: "16K", size: "1G" }]);
    expect(segmentsFor("hugetlb-1g", 2 ** 30, "64K", 1, 1)).toEqual([{ map: "512M", size: "1G" }]);
  });

  it("draws exactly the share of blocks asked for", () => {
    for (const coverage of [0, 0.1, 0.5, 0.99, 1]) {
      const blocks = segmentsFor("thp", 2 ** 30, "4K", coverage, 3).filter(({ map }) => map === "2M");
      expect(blocks.reduce((sum, { size }) => sum + parseSize(size), 0) / 2 ** 21).toBe(Math.round(coverage * 512));
    }
  });
});

describe("mix32", () => {
  it("gives the vectors of the deterministic guests", () => {
    expect(mix32(1)).toBe(0x688990c0);
    expect(mix32(0xffffffff)).toBe(0x6768824a);
  });
});
