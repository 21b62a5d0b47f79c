import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { mix32 } from "../stats/random.js";
import { backingNamed, backings, DEFAULT_BACKINGS, segmentsFor } from "./backings.js";
import { GRANULES, legalChunks } from "./geometry.js";
import { parseSize } from "./sizes.js";

describe("backings", () => {
  it.each([
    // As tools/testing/selftests/kvm/lib/test_util.c of Linux 7.3 has them.
    ["anonymous", "4k"],
    ["anonymous_thp", "thp"],
    ["anonymous_hugetlb", "hugetlb-2m"],
    ["anonymous_hugetlb_16kb", "hugetlb-16k"],
    ["anonymous_hugetlb_64kb", "hugetlb-64k"],
    ["anonymous_hugetlb_512kb", "hugetlb-512k"],
    ["anonymous_hugetlb_2mb", "hugetlb-2m"],
    ["anonymous_hugetlb_512mb", "hugetlb-512m"],
    ["anonymous_hugetlb_1gb", "hugetlb-1g"],
    ["anonymous_hugetlb_16gb", "hugetlb-16g"],
    ["shmem", "4k"],
    ["shared_hugetlb", "hugetlb-2m"],
    // And as people type them.
    [" ANONYMOUS_THP\n", "thp"],
    ["HugeTLB-2M", "hugetlb-2m"],
    ["hugetlb-0512mb", "hugetlb-512m"],
    ["mixed", "mixed"],
  ])("takes %j, dirty_log_perf_test's own names included, for %s", (name, id) => {
    expect(backingNamed(name)).toBe(id);
  });

  it("has a name of its own for each, and takes it for that", () => {
    expect(backings.map(({ id }) => id)).toEqual(["4k", "thp", "hugetlb-2m", "hugetlb-1g", "mixed"]);
    for (const { id } of backings) expect(backingNamed(id)).toBe(id);
    expect(DEFAULT_BACKINGS).toEqual(["4k", "thp", "hugetlb-1g"]);
  });

  it("refuses other names, with the nearest and with all that there are", () => {
    expect(() => backingNamed("anonymus")).toThrow(
      new UserError(
        'backing "anonymus": unknown, did you mean "anonymous"?; expected one of ' +
          "4k, thp, hugetlb-2m, hugetlb-1g, mixed, anonymous, shmem, anonymous_thp, anonymous_hugetlb, " +
          "anonymous_hugetlb_2mb, shared_hugetlb, anonymous_hugetlb_1gb",
      ),
    );
    for (const name of ["hugetlb-2", "hugetlb-m", "xhugetlb-2m", "hugetlb-2mx", "hugetlb-2t", "shared_hugetlb_2mb"])
      expect(() => backingNamed(name), name).toThrow(UserError);
    expect(() => segmentsFor(`a\n${"x".repeat(99)}`, 4096, "4K", 1, 1)).toThrow(
      new UserError(`backing "a ${"x".repeat(55)}...": unknown; expected 4k, thp, hugetlb-2m, hugetlb-1g, mixed`),
    );
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
    expect(segmentsFor("hugetlb-16k", 2 ** 30, "64K", 1, 1)).toEqual([{ map: "64K", size: "1G" }]);
    expect(segmentsFor("hugetlb-64k", 2 ** 30, "64K", 1, 1)).toEqual([{ map: "64K", size: "1G" }]);
    expect(segmentsFor("4k", 2 ** 30, "16K", 1, 1)).toEqual([{ map: "16K", size: "1G" }]);
  });

  it("lays a mixed guest out as half in the largest blocks, a quarter in pages, a quarter in blocks of level 2", () => {
    expect(segmentsFor("mixed", 2 ** 30 + 3 * 2 ** 21, "4K", 1, 1)).toEqual([
      { map: "1G", size: "518M" },
      { map: "4K", size: "256M" },
      { map: "2M", size: "256M" },
    ]);
    expect(segmentsFor("mixed", 2 ** 27, "16K", 1, 1)).toEqual([
      { map: "32M", size: "64M" },
      { map: "16K", size: "32M" },
      { map: "32M", size: "32M" },
    ]);
    expect(() => segmentsFor("mixed", 2 ** 23 - 4096, "4K", 1, 1)).toThrow(
      new UserError("memory 8188K: too small for mixed backing; expected at least 4 x 2M"),
    );
  });

  it("draws the same blocks for the same seed as when results were written, and what is no region comes last", () => {
    const drawn = (bytes: number, coverage: number, seed: number) =>
      segmentsFor("thp", bytes, "4K", coverage, seed).map(({ map, size }) => `${size} of ${map}`);
    expect(drawn(2 ** 25 + 2 ** 13, 0.5, 3)).toEqual([
      "2M of 4K",
      "4M of 2M",
      "4M of 4K",
      "4M of 2M",
      "8M of 4K",
      "8M of 2M",
      "2M of 4K",
      "8K of 4K",
    ]);
    expect(drawn(20 * 2 ** 20, 0.25, 1)).toEqual([
      "2M of 2M",
      "4M of 4K",
      "2M of 2M",
      "8M of 4K",
      "2M of 2M",
      "2M of 4K",
    ]);
    expect(drawn(2 ** 13, 0.5, 3)).toEqual(["8K of 4K"]);
    // A guest that is covered wholly is left to the layout: blocks as far as they fit.
    expect(drawn(2 ** 21 + 2 ** 13, 1, 3)).toEqual(["2056K of 2M"]);
    expect(drawn(2 ** 21 + 2 ** 13, 0.99, 3)).toEqual(["2M of 2M", "8K of 4K"]);
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
