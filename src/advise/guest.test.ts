import { describe, expect, it } from "vitest";
import { termCounts } from "../cost/terms.js";
import { REGION, remember, simulatedPart } from "../cost/uniformGuest.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { type AdvisedGuest, bytesOf, granuleOf, resolved, type Work, workOf } from "./guest.js";
import type { LockWork } from "./lockWork.js";

// Of the 64K granule, of which a GiB has 16384 pages in two blocks.
const baseline = strategies[0]!;

function scenarioOf(...segments: [map: string, size: string][]): Arm64Scenario {
  return {
    granule: "64K",
    ipaBits: 40,
    memslots: [{ base: "0x40000000", segments: segments.map(([map, size]) => ({ map, size })) }],
    dirtyLog: { mode: "enable", chunk: "0" },
  };
}

const visits = (works: readonly LockWork[]) => works.map((work) => work.visits);
const told = ({ sequence }: Work) => sequence.map(({ work, end }) => `${work.visits} ${end}`);

describe("a guest", () => {
  it("has the bytes and the granule of its slots, or those that it says", () => {
    const scenario = scenarioOf(["512M", "1G"], ["hole", "512M"]);
    const second = { base: "0x100000000", segments: [{ map: "64K", size: "128K" }] };
    const two = { ...scenario, memslots: [...scenario.memslots, second] };
    expect(bytesOf({ kind: "scenario", scenario: two })).toBe(1536 * 2 ** 20 + 2 ** 17);
    expect(granuleOf({ kind: "scenario", scenario })).toBe("64K");
    const uniform: AdvisedGuest = { kind: "uniform", granule: "16K", map: "32M", bytes: 12345 };
    expect([bytesOf(uniform), granuleOf(uniform)]).toEqual([12345, "16K"]);
  });

  it("is laid out once, though asked for again and again", () => {
    const scenario = scenarioOf(["512M", "6G"]);
    expect(resolved(scenario)).toBe(resolved(scenario));
    expect(resolved({ ...scenario })).not.toBe(resolved(scenario));
    expect(resolved(scenario).sample!.of).toBe(6);
  });
});

describe("the work of a guest of which regions stand for all", () => {
  const scenario = scenarioOf(["512M", "4G"], ["64K", "2G"]);
  const both = (mode: "enable" | "clear", perRegion: boolean) => {
    const of = (bytes: number) =>
      workOf({ kind: "scenario", scenario }, mode, "512M", baseline, perRegion, new Map(), bytes);
    // So much is taken whole; a byte less is not enough.
    return [of(6 * REGION), of(6 * REGION - 1)] as const;
  };

  it("is that of the whole where they are alike, but for a drop of the lock a region", () => {
    for (const [mode, perRegion, drops] of [
      ["enable", false, [9, 10]],
      ["clear", false, [9, 12]],
      ["clear", true, [9, 12]],
    ] as const) {
      const [whole, sampled] = both(mode, perRegion);
      const of = ({ counts }: Work) => {
        const { ranges, ...terms } = termCounts(counts);
        return terms;
      };
      expect([of(whole).lockDrops, of(sampled).lockDrops], mode).toEqual(drops);
      expect({ ...of(sampled), lockDrops: 0 }, mode).toEqual({ ...of(whole), lockDrops: 0 });
      expect(sampled.locked.equals(whole.locked), mode).toBe(true);
      const { counts: _c, locked: _l, holds: _h, stretches, sequence: _s, sampled: strata, ...rest } = sampled;
      expect(rest).toEqual({ lockedBytes: 6 * REGION, scaled: false, cachePages: 1, pageBytes: 65536, findings: [] });
      expect([whole.lockedBytes, whole.sampled]).toEqual([6 * REGION, null]);
      expect(visits(stretches)).toEqual(visits(whole.stretches));
      expect(strata!.of).toBe(6);
    }
  });

  it("is told by region, with how many each stands for", () => {
    const strata = ([, { sampled }]: ReturnType<typeof both>) =>
      sampled!.strata.map(({ weight, alike, work }) => [weight, alike, work.visits]);
    // Two blocks, visited by both walks, of each 8192 pages made and visited. Or 16384 pages,
    // twice.
    expect(strata(both("enable", false))).toEqual([
      [4, true, 2 + 2 * (1 + 8192 + 8192)],
      [2, true, 2 * 16384],
    ]);
    expect(strata(both("clear", true))).toEqual([
      [4, true, 49028],
      [2, true, 2 * 16384],
    ]);
  });

  it("holds the lock as the whole does, with the first holds told in order", () => {
    const [whole, sampled] = both("clear", true);
    const block = ["8322 top-up", "24514 top-up", "16192 ioctl"];
    const first = ["1 top-up", "8321 top-up", "24514 top-up", "16192 ioctl"];
    expect(told(whole)).toEqual([...first, ...block, ...block, ...block, "32768 ioctl", "32768 ioctl"]);
    expect(told(sampled)).toEqual([...first, "32768 ioctl"]);
    expect(visits(sampled.holds)).toEqual([1, 8321, 24514, 16192, 32768]);
    // The two regions of pages take nothing from the cache: the lock is held through both.
    const [all, some] = both("enable", false).map(told);
    const one = ["16385 top-up", "16385 top-up"];
    expect(all).toEqual([`${8 + 2 * 16384} ioctl`, ...one, ...one, ...one, ...one, "32768 ioctl"]);
    expect(some).toEqual([`${8 + 2 * 16384} ioctl`, ...one, "32768 ioctl"]);
  });

  it("grows with what regions stand for where the lock is not dropped in any", () => {
    const of = (perRegion: boolean) =>
      workOf({ kind: "scenario", scenario }, "clear", "0", baseline, perRegion, new Map(), REGION);
    // 128 words a block of 8192 pages, each with a visit; 64 visits a word of pages.
    expect(told(of(false))).toEqual([`${4 * 256 + 2 * 16384} ioctl`]);
    expect(told(of(true))).toEqual(["256 ioctl", "16384 ioctl"]);
    // There is no point to reschedule: a stretch is a hold.
    expect(visits(of(false).stretches)).toEqual([4 * 256 + 2 * 16384]);
    expect(of(false).counts).toMatchObject({ flush: { memslot: 1, rangeCalls: 1, vmidAll: 0 } });
    expect(of(true).counts).toMatchObject({ flush: { memslot: 6, rangeCalls: 6, vmidAll: 0 } });
  });

  it("multiplies findings by what the regions stand for", () => {
    const rfc = strategies.find(({ id }) => id === "skip-return-rfc")!;
    const blocks = scenarioOf(["1G", "6G"]);
    const large: Arm64Scenario = { ...blocks, granule: "4K" };
    const of = (bytes: number) =>
      workOf({ kind: "scenario", scenario: large }, "enable", "2M", rfc, false, new Map(), bytes).findings;
    expect(of(REGION)).toMatchObject([{ code: "unsplit-block", count: 6 }]);
  });
});

describe("the work of a large guest", () => {
  it("is told by regions beyond 6 GiB, and by its first 600 holds", () => {
    const of = (size: string) =>
      workOf({ kind: "scenario", scenario: scenarioOf(["64K", size]) }, "clear", "0", baseline, true, new Map())
        .sampled;
    expect([of("6G"), of("7G")?.of]).toEqual([null, 7]);
    const pages: AdvisedGuest = { kind: "uniform", granule: "4K", map: "2M", bytes: 2 * REGION };
    const { sequence, holds } = workOf(pages, "enable", "2M", baseline, false, new Map());
    expect(sequence).toHaveLength(600);
    expect(visits(holds)).toEqual([2 * 512, 1 + 2 * 512]);
    const { sequence: whole } = workOf(
      { kind: "scenario", scenario: { ...scenarioOf(["2M", "2G"]), granule: "4K" } },
      "enable",
      "2M",
      baseline,
      false,
      new Map(),
    );
    expect(whole).toHaveLength(600);
  });
});

describe("the work of a guest that is mapped alike", () => {
  const work = (
    gib: number,
    map: string,
    mode: "enable" | "clear",
    chunk = "512M",
    perRegion = false,
    strategy = baseline,
  ) =>
    workOf({ kind: "uniform", granule: "64K", map, bytes: gib * REGION }, mode, chunk, strategy, perRegion, new Map());

  it("is that of the same guest as a scenario, however it is got", () => {
    for (const gib of [2, 6.5]) {
      for (const map of ["512M", "64K"]) {
        for (const mode of ["enable", "clear"] as const) {
          for (const perRegion of mode === "clear" ? [false, true] : [false]) {
            const scenario = scenarioOf([map, `${gib * 1024}M`]);
            const guest = { kind: "scenario", scenario } as const;
            const whole = workOf(guest, mode, "512M", baseline, perRegion, new Map(), 100 * REGION);
            const own = work(gib, map, mode, "512M", perRegion);
            const name = `${gib} ${map} ${mode} ${perRegion}`;
            expect(own.counts, name).toEqual(whole.counts);
            const keys = (works: readonly LockWork[]) => works.map(({ key }) => key).sort();
            expect(keys(own.holds), name).toEqual(keys(whole.holds));
            expect(Math.max(...visits(own.stretches)), name).toBe(Math.max(...visits(whole.stretches)));
            const { scaled, sampled, cachePages, pageBytes, findings } = own;
            expect({ scaled, sampled, cachePages, pageBytes, findings }, name).toEqual({
              scaled: gib > 4,
              sampled: null,
              cachePages: 1,
              pageBytes: 65536,
              findings: [],
            });
          }
        }
      }
    }
  });

  it("is simulated whole, or three regions and a part, of which the lock's work is told", () => {
    const small = work(2, "64K", "enable");
    expect([small.locked.visits, small.lockedBytes]).toEqual([2 * 2 * 16384, 2 * REGION]);
    const large = work(6.5, "64K", "enable");
    expect([large.locked.visits, large.lockedBytes]).toEqual([3.5 * 2 * 16384, 3.5 * REGION]);
    expect(told(large)).toEqual([`${6.5 * 16384} ioctl`, `${6.5 * 16384} ioctl`]);
    expect(told(work(6.5, "64K", "clear", "0", true))).toEqual([
      ...["16384 ioctl", "16384 ioctl", "16384 ioctl", "8192 ioctl"],
    ]);
    expect(told(work(9, "512M", "clear", "0"))).toEqual([`${9 * 256} ioctl`]);
  });

  it("flushes a slot once an ioctl, the last of which may be for a part of a region", () => {
    const flush = (perRegion: boolean) => work(6.5, "64K", "clear", "0", perRegion).counts.flush;
    expect(flush(false)).toEqual({ memslot: 1, rangeCalls: 1, vmidAll: 0 });
    expect(flush(true)).toEqual({ memslot: 7, rangeCalls: 7, vmidAll: 0 });
  });

  it("is taken from what is remembered, and remembers what it simulates", () => {
    const guest = { kind: "uniform", granule: "64K", map: "64K", bytes: REGION } as const;
    const memory = new Map();
    const first = workOf(guest, "enable", "0", baseline, false, memory);
    const { scenario } = simulatedPart({ ...guest, mode: "enable", chunk: "0" });
    expect([...memory.values()]).toEqual([first.counts]);
    remember(memory, scenario, baseline, {});
    expect(memory.size).toBe(1);
  });

  it("finds in each further region what the last simulated one adds", () => {
    const rfc = strategies.find(({ id }) => id === "skip-return-rfc")!;
    const of = (gib: number) =>
      workOf({ kind: "uniform", granule: "4K", map: "1G", bytes: gib * REGION }, "enable", "2M", rfc, false, new Map())
        .findings;
    const found = (count: number) => [
      { code: "unsplit-block", count, data: { ipa: "0x40000000", level: 2, bytes: count * 2 ** 21 } },
    ];
    expect([of(1), of(6)]).toEqual([found(1), found(6)]);
  });
});
