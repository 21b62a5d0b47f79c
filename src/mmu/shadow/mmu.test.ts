import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NIGHTLY } from "../../testing/nightly.js";
import { codes, named } from "../../testing/strategies.js";
import type { Mmu } from "../contract.js";
import { totalAt } from "../counters.js";
import { x86Shadow } from "./mmu.js";
import { defaultShadowScenario } from "./scenario.js";
import type { ShadowTraceEvent } from "./traceWords.js";

const shadow: Mmu = x86Shadow;

describe("the shadow MMU", () => {
  it("has the figures of the discussion for aliasing by pattern", () => {
    const drops = (alias: Parameters<typeof defaultShadowScenario>[0]["alias"]) =>
      x86Shadow.strategies.map(
        (strategy) => x86Shadow.parse(defaultShadowScenario({ alias }), "test").run(strategy).counts.mmuLockDrops,
      );
    // The others are scenarios of their own: their reference results have the figures.
    expect(drops("few")).toEqual([13, 13, 14]);
    expect(drops("one-per-page")).toEqual([13, 25, 512]);
    if (!NIGHTLY) return;
    expect(drops("none")).toEqual([13, 13, 13]);
    expect(drops("one-gfn")).toEqual([13, 13, 14]);
    expect(drops("every-gfn")).toEqual([256, 512, 512]);
    expect(drops("roles")).toEqual([256, 512, 512]);
  });

  it("finds nothing wrong with any policy, whatever is mapped how often by which role", () => {
    fc.assert(
      fc.property(x86Shadow.random!(fc), (scenario) => {
        for (const strategy of x86Shadow.strategies)
          expect(x86Shadow.parse(scenario, "test").run(strategy).findings).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("gives up where too few MMU pages may be made, counts what is left huge, and calls no policy wrong for it", () => {
    const bound = x86Shadow.parse(
      { ...defaultShadowScenario({ alias: "none", memoryBytes: 2 ** 25 }), availableMmuPages: 9 },
      "few",
    );
    const { counts, findings } = bound.run(named(x86Shadow, "default-capacity"));
    expect(counts).toMatchObject({ splits2m: 4, final: { hugeLeft: 12 } });
    expect(findings).toEqual([]);
  });

  it("says livelock where a resched is due at every attempt, rather than try for ever", () => {
    const scenario = defaultShadowScenario({ alias: "none", memoryBytes: 2 ** 22, reschedEvery: 1 });
    expect(codes(shadow, scenario, named(x86Shadow, "double"))).toEqual(["livelock"]);
  });

  it("takes a custom capacity, from 513 on", () => {
    // 171 for descriptors, one in three splits, and 8 of the 13 for the other caches that do not
    // fall on one of these.
    const mine = x86Shadow.adoptStrategy({ id: "triple", mmu: "x86-shadow", descriptorCapacity: 3 * 513 }, "mine.mjs");
    expect(x86Shadow.parse(defaultShadowScenario({ alias: "every-gfn" }), "test").run(mine).counts.mmuLockDrops).toBe(
      179,
    );
    expect(() => x86Shadow.adoptStrategy({ id: "a", mmu: "x86-shadow", descriptorCapacity: 512 }, "mine.mjs")).toThrow(
      /^mine\.mjs\.descriptorCapacity: is 512/,
    );
  });

  it("tells splits and top-ups", () => {
    const events: ShadowTraceEvent[] = [];
    const scenario = defaultShadowScenario({ alias: "one-gfn", memoryBytes: 2 ** 22 });
    const traced = x86Shadow.parse(scenario, "test").trace!(named(x86Shadow, "exact"), (event) =>
      events.push(event as ShadowTraceEvent),
    );
    expect(traced).toEqual(x86Shadow.parse(scenario, "test").run(named(x86Shadow, "exact")));
    expect(events.map(({ event }) => event)).toEqual(["top-up", "split", "top-up", "split"]);
    const made = events.filter((event) => "fields" in event && (event.fields as { table?: string }).table === "new");
    expect(made).toHaveLength(totalAt(traced.counts, "newShadowPages")!);
    const topUps = events.filter(({ event }) => event === "top-up");
    const filled = (cache: string) =>
      topUps.reduce((sum, event) => sum + (event as unknown as { fields: Record<string, number> }).fields[cache]!, 0);
    for (const [cache, counter] of Object.entries({ descriptors: "desc", headers: "header", pages: "page" }))
      expect(filled(cache), cache).toBe(totalAt(traced.counts, `${counter}Allocated`));
  });

  it("times the same splits as it counts", () => {
    const scenario = defaultShadowScenario({ alias: "roles", memoryBytes: 2 ** 23 });
    const part = x86Shadow.parse(scenario, "test").timed!(named(x86Shadow, "exact"))!.parts[0]!;
    for (let repeat = 0; repeat < 2; repeat++) {
      part.reset();
      part.work(() => undefined);
      expect(x86Shadow.parse(scenario, "test").run(named(x86Shadow, "exact")).counts).toMatchObject(part.counts());
    }
  });
});
