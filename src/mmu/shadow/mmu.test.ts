import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NIGHTLY } from "../../testing/nightly.js";
import { codes, named } from "../../testing/strategies.js";
import type { Mmu } from "../contract.js";
import { totalAt } from "../counters.js";
import { hugeLeft, RoleSets, rolesByFrame, shadowFindings } from "./findings.js";
import { x86Shadow } from "./mmu.js";
import { defaultShadowScenario, parseShadowScenario } from "./scenario.js";
import { ShadowMmu } from "./shadow.js";
import { type ShadowTraceEvent, shadowTraceWords as words } from "./traceWords.js";

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

describe("a nested guest that is split until MMU pages run out", () => {
  /** A 2M page mapped twice by the same role, its fifth 4K page besides, and another 2M page. */
  const bound = x86Shadow.parse(
    {
      mmu: "x86-shadow",
      slot: { baseGfn: 512, npages: 2048 },
      mappings: [
        { gfn: 512, level: 2, count: 2, role: 3 },
        { gfn: 512, level: 2, count: 1, role: 3 },
        { gfn: 516, level: 1, count: 1 },
      ],
      reschedEvery: 4,
      availableMmuPages: 6,
    },
    "nested",
  );
  const trace = (limit?: number) => {
    const told: ShadowTraceEvent[] = [];
    const sink = (event: object) => void told.push(event as ShadowTraceEvent);
    const options = limit === undefined ? {} : { limit };
    return { told, outcome: bound.trace!(named(x86Shadow, "default-capacity"), sink, options) };
  };

  it("is told in words, step by step", () => {
    const { told } = trace();
    expect(told.map(words.text)).toEqual([
      "0x200000 level 2: lock dropped for caches, +553 descriptors, +40 headers, +40 pages",
      "0x200000 level 2 role 3: new table, 1 descriptors",
      "0x200000 level 2: given up, too few MMU pages",
      "0x200000 level 2: lock dropped for a resched after this reverse map",
      "0x400000 level 2: given up, too few MMU pages",
    ]);
    expect(told.map((event) => `${words.place!(event)} ${words.fold!(event)}`)).toEqual(told.map(words.text));
  });

  it("is told as JSON with all that belongs to a step", () => {
    const { told } = trace();
    const [topUp, split] = told.map(words.json!);
    expect(topUp).toEqual({
      event: "top-up",
      phase: "split",
      text: "0x200000 level 2: lock dropped for caches, +553 descriptors, +40 headers, +40 pages",
      gpa: "0x200000",
      level: 2,
      gfn: 512,
      why: "caches",
      descriptors: 553,
      headers: 40,
      pages: 40,
    });
    expect(split).toEqual({
      event: "split",
      phase: "split",
      text: "0x200000 level 2 role 3: new table, 1 descriptors",
      gpa: "0x200000",
      level: 2,
      gfn: 512,
      role: 3,
      table: "new",
      descriptors: 1,
    });
    expect(told[1]!.level).toBe(2);
  });

  it("counts what was done, and what is left huge", () => {
    expect(trace().outcome).toEqual({
      initial: { leaves: { 1: 1, 2: 3 }, sptes: 4 },
      counts: {
        attempts: 2,
        topupCalls: 1,
        mmuLockDrops: 2,
        splits2m: 1,
        splits1g: 0,
        newShadowPages: 1,
        descAllocated: 553,
        descConsumed: 1,
        descLeft: 552,
        descFreed: 0,
        headerAllocated: 40,
        headerLeft: 39,
        pageAllocated: 40,
        pageLeft: 39,
        tlbFlushes: 0,
        final: { hugeLeft: 2 },
      },
      findings: [],
    });
  });

  it("is told no further than the limit", () => {
    const { told, outcome } = trace();
    for (const limit of [0, 1, 4, 5, 6]) expect(trace(limit)).toEqual({ told: told.slice(0, limit), outcome });
  });

  it("is named by target and schedule, and expected to take its SPTEs times a table's entries", () => {
    const { mmu, workload, variables } = bound;
    expect([mmu, workload, variables]).toEqual([x86Shadow, "split", { target: "4k", "resched-every": "4" }]);
    const strategy = named(x86Shadow, "exact");
    expect([bound.applies(strategy), bound.expectedWork(strategy)]).toEqual([true, 2048 + 4 * 512]);
  });

  it("counts nothing before it is timed, and then what a run counts", () => {
    const { parts } = bound.timed!(named(x86Shadow, "default-capacity"))!;
    expect(parts.map(({ id, title }) => [id, title])).toEqual([["walk", "the splits and top-ups"]]);
    const [part] = parts;
    expect(part!.counts()).toEqual({});
    part!.work(() => undefined);
    const { final: _, ...counted } = trace().outcome.counts;
    expect(part!.counts()).toEqual(counted);
    part!.work(() => undefined);
    expect(part!.counts()).not.toEqual(counted);
  });
});

describe("the cases that options of the command line make", () => {
  const options = { seed: 1 } as Parameters<typeof x86Shadow.cases>[0];
  const names = (given: object, single: boolean) =>
    x86Shadow.cases({ ...options, ...given }, single).map(({ scenario }) => scenario.name);

  it("are all patterns, one that is named, or few where one is enough", () => {
    const all = ["none", "one-gfn", "few", "one-per-page", "every-gfn", "roles"].map((alias) => `nested-${alias}`);
    expect(names({ memory: "2M" }, false)).toEqual(all);
    expect(names({ memory: "2M" }, true)).toEqual(["nested-few"]);
    for (const single of [true, false])
      expect(names({ memory: "2M", alias: "roles" }, single)).toEqual(["nested-roles"]);
  });

  it("have the memory, target and schedule that are asked for, and else the defaults", () => {
    const of = (given: object) =>
      x86Shadow.cases({ ...options, ...given }, true).map((bound) => [bound.scenario, bound.variables]);
    expect(of({})).toEqual([[defaultShadowScenario({ alias: "few" }), { target: "4k" }]]);
    expect(of({ memory: "4M", target: "2m", reschedEvery: 3 })).toEqual([
      [
        defaultShadowScenario({ alias: "few", memoryBytes: 2 ** 22, target: "2m", reschedEvery: 3 }),
        { target: "2m", "resched-every": "3" },
      ],
    ]);
    expect(() => of({ memory: "4Q" })).toThrow("--memory");
  });
});

it("random nested guests map frames at both levels by three roles, up to twenty times, all within their slot", () => {
  const drawn = fc.sample(x86Shadow.random!(fc), { seed: 1, numRuns: 400 }) as {
    readonly slot: object;
    readonly mappings: readonly Record<"gfn" | "level" | "count" | "role" | "copies", number>[];
    readonly reschedEvery: number;
  }[];
  const mappings = drawn.flatMap((guest) => guest.mappings);
  const values = (of: readonly number[]) => [...new Set(of)].sort((a, b) => a - b);
  expect(values(drawn.map(({ reschedEvery }) => reschedEvery))).toEqual([0, 2, 5]);
  expect(values(drawn.map((guest) => guest.mappings.length))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(values(mappings.map(({ level }) => level))).toEqual([1, 2]);
  expect(values(mappings.map(({ role }) => role))).toEqual([0, 1, 2]);
  expect(values(mappings.map(({ count }) => count))).toEqual([1, 2, 3, 4]);
  expect(values(mappings.map(({ copies }) => copies))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  const ends = (of: number) =>
    mappings.filter(({ level }) => level === of).map(({ gfn, count }) => gfn + count * 512 ** (of - 1));
  for (const level of [1, 2]) expect(Math.max(...ends(level))).toBe(4096);
  expect(Math.min(...mappings.map(({ gfn }) => gfn))).toBe(0);
  expect(values(mappings.filter(({ level }) => level === 2).map(({ gfn }) => gfn % 512))).toEqual([0]);
  expect(values(mappings.filter(({ level }) => level === 2).map(({ gfn }) => gfn / 512))).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7,
  ]);
  expect(new Set(drawn.map(({ slot }) => JSON.stringify(slot)))).toEqual(new Set(['{"baseGfn":0,"npages":4096}']));
});

it("huge pages that are left are told the largest first, with the bytes of all their entries", () => {
  const scenario = parseShadowScenario(
    {
      mmu: "x86-shadow",
      slot: { baseGfn: 0, npages: 2 ** 19 },
      mappings: [
        { gfn: 1024, level: 2, count: 2, copies: 3 },
        { gfn: 2 ** 18, level: 3, count: 1, copies: 2 },
      ],
    },
    "left",
  );
  const mmu = new ShadowMmu(scenario);
  expect(hugeLeft(mmu, 1)).toEqual([
    { level: 3, gfn: 2 ** 18, entries: 2 },
    { level: 2, gfn: 1024, entries: 3 },
    { level: 2, gfn: 1536, entries: 3 },
  ]);
  expect(hugeLeft(mmu, 2)).toEqual([{ level: 3, gfn: 2 ** 18, entries: 2 }]);
  const sets = new RoleSets();
  expect(shadowFindings(scenario, mmu, sets, rolesByFrame(mmu, sets))).toEqual([
    {
      code: "unsplit-huge-page",
      count: 3,
      data: { gpa: "0x40000000", level: 3, bytes: 2 * 2 ** 30 + 6 * 2 ** 21 },
    },
  ]);
  const { initial, counts } = x86Shadow.parse(scenario, "left").run(named(x86Shadow, "exact"));
  expect([initial, counts.splits1g]).toEqual([{ leaves: { 2: 6, 3: 2 }, sptes: 8 }, 2]);
});
