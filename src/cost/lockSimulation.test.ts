import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LockSpec, simulateFaults, simulateIoctl } from "./lockSimulation.js";
import { boundTimes, constantService, meanValues } from "./queue.js";

const plain: LockSpec = {
  vcpus: 1,
  shared: true,
  think: 4,
  servers: [1],
  drawn: { think: true, service: true },
  seed: 1,
};

/** Time of a cycle of a vCPU: vCPUs over throughput. */
function cycle(spec: LockSpec, visits = 40_000): number {
  const roughly = meanValues(spec, spec.vcpus).cycle;
  const { duration, faults } = simulateFaults(spec, (visits * roughly) / spec.vcpus);
  return (spec.vcpus * duration) / faults;
}

describe("the simulated lock, without an ioctl", () => {
  it.each([1, 2, 4, 8, 16, 32])("comes to mean value analysis with drawn times, %i vCPUs", (vcpus) => {
    for (const servers of [[1], [1, 0.5]]) {
      for (const shared of [true, false]) {
        // An exclusive holder visits all its servers alone: they are one, whose time is the sum of
        // two draws.
        if (!shared && servers.length > 1) continue;
        const spec = { ...plain, vcpus, servers, shared };
        expect(cycle(spec) / meanValues(spec, vcpus).cycle).toBeCloseTo(1, 1.3);
      }
    }
  });

  it.each([1, 2, 4, 8, 16])("comes to the exact time of constant service, %i vCPUs", (vcpus) => {
    const spec = { ...plain, vcpus, drawn: { think: true, service: false } };
    expect(cycle(spec) / constantService(spec, vcpus)).toBeCloseTo(1, 1.7);
  });

  it.each([1, 3, 5, 6, 20])("comes to the bound where nothing is drawn, %i vCPUs", (vcpus) => {
    const spec = { ...plain, vcpus, drawn: { think: false, service: false } };
    expect(cycle(spec) / boundTimes(spec, vcpus).cycle).toBeCloseTo(1, 2);
  });

  it("is the same for a seed, and another for another", () => {
    const spec = { ...plain, vcpus: 8 };
    expect(simulateFaults(spec, 1000)).toEqual(simulateFaults(spec, 1000));
    expect(simulateFaults(spec, 1000)).not.toEqual(simulateFaults({ ...spec, seed: 2 }, 1000));
  });
});

describe("the simulated lock, with an ioctl", () => {
  const time = fc.double({ min: 0.1, max: 50, noNaN: true });
  const specs = fc.record({
    vcpus: fc.integer({ min: 1, max: 24 }),
    shared: fc.boolean(),
    think: time,
    servers: fc.array(time, { minLength: 1, maxLength: 2 }),
    drawn: fc.record({ think: fc.boolean(), service: fc.boolean() }),
    seed: fc.nat(1000),
  });
  const holds = fc.array(fc.record({ hold: fc.double({ min: 1, max: 500, noNaN: true }), gap: time }), {
    minLength: 1,
    maxLength: 20,
  });

  it("takes the ioctl its holds, its gaps and its waiting, and no fault waits longer than all of it", () => {
    const seen = { holds: 0, waits: 0 };
    fc.assert(
      fc.property(specs, holds, (spec, sequence) => {
        const run = simulateIoctl(spec, sequence, 100);
        seen.holds = Math.max(seen.holds, sequence.length);
        if (run.ioctlWaited > 0 && run.waited > 0) seen.waits++;
        const busy = sequence.reduce((sum, one) => sum + one.hold, 0);
        const gaps = sequence.slice(0, -1).reduce((sum, one) => sum + one.gap, 0);
        expect(run.duration).toBeCloseTo(busy + gaps + run.ioctlWaited, 6);
        expect(run.longestWait).toBeLessThanOrEqual(run.duration + 100);
        expect(run.waited).toBeLessThanOrEqual(spec.vcpus * (run.duration + 100) + 1e-6);
      }),
      { seed: 13, numRuns: 200 },
    );
    expect(seen.holds).toBeGreaterThan(15);
    expect(seen.waits).toBeGreaterThan(50);
  });

  it("stalls a vCPU for the longest hold, where vCPUs fault all the time, and not for many holds in a row: the lock is fair", () => {
    for (const shared of [true, false]) {
      const spec = { ...plain, shared, vcpus: 16, servers: [0.2] };
      const run = simulateIoctl(spec, Array(50).fill({ hold: 1000, gap: 1 }), 100);
      expect(run.longestWait).toBeGreaterThan(900);
      expect(run.longestWait).toBeLessThan(1100);
    }
  });

  it("lets the vCPUs do nothing while one long hold lasts, and something where it is cut in pieces", () => {
    const spec = { ...plain, vcpus: 8, servers: [0.1] };
    const whole = simulateIoctl(spec, [{ hold: 10_000, gap: 0 }], 100);
    const cut = simulateIoctl(spec, Array(10).fill({ hold: 1000, gap: 20 }), 100);
    // At most those that were in already.
    expect(whole.faults).toBeLessThanOrEqual(8);
    expect(cut.faults).toBeGreaterThan(100);
    expect(whole.longestWait).toBeGreaterThan(5 * cut.longestWait);
  });

  it("holds up an exclusive fault by as much as the queue says, where the ioctl is one more customer of the same kind", () => {
    // An ioctl that holds the lock as a fault does, and works as long in between, is just one more
    // vCPU.
    const spec = { ...plain, shared: false, vcpus: 7, drawn: { think: false, service: false }, think: 4 };
    const run = simulateIoctl(spec, Array(20_000).fill({ hold: 1, gap: 4 }), 100);
    expect(run.faults / run.duration).toBeCloseTo(7 / boundTimes(spec, 8).cycle, 2);
  });
});

describe("the simulated lock where nothing is drawn, event by event", () => {
  const fixed: LockSpec = { ...plain, drawn: { think: false, service: false } };

  it("serves one vCPU in turns of its think time and its service", () => {
    // Asks at 4, 9, 14 ...; done at 5, 10, 15 ... The first tenth of the time does not count.
    expect(simulateFaults(fixed, 100)).toEqual({ duration: 90, faults: 18, longestWait: 0, waited: 0, ioctlWaited: 0 });
    expect(simulateFaults({ ...fixed, servers: [1, 2] }, 100).faults).toBe(14 - 1);
  });

  it("makes exclusive faults wait for each other, and shared ones for their server alone", () => {
    const two = { ...fixed, vcpus: 2, think: 1, servers: [3] };
    // Both ask at 1; from then on the lock is never free, and each waits 2 of its cycle of 6.
    expect(simulateFaults({ ...two, shared: false }, 60)).toEqual({
      duration: 54,
      faults: 19 - 1,
      longestWait: 2,
      waited: 18 * 2,
      ioctlWaited: 0,
    });
    // Readers enter together: what they wait for is no lock.
    expect(simulateFaults({ ...two, shared: true }, 60)).toMatchObject({ faults: 19 - 1, longestWait: 0, waited: 0 });
    // With two servers of 3 the second vCPU follows the first through them.
    const three = { ...two, servers: [3, 3] };
    expect(simulateFaults({ ...three, shared: true }, 60).faults).toBe(16);
    expect(simulateFaults({ ...three, shared: false }, 60).faults).toBe(9);
  });

  it("makes a fault wait for an ioctl's hold, and the ioctl for the fault that is in", () => {
    // The fault asks at 4 and is in until 5; the ioctl asks at 4.5, holds from 5 to 15 and again
    // from 17 to 18, while the vCPU asks at 9 and is in from 15 to 16, and asks at 20.
    const holds = [
      { hold: 10, gap: 2 },
      { hold: 1, gap: 100 },
    ];
    const expected = { duration: 13.5, faults: 2, longestWait: 6, waited: 6, ioctlWaited: 0.5 };
    for (const shared of [true, false]) expect(simulateIoctl({ ...fixed, shared }, holds, 4.5)).toEqual(expected);
  });

  it("counts those who still wait when the ioctl ends, as long as they have waited", () => {
    // Two vCPUs ask at 4 behind an ioctl that holds the lock from 1 to 11.
    const run = simulateIoctl({ ...fixed, vcpus: 2 }, [{ hold: 10, gap: 0 }], 1);
    expect(run).toEqual({ duration: 10, faults: 0, longestWait: 7, waited: 14, ioctlWaited: 0 });
  });

  it("serves who asks first: a reader behind the ioctl waits though others are in", () => {
    // Faults of 10 begin at 1 and 1; the ioctl asks at 2 and has the lock when both are done, at 21
    // (one server, one at a time).
    const spec = { ...fixed, vcpus: 2, think: 1, servers: [10] };
    expect(simulateIoctl(spec, [{ hold: 5, gap: 0 }], 2)).toEqual({
      duration: 24,
      faults: 2,
      // The first to be done asks again at 12, and stands behind the ioctl.
      longestWait: 14,
      waited: 14 + 4,
      ioctlWaited: 19,
    });
  });

  it("draws think and service times of the mean that is given, each only where it should", () => {
    const mean = (drawn: LockSpec["drawn"]) => {
      const spec = { ...plain, think: 30, servers: [10], drawn };
      const { duration, faults } = simulateFaults(spec, 1e6);
      return duration / faults;
    };
    expect(mean({ think: false, service: false })).toBeCloseTo(40, 2);
    for (const drawn of [
      { think: true, service: false },
      { think: false, service: true },
    ]) {
      expect(Math.abs(mean(drawn) - 40)).toBeLessThan(1);
      expect(mean(drawn)).not.toBeCloseTo(40, 3);
    }
  });

  it("needs a server", () => {
    expect(() => simulateFaults({ ...fixed, servers: [] }, 10)).toThrow(
      new RangeError("a fault needs at least one server"),
    );
  });
});
