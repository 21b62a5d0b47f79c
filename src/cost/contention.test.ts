import { describe, expect, it } from "vitest";
import { demandsOf, type FaultFigures, faultsIn, faultTime, knowsLock, lockOfKernel, mixOf } from "./contention.js";
import { TERM_IDS, type TermCounts } from "./terms.js";

const NOTHING = Object.fromEntries(TERM_IDS.map((id) => [id, 0])) as TermCounts;

const figures: FaultFigures = {
  alone: { relax: 1000, map: 2000, broken: 4000 },
  parallel: { serial: 100, broadcast: 800, remote: 40 },
  rwlock: { hold: 300, handOver: 64 },
  spinlock: { hold: 500, handOver: 32 },
};

describe("the faults of a pass by kind", () => {
  it("are those that break a block, by their broadcasts, those that relax, by their local TLBIs, and the rest", () => {
    const terms = { ...NOTHING, faults: 100, tlbiBroadcast: 8, tlbiRange: 4, tlbiLocal: 40 };
    expect(mixOf(terms)).toEqual({ relax: 40, map: 48, broken: 12 });
    expect(mixOf(terms, 4)).toEqual({ relax: 10, map: 12, broken: 3 });
    expect(faultsIn({ relax: 40, map: 48, broken: 12 })).toBe(100);
  });

  it("are never more than all faults", () => {
    expect(mixOf({ ...NOTHING, faults: 10, tlbiBroadcast: 4, tlbiLocal: 40 })).toEqual({ relax: 6, map: 0, broken: 4 });
    expect(mixOf({ ...NOTHING, faults: 10, tlbiBroadcast: 14 })).toEqual({ relax: 0, map: 0, broken: 10 });
  });
});

describe("what a fault demands under the lock", () => {
  const mix = { relax: 50, map: 25, broken: 25 };

  it("is the serial part and a quarter of a broadcast, where one in four breaks a block and faults are parallel", () => {
    expect(demandsOf(mix, figures, "parallel")).toEqual({ servers: [100, 200], remote: 40 });
    expect(demandsOf(mix, { alone: {}, parallel: { serial: 100 } }, "parallel")).toEqual({
      servers: [100, 0],
      remote: 0,
    });
  });

  it("is the hold of a spinlock for all, of an rwlock for those that do not relax", () => {
    expect(demandsOf(mix, figures, "spinlock")).toEqual({ servers: [500 + 200], handOver: 32 });
    expect(demandsOf(mix, figures, "rwlock")).toEqual({ servers: [300 / 2 + 100 / 2 + 200], handOver: 32 });
    const bare = { alone: {}, rwlock: { hold: 300 } };
    expect(demandsOf(mix, bare, "rwlock")).toEqual({ servers: [150], handOver: 0 });
  });

  it("is not known without figures of the lock", () => {
    const none = { alone: { map: 1 } };
    expect(() => demandsOf(mix, none, "parallel")).toThrow(new RangeError("no figures for parallel faults"));
    expect(() => demandsOf(mix, none, "rwlock")).toThrow(new RangeError("no figures for rwlock"));
    expect(["parallel", "rwlock", "spinlock"].map((lock) => knowsLock(figures, lock as "rwlock"))).toEqual([
      true,
      true,
      true,
    ]);
    expect(knowsLock(none, "spinlock")).toBe(false);
  });
});

describe("the time of faults", () => {
  it("is that of a fault alone with one vCPU, of which the busiest server has its share", () => {
    const mix = { relax: 50, map: 25, broken: 25 };
    const aloneNs = (50 * 1000 + 25 * 2000 + 25 * 4000) / 100;
    expect(faultTime(mix, figures, "parallel", 1)).toEqual({
      nsPerFault: aloneNs,
      ns: 100 * aloneNs,
      aloneNs,
      serialNs: 200,
      utilisation: 200 / aloneNs,
      assumed: [],
    });
    expect(faultTime(mix, figures, "spinlock", 1)).toMatchObject({ nsPerFault: aloneNs, serialNs: 700 });
  });

  it("is bound by the busiest server where many exclude each other", () => {
    const mapped = { relax: 0, map: 10, broken: 0 };
    // 31/32 of the turns are another CPU's: 500 and 31 more.
    expect(faultTime(mapped, figures, "spinlock", 32)).toEqual({
      nsPerFault: 32 * 531,
      ns: 320 * 531,
      aloneNs: 2000,
      serialNs: 500,
      utilisation: 1,
      assumed: [],
    });
  });

  it("waits at random where faults are parallel, so that two hold each other up already", () => {
    const two = { alone: { map: 1000 }, parallel: { serial: 500 } };
    // Half of the time the other one is there.
    expect(faultTime({ relax: 0, map: 1, broken: 0 }, two, "parallel", 2).nsPerFault).toBe(1250);
  });

  it("is at least the serial part, and nothing without faults", () => {
    const short = { alone: { map: 10 }, parallel: { serial: 100 } };
    expect(faultTime({ relax: 0, map: 1, broken: 0 }, short, "parallel", 1).nsPerFault).toBe(100);
    expect(faultTime({ relax: 0, map: 0, broken: 0 }, figures, "parallel", 8)).toEqual({
      nsPerFault: 0,
      ns: 0,
      aloneNs: 0,
      serialNs: 0,
      utilisation: 0,
      assumed: [],
    });
  });

  it.each([
    ["relax", { map: 2, broken: 3 }, 2],
    ["relax", { broken: 3 }, 3],
    ["map", { relax: 1, broken: 3 }, 1],
    ["map", { broken: 3 }, 3],
    ["broken", { relax: 1, map: 2 }, 2],
    ["broken", { relax: 1 }, 1],
  ] as const)("takes a %s fault, where only %j are known, for the nearest, and says so", (kind, alone, ns) => {
    const mix = { relax: 0, map: 0, broken: 0, [kind]: 1 };
    const known = { alone, parallel: { serial: 0 } };
    expect(faultTime(mix, known, "parallel", 1)).toMatchObject({ aloneNs: ns, assumed: [kind] });
  });

  it("needs the time of some fault alone", () => {
    expect(() => faultTime({ relax: 0, map: 1, broken: 0 }, { alone: {} }, "parallel", 1)).toThrow(
      new RangeError("no time of a fault alone"),
    );
  });
});

it("the lock of a kernel is a spinlock until 5.17, an rwlock until 6.1, and parallel from 6.2", () => {
  const locks = [
    [4, 19],
    [5, 17],
    [5, 18],
    [6, 1],
    [6, 2],
    [7, 0],
  ].map(([major, minor]) => lockOfKernel(major!, minor!));
  expect(locks).toEqual(["spinlock", "spinlock", "rwlock", "rwlock", "parallel", "parallel"]);
});
