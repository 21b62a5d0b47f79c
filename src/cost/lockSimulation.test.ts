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
