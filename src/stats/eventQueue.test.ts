import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "./eventQueue.js";

describe("EventQueue", () => {
  it("gives events in order of time, and those of one time in the order in which they came", () => {
    let longest = 0;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { size: "max", maxLength: 200 }), (times) => {
        longest = Math.max(longest, times.length);
        const queue = new EventQueue();
        for (const [i, time] of times.entries()) queue.push(time, i);
        const sorted = times.map((time, i) => ({ time, i })).sort((a, b) => a.time - b.time || a.i - b.i);
        for (const { time, i } of sorted) {
          expect(queue.nextTime).toBe(time);
          expect(queue.pop()).toBe(i);
        }
        expect(queue.size).toBe(0);
        expect(queue.nextTime).toBe(Number.POSITIVE_INFINITY);
      }),
      { seed: 13 },
    );
    expect(longest).toBeGreaterThan(100);
  });

  it("keeps its order where events come and go in turns", () => {
    const queue = new EventQueue();
    queue.push(5, 1);
    queue.push(3, 2);
    expect(queue.pop()).toBe(2);
    queue.push(4, 3);
    queue.push(9, 4);
    expect([queue.pop(), queue.pop(), queue.pop()]).toEqual([3, 1, 4]);
    expect(() => queue.pop()).toThrow(new RangeError("no event"));
  });
});
