import { describe, expect, it } from "vitest";
import { recommend } from "./recommend.js";
import type { AdviceRow } from "./row.js";

describe("recommend", () => {
  const row = (chunk: string, totalNs: number, holdNs: number, cachePages: number, within = true): AdviceRow => ({
    mode: "clear",
    chunk,
    strategy: "baseline",
    enableNs: 0,
    firstClearNs: 1,
    longestHold: { visits: 1, ns: holdNs },
    longestStretch: { visits: 1, ns: 1 },
    lockedNsPerGiB: 1,
    cachePages,
    cacheBytes: 4096 * cachePages,
    ioctlTlbis: 0,
    guest: { faults: 10, tlbis: 1, writes: 1, elapsedNs: 1, vcpuNs: 1, sampled: false },
    totalNs,
    withinLockHold: within,
    withinGuestStall: true,
    stall: null,
    scaled: false,
    sampled: null,
    findings: [],
  });
  const given = { comparable: true, hasBlocks: true };

  it("takes, of rows that cost about the same, the shorter hold and then the smaller cache", () => {
    const off = row("0", 1000, 1, 0);
    expect(recommend([off, row("2M", 504, 5, 2), row("1G", 500, 50, 513)], given)[0]!.chunk).toBe("2M");
    expect(recommend([off, row("1G", 500, 5, 513), row("2M", 500, 5, 2)], given)[0]!.chunk).toBe("2M");
    expect(recommend([off, row("2M", 600, 5, 2), row("1G", 500, 50, 513)], given)[0]!.chunk).toBe("1G");
  });

  it("does not turn it on for less than a percent", () => {
    expect(recommend([row("0", 1000, 1, 0), row("2M", 995, 1, 2)], given)[0]!.reason.code).toBe("off-costs-less");
  });

  it("chooses no row that is wrong, however cheap, and does not say what it would cost", () => {
    const findings = [{ code: "unsplit-block", count: 1, data: {} }];
    const wrong = { ...row("2M", 1, 1, 2), guest: null, totalNs: null, findings };
    expect(recommend([row("0", 1000, 1, 0), wrong, row("1G", 500, 50, 513)], given)[0]!.chunk).toBe("1G");
    expect(recommend([row("0", 1000, 1, 0), wrong], given)[0]).toMatchObject({
      chunk: "0",
      reason: { code: "no-eager", wrong: 1 },
    });
    expect(recommend([row("0", 1000, 9, 0, false), wrong], given)[0]).toMatchObject({
      chunk: null,
      reason: { code: "none-within-hold", least: { chunk: "0" } },
    });
  });

  it("says nothing of saved faults where no chunk was compared", () => {
    expect(recommend([row("0", 1000, 1, 0)], given)[0]!.reason).toEqual({ code: "no-eager", wrong: 0 });
  });

  it("takes what is allowed where off is not, and says that it does not cost less", () => {
    const rows = [row("0", 1000, 9, 0, false), row("2M", 2000, 1, 2)];
    expect(recommend(rows, given)[0]).toMatchObject({ chunk: "2M", reason: { code: "only-within-hold" } });
  });

  it("is one for each strategy and mode, in the order of their rows", () => {
    const of = (strategy: string, mode: AdviceRow["mode"], off: number, eager: number) =>
      [row("0", off, 1, 0), row("2M", eager, 1, 2)].map((one) => ({ ...one, strategy, mode }));
    const rows = [of("a", "enable", 100, 50), of("b", "enable", 100, 200), of("a", "clear", 100, 200)].flat();
    expect(
      recommend(rows, given).map(({ mode, strategy, chunk, changes }) => [strategy, mode, chunk, changes]),
    ).toEqual([
      ["a", "enable", "2M", []],
      ["b", "enable", "0", []],
      ["a", "clear", "0", []],
    ]);
  });

  it("recommends nothing where rows cannot be compared", () => {
    const rows = [row("0", 1000, 1, 0), row("2M", 1, 1, 2)];
    expect(recommend(rows, { ...given, comparable: false })).toEqual([
      { mode: "clear", strategy: "baseline", chunk: null, reason: { code: "not-priced" }, changes: [] },
    ]);
  });

  it("says what it saves: faults, TLBIs and time", () => {
    const guest = { faults: 4, tlbis: 3, writes: 1, elapsedNs: 1, vcpuNs: 1, sampled: false };
    const eager = { ...row("2M", 500, 1, 2), guest };
    const off = { ...row("0", 1000, 1, 0), guest: { ...guest, faults: 10, tlbis: 8 } };
    const reasonOf = (rows: AdviceRow[], more = {}) => recommend(rows, { ...given, ...more })[0]!.reason;
    const saves = { code: "eager-costs-less", offNs: 1000, eagerNs: 500, faultsSaved: 6, tlbisSaved: 5 };
    expect(reasonOf([off, eager])).toEqual(saves);
    expect(reasonOf([{ ...off, withinLockHold: false }, eager])).toEqual(saves);
    expect(reasonOf([off, { ...eager, totalNs: 990 }])).toEqual({
      code: "off-costs-less",
      offNs: 1000,
      eagerNs: 990,
      faultsSaved: 6,
    });
    expect(reasonOf([off, eager], { hasBlocks: false })).toEqual({ code: "nothing-to-split", costNs: -500 });
    expect(reasonOf([off], { hasBlocks: false })).toEqual({ code: "nothing-to-split", costNs: 0 });
  });

  it("takes a percent less for no less, and a percent more for as little", () => {
    const chunk = (...rows: AdviceRow[]) => recommend([row("0", 1000, 1, 0), ...rows], given)[0]!.chunk;
    expect([chunk(row("2M", 990, 1, 2)), chunk(row("2M", 989, 1, 2))]).toEqual(["0", "2M"]);
    expect(chunk(row("2M", 505, 5, 2), row("1G", 500, 50, 513))).toBe("2M");
    expect(chunk(row("2M", 506, 5, 2), row("1G", 500, 50, 513))).toBe("1G");
    // Of rows that are the same in all the first is taken.
    expect(chunk(row("2M", 500, 5, 2), row("4M", 500, 5, 2))).toBe("2M");
    expect(chunk(row("1G", 500, 6, 2), row("2M", 500, 5, 513))).toBe("2M");
  });

  it("says that eager splitting holds the lock or stalls the guest too long, where it would cost less", () => {
    const stall = { longestNs: 77, progress: 1, slowdown: 1, holds: 1 };
    const off = row("0", 1000, 1, 0);
    const eager = { ...row("2M", 900, 42, 2), stall, withinGuestStall: false };
    const reasonOf = (...rows: AdviceRow[]) => recommend([off, ...rows], given)[0]!;
    expect(reasonOf(eager)).toMatchObject({
      chunk: "0",
      reason: { code: "eager-holds-too-long", holdNs: 42, stallNs: 77, chunk: "2M" },
    });
    expect(reasonOf({ ...eager, stall: null }).reason).toMatchObject({ stallNs: null });
    expect(reasonOf({ ...eager, totalNs: 990 }).reason.code).toBe("off-costs-less");
    // What is allowed is taken, though what is not would cost less.
    expect(reasonOf(eager, row("1G", 950, 9, 513)).chunk).toBe("1G");
  });

  it("takes what is allowed where off is not, whatever it costs, and names both", () => {
    const off = row("0", 1000, 9, 0, false);
    const of = (chosen: AdviceRow, more = {}) => recommend([off, chosen], { ...given, ...more })[0]!;
    const alike = row("2M", 990, 1, 2);
    expect(of(alike)).toMatchObject({ chunk: "2M", reason: { code: "only-within-hold", off, chosen: alike } });
    expect(of(row("2M", 989, 1, 2)).reason.code).toBe("eager-costs-less");
    expect(of(row("2M", 1, 1, 2), { hasBlocks: false }).reason.code).toBe("only-within-hold");
    const none = of(row("2M", 500, 8, 2, false));
    expect(none).toMatchObject({ chunk: null, reason: { code: "none-within-hold", least: { chunk: "2M" } } });
    expect(of({ ...row("2M", 500, 10, 2), withinGuestStall: false }).reason).toMatchObject({ least: { chunk: "0" } });
  });

  it("has no answer where leaving it off is wrong, which cannot be", () => {
    expect(() => recommend([{ ...row("0", 1, 1, 0), guest: null, totalNs: null }], given)).toThrow(
      "leaving eager splitting off has findings",
    );
  });
});
