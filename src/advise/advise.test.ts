import { describe, expect, it } from "vitest";
import { assumed } from "../cost/profiles/provenance.js";
import { builtinProfile } from "../cost/profiles.js";
import { REGION, uniformScenario } from "../cost/uniformGuest.js";
import { segmentsFor } from "../guest/backings.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { NIGHTLY, times } from "../testing/nightly.js";
import { type AdviceRequest, advise, eagerWins, spreadPercent, TRIED_PERCENTS } from "./advise.js";
import { type AdvisedGuest, workOf } from "./guest.js";
import type { AdviceRow } from "./row.js";

function uniform(map: string, gib: number): AdvisedGuest {
  return { kind: "uniform", granule: "4K", map, bytes: gib * REGION };
}

function request(guest: AdvisedGuest, more: Partial<AdviceRequest> = {}): AdviceRequest {
  return {
    guest,
    modes: ["enable", "clear"],
    chunks: ["2M", "1G"],
    strategies: [strategies[0]!],
    profile: builtinProfile("ampereone"),
    vcpus: 1,
    writePercent: 50,
    maxLockHoldNs: null,
    maxGuestStallNs: null,
    lock: "parallel",
    clearPerRegion: false,
    seed: 1,
    ...more,
  };
}

function rowOf(rows: readonly AdviceRow[], mode: string, chunk: string): AdviceRow {
  return rows.find((row) => row.mode === mode && row.chunk === chunk)!;
}

describe("advise", () => {
  it("counts the guest's first pass as the kernel does, lazy and eager", () => {
    const { rows } = advise(request(uniform("2M", 1)));
    // The golden flows f-1G-of-2M-g-chunk0-w50 and -chunk2M-w50, first dirty pass.
    expect(rowOf(rows, "enable", "0").guest).toMatchObject({
      faults: 261603,
      tlbis: 512,
      writes: 131329,
      sampled: false,
    });
    expect(rowOf(rows, "enable", "2M").guest).toMatchObject({ faults: 131329, tlbis: 0, writes: 131329 });
    expect(rowOf(rows, "enable", "2M").ioctlTlbis).toBe(512);
  });

  it("gives what the split cache holds: 2 pages with a chunk of 2M, 513 with 1G, none when off", () => {
    const { rows } = advise(request(uniform("2M", 1)));
    expect(["0", "2M", "1G"].map((chunk) => rowOf(rows, "enable", chunk).cacheBytes)).toEqual([0, 8192, 513 * 4096]);
  });

  it("gives the same for a guest as a scenario and as a size", () => {
    const guest = uniform("2M", 5);
    const scenario = uniformScenario({
      ...(guest as { granule: "4K"; map: string; bytes: number }),
      mode: "enable",
      chunk: "0",
    });
    for (const clearPerRegion of NIGHTLY ? [false, true] : [true]) {
      const asked = { clearPerRegion, chunks: NIGHTLY ? (["2M", "1G"] as const) : (["2M"] as const) };
      const plain = advise(request(guest, asked));
      const file = advise(request({ kind: "scenario", scenario }, asked));
      // Of the guest that repeats itself other holds are simulated.
      const same = (rows: readonly AdviceRow[]) =>
        rows.map(({ scaled: _, stall, lockedNsPerGiB, ...row }) => ({
          ...row,
          locked: lockedNsPerGiB.toPrecision(2),
          stall: stall?.longestNs.toPrecision(1),
        }));
      expect(same(file.rows)).toEqual(same(plain.rows));
      expect(plain.rows.every((row) => row.scaled)).toBe(true);
      expect(file.rows.some((row) => row.scaled)).toBe(false);
    }
  });

  it("holds the lock for one GiB at most where userspace clears by GiB, and through all words where it does not", () => {
    const asked = { modes: ["clear"], chunks: [] } as const;
    const bySlot = advise(request(uniform("4K", 2), asked));
    const byGiB = advise(request(uniform("4K", 2), { ...asked, clearPerRegion: true }));
    expect(rowOf(bySlot.rows, "clear", "0").longestHold.visits).toBe(2 * 262144);
    expect(rowOf(byGiB.rows, "clear", "0").longestHold.visits).toBe(262144);
  });

  it("recommends a chunk of 2M for huge pages, some writes and many vCPUs, in both modes", () => {
    const { recommendations } = advise(request(uniform("2M", 8), { vcpus: 32, writePercent: 20 }));
    expect(recommendations.map(({ mode, chunk, reason }) => [mode, chunk, reason.code])).toEqual([
      ["enable", "2M", "eager-costs-less"],
      ["clear", "2M", "eager-costs-less"],
    ]);
  });

  it("leaves it off where memory is in pages already", () => {
    const { recommendations } = advise(request(uniform("4K", 1)));
    for (const { chunk, reason } of recommendations) {
      expect(chunk).toBe("0");
      expect(reason.code).toBe("nothing-to-split");
    }
  });

  it("leaves it off where every access is a write and one vCPU pays alone: no fault is saved", () => {
    const { recommendations } = advise(request(uniform("2M", 1), { writePercent: 100 }));
    for (const { chunk, reason } of recommendations) {
      expect(chunk).toBe("0");
      expect(reason).toMatchObject({ code: "off-costs-less", faultsSaved: 0 });
    }
  });

  it("keeps to the longest hold that is allowed", () => {
    const loose = advise(request(uniform("1G", 8), { modes: ["enable"], chunks: ["1G"], writePercent: 10 }));
    expect(loose.recommendations[0]!.chunk).toBe("1G");
    const { ns } = rowOf(loose.rows, "enable", "1G").longestHold;
    const exactly = { modes: ["enable"], chunks: ["1G"], writePercent: 10, maxLockHoldNs: ns } as const;
    expect(advise(request(uniform("1G", 8), exactly)).recommendations[0]!.chunk).toBe("1G");
    const tight = advise(
      request(uniform("1G", 8), { modes: ["enable"], chunks: ["1G"], writePercent: 10, maxLockHoldNs: ns - 1 }),
    );
    expect(tight.recommendations[0]).toMatchObject({
      chunk: "0",
      reason: { code: "eager-holds-too-long", chunk: "1G" },
    });
  });

  it("says so where every choice holds the lock too long, and names the shortest", () => {
    const { recommendations } = advise(request(uniform("4K", 64), { modes: ["enable"], maxLockHoldNs: 5e5 }));
    expect(recommendations[0]).toMatchObject({
      chunk: null,
      reason: { code: "none-within-hold", least: { chunk: "0" } },
    });
  });

  it("recommends nothing with a profile that cannot price the split", () => {
    const advice = advise(request(uniform("2M", 1), { profile: builtinProfile("kunpeng920") }));
    expect(advice.recommendations.every((one) => one.reason.code === "not-priced")).toBe(true);
    expect(advice.unpriced.map((one) => one.counter)).toContain("nestedEntries");
  });

  it("says nothing of the guest where a strategy leaves blocks, and does not recommend it", () => {
    const rfc = strategies.find(({ id }) => id === "skip-return-rfc")!;
    for (const gib of [1, 9]) {
      const { rows, recommendations } = advise(request(uniform("1G", gib), { modes: ["enable"], strategies: [rfc] }));
      // The first 2M of each 1G block stays a block with a chunk of 2M.
      expect(rowOf(rows, "enable", "2M")).toMatchObject({
        findings: [{ code: "unsplit-block", count: gib, data: { ipa: "0x40000000", bytes: gib * 2 ** 21 } }],
        guest: null,
        totalNs: null,
        scaled: gib > 4,
      });
      expect(rowOf(rows, "enable", "1G")).toMatchObject({
        findings: [],
        guest: { faults: gib === 1 ? 131329 : expect.any(Number) },
      });
      expect(recommendations[0]!.chunk).toBe("1G");
    }
  });

  it("finds the same wrong for a guest as a scenario and as a size", () => {
    const rfc = strategies.find(({ id }) => id === "skip-return-rfc")!;
    const guest = uniform("1G", 5);
    const spec = guest as { granule: "4K"; map: string; bytes: number };
    const scenario = uniformScenario({ ...spec, mode: "enable", chunk: "0" });
    const findings = (asked: AdvisedGuest) =>
      advise(request(asked, { strategies: [rfc], modes: ["clear"] })).rows.map((row) => row.findings);
    expect(findings(guest)).toEqual(findings({ kind: "scenario", scenario }));
  });

  it("finds that eager splitting wins at low and not at all-write percentages, with one vCPU", () => {
    const asked = request(uniform("2M", 1));
    const { rows } = advise(asked);
    const wins = eagerWins(asked, rowOf(rows, "clear", "0"), rowOf(rows, "clear", "2M"));
    expect(wins).toContain(5);
    expect(wins).toContain(50);
    expect(wins).not.toContain(100);
    expect(wins.every((percent) => TRIED_PERCENTS.includes(percent))).toBe(true);
  });
});

describe("the stall of the guest while an ioctl runs", () => {
  it("is about the longest hold where vCPUs fault all the time, and grows with what one ioctl clears", () => {
    const guest = uniform("4K", 8);
    const options = { modes: ["clear"], vcpus: 16, chunks: [] } as const;
    const byGiB = rowOf(advise(request(guest, { ...options, clearPerRegion: true })).rows, "clear", "0");
    const bySlot = rowOf(advise(request(guest, { ...options })).rows, "clear", "0");
    expect(byGiB.stall!.longestNs / byGiB.longestHold.ns).toBeCloseTo(1, 1);
    expect(bySlot.stall!.longestNs / byGiB.stall!.longestNs).toBeCloseTo(8, 0);
    // Nobody gets on while the lock is held; the ioctl hardly waits.
    expect(bySlot.stall!.progress).toBeLessThan(0.02);
    expect(bySlot.stall!.slowdown).toBeLessThan(1.01);
  });

  it("is shorter where the ioctl drops the lock for each block, which takes it longer", () => {
    const { rows } = advise(
      request(uniform("2M", 4), { modes: ["clear"], chunks: ["2M"], vcpus: 32, writePercent: 20 }),
    );
    const off = rowOf(rows, "clear", "0").stall!;
    const eager = rowOf(rows, "clear", "2M").stall!;
    expect(off.longestNs).toBeGreaterThan(5 * eager.longestNs);
    expect(eager.slowdown).toBeGreaterThan(off.slowdown);
    expect(eager.progress).toBeGreaterThan(off.progress);
  });

  it("is not known to a profile without the lock's figures, nor of a guest that does not fault", () => {
    const spinlock = advise(request(uniform("2M", 1), { lock: "spinlock", chunks: ["2M"] }));
    expect(spinlock.rows.every((row) => row.stall === null)).toBe(true);
    const idle = advise(request(uniform("2M", 1), { writePercent: 0, chunks: ["2M"] }));
    expect(idle.rows.every((row) => row.stall === null)).toBe(true);
  });

  it("can be limited: what stalls longer is not recommended", () => {
    const asked = { modes: ["enable"], vcpus: 8, writePercent: 20, chunks: ["1G"] } as const;
    const free = advise(request(uniform("2M", 4), asked));
    expect(free.recommendations[0]!.chunk).toBe("1G");
    const { longestNs } = rowOf(free.rows, "enable", "1G").stall!;
    const tight = advise(request(uniform("2M", 4), { ...asked, maxGuestStallNs: longestNs / 2 }));
    expect(tight.recommendations[0]).toMatchObject({ chunk: "0", reason: { code: "eager-holds-too-long" } });
  });
});

describe("the vCPU count from which the answer changes", () => {
  it("is where the recommendation with just so many vCPUs is another", () => {
    // All written: no fault is saved, so that few vCPUs are better off without; many wait for each
    // other's broadcasts.
    const asked = { modes: ["clear"], writePercent: 97 } as const;
    const { recommendations } = advise(request(uniform("2M", 1), { ...asked, chunks: ["2M"] }));
    const [change] = recommendations[0]!.changes;
    const with_ = (vcpus: number) =>
      advise(request(uniform("2M", 1), { ...asked, chunks: ["2M"], vcpus })).recommendations[0]!.chunk;
    expect(change!.fromVcpus).toBeGreaterThan(1);
    expect(with_(change!.fromVcpus)).toBe(change!.chunk);
    expect(with_(change!.fromVcpus - 1)).not.toBe(change!.chunk);
  });
});

describe("a mixed guest of which regions stand for all", () => {
  const mixed = (coverage: number, gib: number): AdvisedGuest => {
    const bytes = gib * REGION;
    const frame = uniformScenario({ granule: "4K", map: "2M", bytes, mode: "enable", chunk: "0" });
    const segments = segmentsFor("thp", bytes, "4K", coverage, 7);
    return { kind: "scenario", scenario: { ...frame, memslots: [{ ...frame.memslots[0]!, segments }] } };
  };

  it.each(
    (
      [
        [0.7, "enable"],
        [0.3, "clear"],
      ] as const
    ).slice(0, times(1, 2)),
  )("is as near to the whole as it says, coverage %d, %s", (coverage, mode) => {
    const options = { modes: [mode], chunks: ["2M"], vcpus: 4, clearPerRegion: true } as const;
    const whole = advise(request(mixed(coverage, 6), options));
    const sampled = advise(request(mixed(coverage, 6), { ...options, wholeBytes: REGION }));
    for (const row of sampled.rows) {
      const exact = rowOf(whole.rows, mode, row.chunk);
      expect(exact.sampled).toBe(null);
      const { regions, of, errorPercent } = row.sampled!;
      expect([regions, of]).toEqual([5, 6]);
      expect(errorPercent).toBeLessThan(5);
      const ns = (one: AdviceRow) => one.enableNs + (one.firstClearNs ?? 0);
      expect((100 * Math.abs(ns(row) - ns(exact))) / ns(exact), row.chunk).toBeLessThanOrEqual(errorPercent);
      expect(Math.abs(row.ioctlTlbis - exact.ioctlTlbis)).toBeLessThanOrEqual((errorPercent / 100) * exact.ioctlTlbis);
      expect(row.longestHold.ns / exact.longestHold.ns).toBeCloseTo(1, 1);
    }
  });

  it("is exact where all regions are of a few kinds", () => {
    const gib = (map: string, size: string) => ({ map, size });
    const frame = uniformScenario({ granule: "4K", map: "2M", bytes: 6 * REGION, mode: "enable", chunk: "0" });
    const segments = [gib("1G", "3G"), gib("2M", "2G"), gib("4K", "1G")];
    const guest: AdvisedGuest = {
      kind: "scenario",
      scenario: { ...frame, memslots: [{ ...frame.memslots[0]!, segments }] },
    };
    const options = { modes: ["clear"], chunks: ["2M"] } as const;
    const sampled = rowOf(advise(request(guest, { ...options, wholeBytes: REGION })).rows, "clear", "2M");
    const whole = rowOf(advise(request(guest, options)).rows, "clear", "2M");
    expect(sampled.sampled).toEqual({ regions: 3, of: 6, errorPercent: 0 });
    expect(sampled.ioctlTlbis).toBe(whole.ioctlTlbis);
    expect(sampled.firstClearNs! / whole.firstClearNs!).toBeCloseTo(1, 4);
    expect(sampled.guest!.tlbis).toBe(whole.guest!.tlbis);
  });
});

describe("spreadPercent", () => {
  const drawn = (...ns: number[]) => ns.map((one) => ({ weight: 2, alike: false, ns: one }));

  it("is nothing where all regions are alike, the same, or no work", () => {
    expect(spreadPercent([{ weight: 7, alike: true, ns: 3 }])).toBe(0);
    expect(spreadPercent(drawn(5, 5, 5))).toBe(0);
    expect(spreadPercent(drawn(0, 0))).toBe(0);
  });

  it("is all that a single region stands for, and of several two deviations of their sum", () => {
    expect(spreadPercent([{ weight: 6, alike: true, ns: 1 }, ...drawn(1)])).toBe(25);
    // Neighbours differ by 2: a variance of 2 each, and 4 times that of the sum for each of three.
    expect(spreadPercent(drawn(4, 2, 6))).toBeCloseTo((100 * 2 * Math.sqrt(3 * 4 * 2)) / 24, 10);
  });
});

describe("workOf", () => {
  it("flushes the slot once an ioctl: as often as it has regions where userspace clears by region", () => {
    const flushes = (perRegion: boolean) =>
      workOf(uniform("4K", 3), "clear", "0", strategies[0]!, perRegion, new Map()).counts.flush;
    const once = flushes(false) as Record<string, number>;
    expect(once.memslot).toBe(1);
    expect(flushes(true)).toEqual({ memslot: 3, rangeCalls: 3 * once.rangeCalls!, vmidAll: 0 });
  });

  it("flushes each of several slots as often as it has regions, the last of which may be a part of one", () => {
    const slot = (base: string) => ({ base, segments: [{ map: "4K", size: "1536M" }] });
    const scenario: Arm64Scenario = {
      granule: "4K",
      ipaBits: 40,
      memslots: [slot("0x40000000"), slot("0x100000000")],
      dirtyLog: { mode: "clear", chunk: "0" },
    };
    const guest: AdvisedGuest = { kind: "scenario", scenario };
    expect(workOf(guest, "clear", "0", strategies[0]!, false, new Map()).counts.flush).toMatchObject({ memslot: 2 });
    expect(workOf(guest, "clear", "0", strategies[0]!, true, new Map()).counts.flush).toMatchObject({ memslot: 4 });
  });
});

describe("what dirtying a page again costs", () => {
  it("is a fault that relaxes its leaf: an exit, a visit, a store and a local TLBI", () => {
    const figure = (ns: number) => ({ ns, provenance: assumed("for this test") });
    const { contention: _, ...known } = builtinProfile("ampereone");
    const costs = { exit: figure(1), relaxVisit: figure(10), faultStore: figure(100), tlbiLocal: figure(1000) };
    expect(advise(request(uniform("4K", 1), { profile: { ...known, costs } })).redirtyNs).toBe(1111);
  });
});
