import { describe, expect, it } from "vitest";
import type { CostProfile, FaultContention } from "../cost/profile.js";
import type { Held } from "./holds.js";
import { LockWork } from "./lockWork.js";
import { type StallRequest, stallOf } from "./stall.js";

const provenance = { kind: "assumed", how: "test", source: "test" } as const;

function profile(figures?: Omit<FaultContention, "provenance" | "fittedTo">): CostProfile {
  return {
    kind: "s2split-cost-profile",
    schemaVersion: 1,
    name: "mine",
    title: "my box",
    mmu: "arm64",
    costs: {},
    contention: figures === undefined ? undefined : { ...figures, provenance, fittedTo: [] },
  };
}

/** A hold of so many ns: all of its counts are so many. */
function held(ns: number, end: Held["end"]): Held {
  return { work: new LockWork(new Float64Array(LockWork.SIZE).fill(ns)), end };
}

/** Faults that exclude each other, of constant times: 700 ns alone, 100 of them under the lock. */
function stall(sequence: readonly Held[], more: Partial<StallRequest> = {}) {
  return stallOf({
    sequence,
    nsOf: ({ values }) => values[0]!,
    mix: { relax: 0, map: 1, broken: 0 },
    profile: profile({ alone: { map: 700 }, spinlock: { hold: 100 } }),
    lock: "spinlock",
    vcpus: 1,
    seed: 1,
    ...more,
  });
}

describe("the stall of the guest", () => {
  it("is what a fault waits that comes 600 ns after the ioctl, which began with its twentieth", () => {
    expect(stall([held(5000, "ioctl")])).toEqual({ longestNs: 4400, progress: 0, slowdown: 1, holds: 1 });
  });

  it("leaves the vCPU 10 us between two ioctls, in which it does 15 faults", () => {
    expect(stall([held(5000, "ioctl"), held(3000, "top-up")])).toEqual({
      longestNs: 4400,
      progress: (15 * 700) / 18000,
      slowdown: 1,
      holds: 2,
    });
  });

  it("leaves it 1 us of a top-up, in which it does two", () => {
    const { progress, ...rest } = stall([held(5000, "top-up"), held(3000, "ioctl")])!;
    expect(rest).toEqual({ longestNs: 4400, slowdown: 1, holds: 2 });
    expect(progress).toBeCloseTo((2 * 700) / 9000, 12);
  });

  it("slows the ioctl down by what it waits for a fault", () => {
    // 300 of 750 ns under the lock: the third hold of the vCPU ends 50 ns after the ioctl asks.
    const slow = profile({ alone: { map: 750 }, spinlock: { hold: 300 } });
    expect(stall([held(5000, "top-up"), held(3000, "ioctl")], { profile: slow })).toEqual({
      longestNs: 4550,
      progress: (2 * 750) / 9050,
      slowdown: 9050 / 9000,
      holds: 2,
    });
  });

  it("counts the hand-over of two vCPUs for half, as every second hold is the other's", () => {
    // 125 ns under the lock and 600 away. The second vCPU is in as the ioctl comes.
    const handed = profile({ alone: { map: 700 }, spinlock: { hold: 100, handOver: 50 } });
    expect(stall([held(5000, "ioctl")], { profile: handed, vcpus: 2 })).toEqual({
      longestNs: 4525,
      progress: 725 / (2 * 5125),
      slowdown: 5125 / 5000,
      holds: 1,
    });
  });

  it("is drawn where faults share the lock: another seed has others, the same the same", () => {
    const shared = profile({ alone: { map: 700 }, parallel: { serial: 100, remote: 80, broadcast: 50 } });
    const of = (seed: number) =>
      stall([held(5000, "ioctl"), held(3000, "ioctl")], { profile: shared, lock: "parallel", vcpus: 4, seed })!;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(of(1).longestNs).toBeGreaterThan(3000);
    expect(of(1).longestNs).toBeLessThan(5500);
  });

  it("lets vCPUs think no less than a nanosecond where a fault is all under the lock", () => {
    const all = profile({ alone: { map: 100 }, spinlock: { hold: 400 } });
    // Asks 1 ns after it was served: the ioctl waits for it each time but the first.
    const { slowdown } = stall([held(5000, "top-up"), held(3000, "ioctl")], { profile: all })!;
    expect(slowdown).toBeGreaterThan(1);
  });

  it("simulates so many holds that holds times vCPUs are 20,000, 20 at least, and the longest beside them", () => {
    const many = (count: number, longest = count) =>
      Array.from({ length: count }, (_, i) => held(i === longest ? 5000 : 10 + (i % 3), "ioctl"));
    const holds = (count: number, vcpus: number) => stall(many(count), { vcpus })!.holds;
    expect([holds(20, 1000), holds(21, 1000), holds(30, 1000), holds(30, 4000)]).toEqual([20, 21, 21, 21]);
    expect([holds(26, 800), holds(25, 800), holds(26, 801)]).toEqual([26, 25, 25]);
    expect(stall(many(30, 27), { vcpus: 1000 })!.longestNs).toBeGreaterThan(4000);
  });

  it("prices each kind of hold once", () => {
    let asked = 0;
    const nsOf = ({ values }: LockWork) => {
      asked++;
      return values[0]!;
    };
    stall([held(5, "ioctl"), held(6, "ioctl"), held(5, "ioctl"), held(6, "top-up")], { nsOf });
    expect(asked).toBe(2);
  });

  it("is not known without figures of the lock, without faults, or without holds", () => {
    const one = [held(5000, "ioctl")];
    expect(stall(one, { profile: profile() })).toBe(null);
    expect(stall(one, { lock: "rwlock" })).toBe(null);
    expect(stall(one, { mix: { relax: 0, map: 0, broken: 0 } })).toBe(null);
    expect(stall([])).toBe(null);
  });
});
