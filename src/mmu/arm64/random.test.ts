import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import { layoutOf } from "./layout.js";
import { arm64 } from "./mmu.js";
import { randomLayouts } from "./random.js";
import type { Arm64Scenario } from "./scenario.js";
import { burden, simplerScenarios } from "./simpler.js";

const layouts = fc.sample(randomLayouts(fc), { numRuns: times(600, 2000), seed: 7 });

describe("random layouts", () => {
  it("can all be, as scenario files too", () => {
    for (const layout of layouts)
      expect(arm64.parse(JSON.parse(JSON.stringify(layout)), "random").scenario).toEqual(layout);
  });

  it("are the same for the same seed, and others for another", () => {
    const sample = (seed: number) => fc.sample(randomLayouts(fc), { numRuns: 20, seed });
    expect(sample(7)).toEqual(sample(7));
    expect(sample(7)).not.toEqual(sample(8));
  });

  it.each<[string, (layout: Arm64Scenario) => boolean]>([
    ["each granule", ({ granule }) => granule === "64K"],
    ["clear mode with partial masks", ({ memslots }) => memslots.some(({ dirty }) => dirty !== undefined)],
    ["splitting off", ({ dirtyLog }) => dirtyLog.chunk === 0],
    ["several slots", ({ memslots }) => memslots.length === 3],
    ["holes", ({ memslots }) => memslots.some(({ segments }) => segments.some(({ map }) => map === "hole"))],
    [
      "write-protected memory",
      ({ memslots }) => memslots.some(({ segments }) => segments.some((s) => s.writeProtected)),
    ],
    [
      "1G blocks with a cache too short for them",
      (layout) =>
        layout.dirtyLog.chunk === "2M" && layout.memslots.some(({ segments }) => segments.some((s) => s.map === "1G")),
    ],
    [
      "slots across the seam of two root tables",
      (layout) => {
        const { geometry, slots } = layoutOf(layout);
        const seam = geometry.spanPages[geometry.startLevel]! * geometry.entries;
        return geometry.pgdPages > 1 && slots.some(({ startGfn, endGfn }) => startGfn < seam && endGfn > seam);
      },
    ],
  ])("have %s among them", (_, has) => expect(layouts.some(has)).toBe(true));
});

describe("what is simpler than a scenario", () => {
  it("can be, and weighs less, so that shrinking ends", () => {
    for (const layout of layouts.slice(0, times(50, 300))) {
      const before = burden(layout);
      for (const simpler of simplerScenarios(layout)) {
        expect(() => layoutOf(simpler)).not.toThrow();
        const after = burden(simpler);
        const differs = after.findIndex((value, i) => value !== before[i]);
        expect(after[differs]).toBeLessThan(before[differs]!);
      }
    }
  });

  it("leads from any scenario to one page, where nothing needs to be kept", () => {
    for (const layout of layouts.slice(0, times(15, 50))) {
      let at = layout;
      for (let next = first(at); next !== undefined; next = first(at)) at = next;
      expect(at).toEqual({
        granule: "4K",
        ipaBits: 40,
        memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "4K" }] }],
        dirtyLog: { mode: "enable", chunk: "1G" },
      });
    }
  });
});

function first(scenario: Arm64Scenario): Arm64Scenario | undefined {
  for (const simpler of simplerScenarios(scenario)) return simpler;
  return undefined;
}
