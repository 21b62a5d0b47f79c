import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundTimes, type ClosedQueue, constantService, meanValues, otherCpu, queueFor } from "./queue.js";

const QUEUE = { servers: [1], think: 4 };

describe("the closed queue", () => {
  it("has the check values of the recursion with one server", () => {
    const cycles = [1, 2, 3, 4, 8, 16, 32].map((n) => meanValues(QUEUE, n).cycle.toFixed(4));
    expect(cycles).toEqual(["5.0000", "5.2000", "5.4615", "5.8028", "8.2510", "16.0001", "32.0000"]);
  });

  it("has the check values of the recursion with two servers", () => {
    const cycles = [1, 2, 4, 8].map((n) => meanValues({ servers: [1, 0.5], think: 4 }, n).cycle.toFixed(4));
    expect(cycles).toEqual(["5.5000", "5.7273", "6.3540", "8.5931"]);
  });

  it("has the check values of constant service", () => {
    const cycles = [1, 2, 4, 8, 16].map((n) => constantService(QUEUE, n).toFixed(4));
    expect(cycles).toEqual(["5.0000", "5.1152", "5.5322", "8.0494", "16.0000"]);
  });

  it("adds hand-over to the first server and remote latency to thinking, only where there are others", () => {
    const more = { servers: [1], think: 4, handOver: 0.5, remote: 2 };
    expect(meanValues(more, 1).cycle).toBe(5);
    expect(meanValues(more, 4).cycle).toBe(meanValues({ servers: [1 + 0.5 * 0.75], think: 4 + 2 * 0.75 }, 4).cycle);
  });

  it("says of each server how long a visit takes, how many are there, and how busy it is", () => {
    // One vCPU: nobody waits. Of a cycle of 8 it is 3 at the first, 1 at the second and 4 away.
    const queue = { servers: [3, 1], think: 4 };
    const alone = { cycle: 8, response: [3, 1], length: [3 / 8, 1 / 8], utilisation: [3 / 8, 1 / 8] };
    expect(meanValues(queue, 1)).toEqual(alone);
    expect(boundTimes(queue, 1)).toEqual(alone);
    // A second one meets the first at each server with the chance that it is there.
    const [first, second] = [3 * (1 + 3 / 8), 1 + 1 / 8];
    const cycle = 4 + first + second;
    expect(meanValues(queue, 2)).toEqual({
      cycle,
      response: [first, second],
      length: [(2 / cycle) * first, (2 / cycle) * second],
      utilisation: [6 / cycle, 2 / cycle],
    });
    // Four want 12 of the first in each cycle: they wait there, 4 of it.
    expect(boundTimes(queue, 4)).toEqual({
      cycle: 12,
      response: [7, 1],
      length: [(4 / 12) * 7, 4 / 12],
      utilisation: [1, 4 / 12],
    });
    expect(boundTimes({ servers: [1, 3], think: 4 }, 4).response).toEqual([1, 7]);
  });

  it("takes no time where nothing takes any", () => {
    const nothing = { cycle: 0, response: [0], length: [0], utilisation: [0] };
    expect(meanValues({ servers: [0], think: 0 }, 3)).toEqual(nothing);
    expect(boundTimes({ servers: [0], think: 0 }, 3)).toEqual(nothing);
  });

  it("computes what depends on the others: their share of the turns", () => {
    expect([1, 2, 4].map(otherCpu)).toEqual([0, 0.5, 0.75]);
    expect(queueFor({ servers: [1, 2], think: 3, handOver: 8, remote: 16 }, 4)).toEqual({ servers: [7, 2], think: 15 });
    expect(queueFor({ servers: [1, 2], think: 3 }, 4)).toEqual({ servers: [1, 2], think: 3 });
  });

  it("has constant service of any ratio to the think time", () => {
    // Two vCPUs: p0 = stays, as the one that left comes back before the other is done or does not.
    for (const [service, think] of [
      [1, 4],
      [4, 1],
      [10, 1],
    ] as const) {
      const stays = Math.exp(-service / think);
      expect(constantService({ servers: [service], think }, 2)).toBeCloseTo(2 * service + stays * think, 9);
    }
  });

  it("says no constant service of several servers, or without a think time", () => {
    expect(() => constantService({ servers: [1, 1], think: 1 }, 2)).toThrow(RangeError);
    expect(() => constantService({ servers: [1], think: 0 }, 2)).toThrow(
      new RangeError("constant service needs one server and positive times"),
    );
    expect(() => constantService({ servers: [0], think: 1 }, 2)).toThrow(RangeError);
    expect(() => constantService({ servers: [], think: 1 }, 2)).toThrow(RangeError);
  });

  const demand = fc.double({ min: 0.001, max: 100, noNaN: true });
  const queues: fc.Arbitrary<ClosedQueue> = fc.record({
    servers: fc.array(demand, { minLength: 1, maxLength: 4 }),
    think: demand,
    handOver: demand,
    remote: demand,
  });
  const counts = fc.integer({ min: 1, max: 200 });
  const settings = { seed: 13, numRuns: 200 };

  it("takes the sum of the demands with one vCPU, by either estimate", () => {
    fc.assert(
      fc.property(queues, (queue) => {
        const sum = queue.think + queue.servers.reduce((a, b) => a + b, 0);
        expect(meanValues(queue, 1).cycle).toBeCloseTo(sum, 9);
        expect(boundTimes(queue, 1).cycle).toBeCloseTo(sum, 9);
      }),
      settings,
    );
  });

  it("lies between the bound and every vCPU waiting for all others, and grows with the vCPUs", () => {
    fc.assert(
      fc.property(queues, counts, (queue, n) => {
        const { cycle } = meanValues(queue, n);
        const most = queue.servers.reduce((a, b) => a + b, 0) + queue.handOver!;
        expect(cycle).toBeGreaterThanOrEqual(boundTimes(queue, n).cycle * (1 - 1e-12));
        expect(cycle).toBeLessThanOrEqual((queue.think + queue.remote! + n * most) * (1 + 1e-12));
        expect(meanValues(queue, n + 1).cycle).toBeGreaterThanOrEqual(cycle * (1 - 1e-12));
      }),
      settings,
    );
  });

  it("lies with constant service between the bound and the recursion", () => {
    fc.assert(
      fc.property(demand, demand, fc.integer({ min: 1, max: 60 }), (service, think, n) => {
        const queue = { servers: [service], think };
        const cycle = constantService(queue, n);
        expect(cycle).toBeGreaterThanOrEqual(boundTimes(queue, n).cycle * (1 - 1e-9));
        expect(cycle).toBeLessThanOrEqual(meanValues(queue, n).cycle * (1 + 1e-9));
      }),
      settings,
    );
  });

  it("has every vCPU either at a server or away from it, and no server busier than always", () => {
    fc.assert(
      fc.property(queues, counts, (queue, n) => {
        for (const times of [meanValues(queue, n), boundTimes(queue, n)]) {
          const thinking = n - times.length.reduce((a, b) => a + b, 0);
          expect(thinking).toBeGreaterThan(0);
          const think = queue.think + (queue.remote! * (n - 1)) / n;
          expect(thinking).toBeCloseTo((n * think) / times.cycle, 6);
          for (const share of times.utilisation) expect(share).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
      settings,
    );
  });

  it("scales with its unit", () => {
    fc.assert(
      fc.property(queues, counts, (queue, n) => {
        const thousand: ClosedQueue = {
          servers: queue.servers.map((d) => 1000 * d),
          think: 1000 * queue.think,
          handOver: 1000 * queue.handOver!,
          remote: 1000 * queue.remote!,
        };
        expect(meanValues(thousand, n).cycle / meanValues(queue, n).cycle).toBeCloseTo(1000, 6);
      }),
      settings,
    );
  });
});
