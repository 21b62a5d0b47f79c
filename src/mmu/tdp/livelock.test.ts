import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LivelockDetector } from "./livelock.js";

/** Restarts until the detector says so, or as many as given. */
function restartsSeen(detector: LivelockDetector, states: readonly (readonly [number, number, number])[]): number {
  for (const [i, [mark, phase, progress]] of states.entries()) if (detector.seen(mark, phase, progress)) return i + 1;
  return -1;
}

describe("the livelock detector", () => {
  it("finds every circle, within three times its length and what leads to it", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 50 }), (lead, length) => {
        const mark = (i: number) => (i < lead ? 1000 + i : (i - lead) % length);
        const states = Array.from({ length: 500 }, (_, i) => [mark(i), 0, 0] as const);
        const found = restartsSeen(new LivelockDetector(), states);
        expect(found).toBeGreaterThan(length);
        expect(found).toBeLessThanOrEqual(3 * (lead + length) + 3);
      }),
    );
  });

  it("takes no walk for one that only changes something, or is in another phase of its schedule", () => {
    const changing = Array.from({ length: 100 }, (_, i) => [7, 0, i] as const);
    const phases = Array.from({ length: 100 }, (_, i) => [7, i, 0] as const);
    expect(restartsSeen(new LivelockDetector(), changing)).toBe(-1);
    expect(restartsSeen(new LivelockDetector(), phases)).toBe(-1);
  });

  it("knows the furthest place of the circle", () => {
    const detector = new LivelockDetector();
    restartsSeen(
      detector,
      Array.from({ length: 50 }, (_, i) => [[3, 9, 5][i % 3]!, 0, 0] as const),
    );
    expect(detector.furthest).toBe(9);
  });
});
