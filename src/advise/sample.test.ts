import { describe, expect, it } from "vitest";
import { layoutOf } from "../mmu/arm64/layout.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { sampleOf } from "./sample.js";

type Segment = Arm64Scenario["memslots"][number]["segments"][number];

/** A region of 1 GiB: of one mapping, or so many MiB of pages before 2M blocks. */
const KINDS: Readonly<Record<string, readonly Segment[]>> = {
  a: [{ map: "2M", size: "1G" }],
  b: [{ map: "4K", size: "1G" }],
  c: [{ map: "1G", size: "1G" }],
  h: [{ map: "hole", size: "1G" }],
  w: [{ map: "2M", size: "1G", writeProtected: true }],
};

function mixed(mib: number): readonly Segment[] {
  return [
    { map: "4K", size: `${mib}M` },
    { map: "2M", size: `${1024 - mib}M` },
  ];
}

/** A slot of regions: letters of {@link KINDS}, or MiB of pages before blocks. */
function slot(regions: readonly (string | number)[], base = "0x40000000", tail: readonly Segment[] = []) {
  const segments = regions.flatMap((one) => (typeof one === "number" ? mixed(one) : KINDS[one]!));
  return { base, segments: [...segments, ...tail] };
}

function sampled(...memslots: Arm64Scenario["memslots"]) {
  const scenario: Arm64Scenario = { granule: "4K", ipaBits: 44, memslots, dirtyLog: { mode: "clear", chunk: "2M" } };
  return sampleOf(scenario, layoutOf(scenario));
}

describe("the regions that stand for a guest", () => {
  it("are none where it has no more whole ones than would be taken", () => {
    expect(sampled(slot([..."aaaaa"]))).toBeUndefined();
    // Beyond a slot's last whole region, and before its first, is none.
    const rest = [{ map: "2M", size: "1022M" }];
    expect(sampled(slot([..."aaaaa"], "0x40000000", rest))).toBeUndefined();
    expect(sampled(slot([..."aaaaaa"], "0x40200000"))).toBeUndefined();
    expect(sampled(slot([..."aaaaaa"]))!.of).toBe(6);
  });

  it("are one of each kind where kinds are few, in address order, each for all of its kind", () => {
    expect(sampled(slot([..."baahwb"]))).toEqual({
      scenario: {
        granule: "4K",
        ipaBits: 44,
        memslots: [
          {
            base: "0x40000000",
            segments: [
              { map: "4K", size: "1G" },
              { map: "2M", size: "1G" },
              { map: "hole", size: "1G" },
              { map: "2M", size: "1G", writeProtected: true },
            ],
          },
        ],
        dirtyLog: { mode: "clear", chunk: "2M" },
      },
      of: 6,
      strata: [
        { weight: 2, alike: true, inARow: 1 },
        { weight: 2, alike: true, inARow: 2 },
        { weight: 1, alike: true, inARow: 1 },
        { weight: 1, alike: true, inARow: 1 },
      ],
    });
  });

  it("stand for parts of regions too, those before a slot's first whole region and behind its last", () => {
    // 6 GiB and 2 MiB, of which five regions and, in a second slot, one are whole.
    const rest = [{ map: "4K", size: "2M" }];
    const guest = sampled(slot([..."aaaaa"], "0x40000000", rest), slot(["b"], "0x400000000"))!;
    const each = (6 * 512 + 1) / 512 / 6;
    expect(guest.of).toBe(6);
    expect(guest.strata).toEqual([
      { weight: 5 * each, alike: true, inARow: 5 },
      { weight: each, alike: true, inARow: 1 },
    ]);
    expect(guest.scenario.memslots[0]!.segments).toEqual([
      { map: "2M", size: "1G" },
      { map: "4K", size: "1G" },
    ]);
  });

  it("are cut out of segments that are longer, and of those that begin within", () => {
    const base = "0x60000000";
    const guest = sampled({
      base,
      segments: [
        { map: "4K", size: "1G" },
        { map: "2M", size: "7G" },
      ],
    })!;
    // The first whole region is half pages, half blocks; then six of blocks, and half of one.
    expect(guest.of).toBe(7);
    expect(guest.scenario.memslots[0]!.segments).toEqual([
      { map: "4K", size: "512M" },
      { map: "2M", size: "512M" },
      { map: "2M", size: "1G" },
    ]);
    expect(guest.strata).toEqual([
      { weight: 8 / 7, alike: true, inARow: 1 },
      { weight: (6 * 8) / 7, alike: true, inARow: 6 },
    ]);
  });

  it("are of the three largest kinds, and of the rest those in the middle of equal parts by their pages", () => {
    // Ten, four and two alike, and four of a kind each: two are drawn of these, for two each.
    const regions = [..."aaaaabbb", 40, 10, ..."aaaaacbc", 30, 20];
    const guest = sampled(slot(regions))!;
    expect(guest.of).toBe(20);
    expect(guest.strata).toEqual([
      { weight: 10, alike: true, inARow: 5 },
      { weight: 4, alike: true, inARow: 3 },
      { weight: 2, alike: false, inARow: 1 },
      { weight: 2, alike: true, inARow: 1 },
      { weight: 2, alike: false, inARow: 1 },
    ]);
    expect(guest.scenario.memslots[0]!.segments).toEqual([
      ...KINDS.a!,
      ...KINDS.b!,
      // Of 10, 20, 30 and 40 MiB of pages the second and the fourth.
      ...mixed(40),
      ...KINDS.c!,
      ...mixed(20),
    ]);
  });

  it("are of no kind that is below a twentieth, nor of a single region, where kinds are many", () => {
    const alike = (regions: readonly (string | number)[]) =>
      sampled(slot(regions))!
        .strata.filter((one) => one.alike)
        .map(({ weight }) => weight);
    const many = (count: number) => Array<string>(count).fill("a");
    const singles = [10, 20, 30, 40, 50];
    // Two of 40 are a twentieth, of 41 they are not.
    expect(alike([...many(33), "b", "b", ...singles])).toEqual([33, 2]);
    expect(alike([...many(34), "b", "b", ...singles])).toEqual([34]);
    expect(alike(["a", ...singles])).toEqual([]);
    // A fourth large kind is one of the rest.
    expect(alike([..."aaaabbbccchh", 10, 20])).toEqual([4, 3, 3]);
    // Five kinds are few, whatever their size.
    expect(alike([...many(50), 10, 20, 30, 40])).toEqual([50, 1, 1, 1, 1]);
  });

  it("tell how many lie in a row, no row going from one memslot to the next", () => {
    const two = sampled(slot([..."abb"]), slot([..."bbba"], "0x100000000"))!;
    expect(two.strata.map(({ weight, inARow }) => [weight, inARow])).toEqual([
      [2, 1],
      [5, 3],
    ]);
    // Of four with pages of their own, in two parts, the two with the fewest are neighbours.
    const rest = sampled(slot([..."aaab", "b", "b", "c", "c", "c", 10, 20, 40, "b", 30]))!;
    expect(rest.strata.map(({ weight, inARow }) => [weight, inARow])).toEqual([
      [3, 3],
      [4, 3],
      [3, 3],
      [2, 2],
      [2, 1],
    ]);
  });

  it("are in the order of their addresses where they have as many pages, the holes among these", () => {
    const guest = sampled(slot([..."acwhb", 10]))!;
    expect(guest.strata).toEqual(Array(5).fill({ weight: 6 / 5, alike: false, inARow: 1 }));
    // By pages: a, c and w have none, then 10 MiB, then the hole and b: the third is in no middle.
    expect(guest.scenario.memslots[0]!.segments).toEqual([
      ...KINDS.a!,
      ...KINDS.c!,
      ...KINDS.h!,
      ...KINDS.b!,
      ...mixed(10),
    ]);
  });
});
