import { describe, expect, it } from "vitest";
import type { CostProfile } from "../cost/profile.js";
import { builtinProfile } from "../cost/profiles.js";
import { REGION } from "../cost/uniformGuest.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { type AdviceRequest, advise, adviser, eagerWins, passNs, spreadPercent, TRIED_PERCENTS } from "./advise.js";
import { firstPass } from "./firstPass.js";
import { leafRunsOf } from "./leafRuns.js";

const provenance = { kind: "derived", how: "test", source: "test" } as const;
const figure = (ns: number, more: object = {}) => ({ ns, provenance, ...more });

/** Prices of round numbers: a fault is all that a guest's pass costs, but for broadcasts. */
const profile: CostProfile = {
  kind: "s2split-cost-profile",
  schemaVersion: 1,
  name: "round",
  title: "round numbers",
  mmu: "arm64",
  costs: {
    writeProtectVisit: figure(1),
    splitVisit: figure(2),
    nestedEntry: figure(3),
    tlbiBroadcast: figure(1000, { nsPerFurtherIssuer: 1000 }),
    fault: figure(50),
  },
};

/** 2 GiB of four blocks of 8192 pages each. */
const BYTES = 2 * REGION;
const PAGES = 4 * 8192;

function request(more: Partial<AdviceRequest> = {}): AdviceRequest {
  return {
    guest: { kind: "uniform", granule: "64K", map: "512M", bytes: BYTES },
    modes: ["enable"],
    chunks: ["512M"],
    strategies: [strategies[0]!],
    profile,
    vcpus: 2,
    writePercent: 100,
    maxLockHoldNs: null,
    maxGuestStallNs: null,
    lock: "parallel",
    clearPerRegion: false,
    seed: 1,
    ...more,
  };
}

/** A block split: itself visited, its pages visited and made, and its broadcast. */
const BLOCK = 2 + 8192 * 2 + 8192 * 3 + 1000;

describe("a row of advice", () => {
  const rows = advise(request()).rows;

  it("has all that an eager ioctl costs, and what the guest's pass costs after it", () => {
    const enableNs = 4 + 4 * BLOCK;
    expect(rows[1]).toEqual({
      mode: "enable",
      chunk: "512M",
      strategy: "baseline",
      enableNs,
      firstClearNs: null,
      longestHold: { visits: 1 + 2 * 8192, ns: BLOCK },
      longestStretch: { visits: 1 + 2 * 8192, ns: BLOCK },
      lockedNsPerGiB: enableNs / 2,
      cachePages: 1,
      cacheBytes: 65536,
      ioctlTlbis: 4,
      findings: [],
      guest: {
        faults: PAGES,
        tlbis: 0,
        writes: PAGES,
        elapsedNs: (PAGES * 50) / 2,
        vcpuNs: PAGES * 50,
        sampled: false,
      },
      stall: null,
      totalNs: enableNs + PAGES * 50,
      withinLockHold: true,
      withinGuestStall: true,
      scaled: false,
      sampled: null,
    });
  });

  it("has the blocks that the guest breaks where eager splitting is off, with all vCPUs broadcasting", () => {
    const vcpuNs = PAGES * 50 + 4 * 2000;
    expect(rows[0]).toMatchObject({
      chunk: "0",
      enableNs: 4,
      longestHold: { visits: 4, ns: 4 },
      longestStretch: { visits: 1, ns: 1 },
      lockedNsPerGiB: 2,
      cachePages: 0,
      cacheBytes: 0,
      ioctlTlbis: 0,
      guest: { faults: PAGES, tlbis: 4, writes: PAGES, elapsedNs: vcpuNs / 2, vcpuNs },
      totalNs: 4 + vcpuNs,
    });
  });

  it("has the first clear in place of enabling where that only sets bits", () => {
    const [off] = advise(request({ modes: ["clear"], chunks: [] })).rows;
    // Of each of four blocks 128 words, each of which visits it.
    expect(off).toMatchObject({ mode: "clear", enableNs: 0, firstClearNs: 512, longestHold: { visits: 512, ns: 512 } });
    expect(off!.totalNs).toBe(512 + PAGES * 50 + 4 * 2000);
  });

  it("is within a limit that it just reaches", () => {
    const within = (maxLockHoldNs: number) => advise(request({ maxLockHoldNs })).rows.map((row) => row.withinLockHold);
    expect([within(BLOCK), within(BLOCK - 1), within(4), within(3)]).toEqual([
      [true, true],
      [true, false],
      [true, false],
      [false, false],
    ]);
  });

  it("is within a limit of the stall that it just reaches, with faults of many vCPUs priced together", () => {
    const contention = {
      alone: { relax: 500, map: 500, broken: 500 },
      spinlock: { hold: 100 },
      provenance,
      fittedTo: [],
    };
    const asked = { profile: { ...profile, contention }, lock: "spinlock" } as const;
    const [, row] = advise(request(asked)).rows;
    // Two vCPUs fault every 500 ns, 100 of them under the lock: neither waits for the other.
    expect(row!.guest!.vcpuNs).toBe(PAGES * 500);
    const { longestNs } = row!.stall!;
    expect(longestNs).toBeGreaterThan(0);
    const within = (maxGuestStallNs: number) =>
      advise(request({ ...asked, maxGuestStallNs })).rows[1]!.withinGuestStall;
    expect([within(longestNs), within(longestNs - 0.5)]).toEqual([true, false]);
    // Eight wait for each other: each fault takes 800.
    expect(advise(request({ ...asked, vcpus: 8 })).rows[1]!.guest!.vcpuNs).toBe(PAGES * 800);
  });

  it("takes the hold with the most visits for the longest where nothing of it has a price", () => {
    const costs = { fault: figure(50) };
    const [off, eager] = advise(request({ profile: { ...profile, costs } })).rows;
    expect(off!.longestHold).toEqual({ visits: 4, ns: 0 });
    expect(eager!.longestHold).toEqual({ visits: 1 + 2 * 8192, ns: 0 });
  });

  it("has the visit that finds no memory for its longest hold, however little that costs", () => {
    const scenario = {
      granule: "4K",
      ipaBits: 40,
      memslots: [{ base: "0x40000000", segments: [{ map: "hole", size: "2M" }] }],
      dirtyLog: { mode: "enable", chunk: "0" },
    } as const;
    const costs = { ...profile.costs, writeProtectVisit: figure(0.25) };
    const asked = { guest: { kind: "scenario", scenario }, chunks: [], profile: { ...profile, costs } } as const;
    expect(advise(request(asked)).rows[0]).toMatchObject({
      longestHold: { visits: 1, ns: 0.25 },
      guest: { faults: 0, writes: 0 },
      totalNs: 0.25,
    });
  });

  it("says how far off the sum of regions may be that stand for others", () => {
    // Regions with 64 to 384 MiB in pages, the rest in blocks of 32 MiB.
    const segments = [64, 128, 192, 256, 320, 384].flatMap((mib) => [
      { map: "16K", size: `${mib}M` },
      { map: "32M", size: `${1024 - mib}M` },
    ]);
    const scenario = {
      granule: "16K",
      ipaBits: 40,
      memslots: [{ base: "0x40000000", segments }],
      dirtyLog: { mode: "enable", chunk: "0" },
    } as const;
    const [row] = advise(request({ guest: { kind: "scenario", scenario }, chunks: [], wholeBytes: REGION })).rows;
    // Each 64 MiB more are 4096 visits in place of two. The third of six regions is not taken.
    const step = 4096 - 2;
    const taken = [1, 2, 4, 5, 6].map((times) => 32 + step * times);
    const total = 1.2 * taken.reduce((sum, ns) => sum + ns, 0);
    const variance = (step ** 2 * (1 + 4 + 1 + 1)) / (2 * 4);
    const errorPercent = (100 * 2 * Math.sqrt(5 * 1.2 ** 2 * variance)) / total;
    expect(row!.sampled).toEqual({ regions: 5, of: 6, errorPercent: expect.closeTo(errorPercent, 9) });
    // Counts are whole at each level.
    expect(Math.abs(row!.enableNs - total)).toBeLessThan(1);
  });
});

describe("advice", () => {
  it("tells each row before it is counted, by strategy and chunk, off first and each chunk once", () => {
    const told: unknown[][] = [];
    const two = [strategies[0]!, strategies.find(({ id }) => id === "max-level")!];
    const { rows } = advise(
      request({ modes: ["clear", "enable"], chunks: ["512M", "0", "512M"], strategies: two }),
      (...args) => told.push(args),
    );
    const lines = (mode: string) =>
      ["baseline", "max-level"].flatMap((id) => ["off", "512M"].map((chunk) => `${id}, ${mode}, chunk ${chunk}`));
    expect(told).toEqual(["clear", "enable"].flatMap((mode) => lines(mode).map((line, i) => [i, 4, line])));
    expect(
      rows.map(({ mode, strategy, chunk }) => `${strategy}, ${mode}, chunk ${chunk === "0" ? "off" : chunk}`),
    ).toEqual(told.map(([, , line]) => line));
  });

  it("names the profile, the guest's size and what has no price, and what it recommends from how many vCPUs on", () => {
    const { rows, ...rest } = advise(request());
    expect(rest).toEqual({
      recommendations: [
        {
          mode: "enable",
          strategy: "baseline",
          chunk: "0",
          reason: { code: "off-costs-less", offNs: rows[0]!.totalNs, eagerNs: rows[1]!.totalNs, faultsSaved: 0 },
          // Each vCPU more makes each of four broadcasts 1000 ns dearer; a percent less is none.
          changes: [{ fromVcpus: 47, chunk: "512M" }],
        },
      ],
      redirtyNs: 50,
      profile: "round",
      restsOnAssumptions: false,
      unpriced: rest.unpriced,
      guestBytes: BYTES,
    });
    expect(rest.unpriced.map(({ counter, count }) => [counter, count])).toContainEqual(["guestAccesses", PAGES]);
    const at = (vcpus: number) => advise(request({ vcpus })).recommendations[0]!;
    expect([at(46).chunk, at(47).chunk]).toEqual(["0", "512M"]);
    // From where it changes does not depend on how many are asked for.
    expect(at(64).changes).toEqual([{ fromVcpus: 47, chunk: "512M" }]);
  });

  it("finds a change up to 512 vCPUs, and none beyond", () => {
    const changes = (nsPerFurtherIssuer: number) => {
      const costs = { ...profile.costs, tlbiBroadcast: figure(1000, { nsPerFurtherIssuer }) };
      return advise(request({ profile: { ...profile, costs } })).recommendations[0]!.changes;
    };
    // 45.52 vCPUs more where one costs 1000: 511 where one costs 89.1.
    expect(changes(89.1)).toEqual([{ fromVcpus: 512, chunk: "512M" }]);
    expect(changes(89)).toEqual([]);
    expect(changes(100_000)).toEqual([{ fromVcpus: 2, chunk: "512M" }]);
  });

  it("compares nothing where what splitting or faults cost is not known", () => {
    for (const id of ["splitVisit", "nestedEntry", "tlbiBroadcast", "fault"] as const) {
      const { [id]: _, ...costs } = profile.costs;
      const { recommendations } = advise(request({ profile: { ...profile, costs } }));
      expect(recommendations, id).toEqual([
        { mode: "enable", strategy: "baseline", chunk: null, reason: { code: "not-priced" }, changes: [] },
      ]);
    }
    const { writeProtectVisit: _, ...costs } = profile.costs;
    expect(advise(request({ profile: { ...profile, costs } })).recommendations[0]!.chunk).toBe("0");
  });

  it("leaves eager splitting off where there are no blocks", () => {
    const guest = { kind: "uniform", granule: "64K", map: "64K", bytes: BYTES } as const;
    expect(advise(request({ guest })).recommendations[0]!.reason).toEqual({
      code: "nothing-to-split",
      // Each page is visited once more.
      costNs: 2 * PAGES,
    });
  });

  it("of several modes is that of each, what is assumed and not priced in any of them together", () => {
    const assumed = { ...provenance, kind: "assumed" } as const;
    const costs = { ...profile.costs, closingDsb: { ns: 0, provenance: assumed } };
    const own = adviser(request({ modes: ["enable", "clear"], profile: { ...profile, costs } }));
    const [enable, clear] = [own.mode("enable"), own.mode("clear")];
    const off = adviser(request({ chunks: [] })).mode("enable");
    const both = own.together([{ ...off, restsOnAssumptions: false }, enable, clear]);
    expect(both).toEqual({
      ...off,
      rows: [...off.rows, ...enable.rows, ...clear.rows],
      recommendations: [...off.recommendations, ...enable.recommendations, ...clear.recommendations],
      restsOnAssumptions: true,
      unpriced: both.unpriced,
    });
    expect([enable.restsOnAssumptions, off.restsOnAssumptions]).toEqual([true, false]);
    const count = (advice: typeof both, id: string) =>
      advice.unpriced.find(({ counter }) => counter === id)?.count ?? 0;
    for (const id of ["ranges", "walks", "lockDrops"]) {
      expect(count(both, id), id).toBe(Math.max(...[off, enable, clear].map((one) => count(one, id))));
    }
  });
});

describe("where eager splitting wins", () => {
  it("is nowhere between two rows that are the same", () => {
    const guest = { kind: "uniform", granule: "64K", map: "64K", bytes: BYTES } as const;
    const [off] = advise(request({ guest })).rows;
    expect(eagerWins(request({ guest }), off!, off!)).toEqual([]);
  });

  it("is where what it saves of the pass is more than what the ioctl costs more", () => {
    const asked = request();
    const [off, eager] = advise(asked).rows;
    const cost = (row: typeof off) => row!.enableNs + (row!.firstClearNs ?? 0);
    const saved = TRIED_PERCENTS.map((percent) => passNs(asked, false, percent) - passNs(asked, true, percent));
    const wins = TRIED_PERCENTS.filter((_, i) => saved[i]! > cost(eager) - cost(off));
    expect(eagerWins(asked, off!, eager!)).toEqual(wins);
    // Clearing costs as enabling does.
    const cleared = { ...eager!, enableNs: 0, firstClearNs: eager!.enableNs };
    expect(eagerWins(asked, off!, cleared)).toEqual(wins);
    expect(wins).toContain(20);
    expect(wins).not.toContain(100);
    expect(TRIED_PERCENTS).toEqual([
      ...[1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100],
    ]);
  });

  it("rests on 2^15 accesses, or as many as a table has of each run where these are many", () => {
    const memory = (...sizes: [map: string, size: string][]) =>
      ({
        kind: "scenario",
        scenario: {
          granule: "4K",
          ipaBits: 40,
          memslots: [{ base: "0x40000000", segments: sizes.map(([map, size]) => ({ map, size })) }],
          dirtyLog: { mode: "enable", chunk: "0" },
        },
      }) as const;
    const ns = (guest: AdviceRequest["guest"], drawn: number) => {
      const pass = { runs: leafRunsOf(guest), pageBytes: 4096, entries: 512, writePercent: 37, seed: 1 };
      return [passNs(request({ guest }), true, 37), 50 * firstPass(pass, true, drawn).terms.faults];
    };
    const one = ns(memory(["4K", "1G"]), 2 ** 15);
    const two = ns(memory(["4K", "512M"], ["2M", "512M"]), 2 ** 14);
    const many = Array.from({ length: 100 }, (_, i): [string, string] => [i % 2 === 0 ? "4K" : "2M", "4M"]);
    const each = ns(memory(...many), 512);
    for (const [priced, drawn] of [one, two, each]) expect(priced).toBe(drawn);
    // Another number of accesses makes another estimate.
    expect(ns(memory(["4K", "1G"]), 2 ** 14)[1]).not.toBe(one[1]);
  });

  it("rests on passes of the vCPUs and the lock that are asked for", () => {
    expect(passNs(request(), true, 100)).toBe(PAGES * 50);
    expect(passNs(request(), false, 100)).toBe(PAGES * 50 + 4 * 2000);
    expect(passNs(request({ vcpus: 5 }), false, 100)).toBe(PAGES * 50 + 4 * 5000);
    expect(passNs(request(), false, 0)).toBe(0);
    const { contention } = builtinProfile("altra-2022");
    const known = { ...profile, contention };
    const ns = (lock: "spinlock" | "parallel") => passNs(request({ profile: known, lock }), true, 100);
    expect([ns("spinlock"), ns("parallel")]).toEqual([PAGES * (2 * (1047 + 184 / 2)), PAGES * 50]);
  });
});

it("a spread is that of regions of other weights, too", () => {
  const strata = [
    { weight: 1, alike: false, ns: 10 },
    { weight: 3, alike: false, ns: 14 },
    { weight: 5, alike: true, ns: 2 },
  ];
  // A difference of 4: a variance of 8, of the sum 8 x (1 + 9); of 62 in all.
  expect(spreadPercent(strata)).toBeCloseTo((100 * 2 * Math.sqrt(80)) / 62, 10);
  expect(spreadPercent([{ weight: 2, alike: false, ns: 30 }])).toBe(100);
});
