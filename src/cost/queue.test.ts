import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundTimes, type ClosedQueue, constantService, meanValues } from "./queue.js";

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

  it("says no constant service of several servers, or without a think time", () => {
    expect(() => constantService({ servers: [1, 1], think: 1 }, 2)).toThrow(RangeError);
    expect(() => constantService({ servers: [1], think: 0 }, 2)).toThrow(RangeError);
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
