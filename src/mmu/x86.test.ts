import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { shortFinding } from "../report/findings.js";
import { NIGHTLY, times } from "../testing/nightly.js";
import type { Case, Mmu, Strategy, TraceEvent } from "./contract.js";
import { totalAt } from "./counters.js";
import { hookActivity } from "./hooks.js";
import { x86Shadow } from "./shadow/mmu.js";
import { defaultShadowScenario } from "./shadow/scenario.js";
import { buildTree } from "./tdp/build.js";
import { tdpFindings, treesBefore } from "./tdp/findings.js";
import { defaultTdpScenario } from "./tdp/guests.js";
import { x86Tdp } from "./tdp/mmu.js";
import { parseTdpScenario } from "./tdp/parse.js";
import type { TdpScenario } from "./tdp/scenario.js";
import type { TdpStrategy } from "./tdp/strategy.js";
import { zapPasses, zapTable } from "./tdp/tables.js";
import { DIRTY, type TdpTree, WRITABLE } from "./tdp/tree.js";

function named<T extends Strategy>(mmu: { readonly strategies: readonly T[] }, id: string): T {
  return mmu.strategies.find((strategy) => strategy.id === id)!;
}

function codes(mmu: Mmu, scenario: object, strategy: Strategy): string[] {
  return mmu
    .parse(scenario, "test")
    .run(strategy)
    .findings.map((finding) => finding.code);
}

const tdp: Mmu = x86Tdp;
const shadow: Mmu = x86Shadow;
const right = x86Tdp.strategies.filter((strategy) => strategy.knownFaults.length === 0);

describe("zapping the hello VM", () => {
  const hello = defaultTdpScenario({ workload: "zap" });
  const passesOf = (id: string) => zapPasses(x86Tdp.parse(hello, "test").run(named(x86Tdp, id)).counts);

  it("reproduces the posted table to the digit", () => {
    expect(passesOf("baseline").map((pass) => pass.loops)).toEqual([3584, 2048, 1024, 512, 512, 512, 512, 512]);
    expect(passesOf("skip-not-present-posted").map((pass) => pass.loops)).toEqual([118, 69, 35, 17, 16, 16, 16, 16]);
    for (const { id } of x86Tdp.strategies) {
      expect(passesOf(id).map((pass) => pass.zapped)).toEqual([2, 3, 2, 1, 0, 0, 0, 0]);
    }
  });

  it("adds up to the figures of every variant", () => {
    const loops = Object.fromEntries(
      x86Tdp.strategies.map((s) => [s.id, x86Tdp.parse(hello, "test").run(s).counts.loops]),
    );
    expect(loops).toEqual({
      baseline: 9216,
      "skip-not-present-posted": 303,
      "skip-not-present": 303,
      "only-present": 26,
      "used-count": 1555,
      "used-bitmap": 18,
    });
  });

  it("goes in a circle with the posted skip where it must yield at each poll, and says so", () => {
    const scenario = defaultTdpScenario({ workload: "zap", reschedEvery: 1 });
    const { findings, counts } = x86Tdp.parse(scenario, "test").run(named(x86Tdp, "skip-not-present-posted"));
    // Passes 1 to 3 of the first root. Pass 1 never comes beyond gfn 33: one present entry, and 32 more that it steps over.
    expect(findings).toEqual([
      { code: "livelock", count: 3, data: { walk: "zap level 1", root: 0, gpa: "0x21000", everyNPolls: 1 } },
    ]);
    expect(counts.loops).toBeNull();
    expect(totalAt(counts, "loopsByLevel")).toBeUndefined();
    for (const strategy of right) expect(x86Tdp.parse(scenario, "test").run(strategy).findings).toEqual([]);
  });
});

describe("the TDP MMU", () => {
  it("finds nothing wrong with any right strategy, on any guest and workload", () => {
    fc.assert(
      fc.property(x86Tdp.random!(fc), (scenario) => {
        for (const strategy of right.filter((candidate) => x86Tdp.parse(scenario, "test").applies(candidate))) {
          expect(x86Tdp.parse(scenario, "test").run(strategy).findings).toEqual([]);
        }
      }),
      { numRuns: times(50, 300) },
    );
  });

  it("makes random scenarios that are read again as they are, and that shrink to the livelock's simplest", () => {
    for (const scenario of fc.sample(x86Tdp.random!(fc), { numRuns: times(150, 600), seed: 1 })) {
      const { scenario: once } = x86Tdp.parse(scenario, "once");
      expect(x86Tdp.parse(JSON.parse(JSON.stringify(once)), "again").scenario).toEqual(once);
    }
    const posted = named(x86Tdp, "skip-not-present-posted");
    const layouts = x86Tdp.random!(fc).map((scenario) => x86Tdp.parse(scenario, "random"));
    const right = (bound: Case<TdpStrategy>) => !bound.applies(posted) || bound.run(posted).findings.length === 0;
    const found = fc.check(fc.property(layouts, right), { numRuns: 500, seed: 1 });
    expect(found.failed).toBe(true);
    const scenario = found.counterexample![0].scenario as TdpScenario;
    expect(scenario.workload).toBe("zap");
    expect(scenario.roots[0]!.leaves.length + scenario.roots[0]!.nonpresentPaths.length).toBeLessThanOrEqual(2);
  });

  it("makes random roots of several runs, some of which abut", () => {
    const scenarios = fc.sample(x86Tdp.random!(fc), { numRuns: 150, seed: 1 });
    const roots = scenarios.flatMap((scenario) => (x86Tdp.parse(scenario, "root").scenario as TdpScenario).roots);
    const abutting = roots.filter(({ leaves }) => {
      const ends = new Set(leaves.map(({ gfn, level, count }) => gfn + count * 512 ** (level - 1)));
      return leaves.some(({ gfn }) => ends.has(gfn));
    });
    expect(roots.filter(({ leaves }) => leaves.length > 2).length).toBeGreaterThan(20);
    expect(abutting.length).toBeGreaterThan(0);
  });

  it("uses the skip variants for zapping only", () => {
    const applying = (workload: TdpScenario["workload"]) =>
      x86Tdp.strategies.filter((s) =>
        x86Tdp.parse(defaultTdpScenario({ workload, memoryBytes: 2 ** 21 }), "test").applies(s),
      ).length;
    expect([applying("zap"), applying("split"), applying("enable"), applying("clear")]).toEqual([6, 4, 4, 4]);
  });

  it("declares each counter once, and counts what it declares", () => {
    const paths = x86Tdp.counters.map((counter) => counter.path);
    expect(new Set(paths).size).toBe(paths.length);
    const runs = (["zap", "split", "enable", "clear"] as const).flatMap((workload) =>
      [true, false].map((pml) =>
        x86Tdp
          .parse(defaultTdpScenario({ workload, backing: "thp", memoryBytes: 2 ** 22, pml }), "test")
          .run(named(x86Tdp, "baseline")),
      ),
    );
    const counted = (path: string) => runs.some(({ counts }) => totalAt(counts, path) !== undefined);
    expect(paths.filter((path) => !counted(path))).toEqual([]);
    for (const { path } of x86Tdp.columns) expect(paths).toContain(path);
    const { inspected, tables, flushes, lockDrops } = x86Tdp.shared!;
    for (const path of [inspected, tables, flushes, lockDrops].flat()) expect(paths).toContain(path);
  });

  it("times the same walks as it counts, as often as wanted", () => {
    for (const workload of ["zap", "split", "enable", "clear"] as const) {
      const scenario = defaultTdpScenario({ workload, backing: "thp", memoryBytes: 2 ** 23 });
      const { counts } = x86Tdp.parse(scenario, "test").run(named(x86Tdp, "used-bitmap"));
      const part = x86Tdp.parse(scenario, "test").timed!(named(x86Tdp, "used-bitmap"))!.parts[0]!;
      for (let repeat = 0; repeat < 3; repeat++) {
        part.reset();
        part.work(() => undefined);
        expect(counts).toMatchObject(part.counts());
      }
    }
  });

  it("tells a walk step by step, and goes on silently beyond the limit", () => {
    const events: TraceEvent[] = [];
    const hello = defaultTdpScenario({ workload: "zap" });
    const strategy = named(x86Tdp, "used-bitmap");
    const traced = x86Tdp.parse(hello, "test").trace!(strategy, (event) => events.push(event));
    expect(traced).toEqual(x86Tdp.parse(hello, "test").run(strategy));
    expect(events.filter(({ event }) => event === "loop")).toHaveLength(18);
    expect(events.filter(({ event }) => event === "zap")).toHaveLength(8);
    expect(x86Tdp.traceWords!.json!(events[1]!)).toMatchObject({
      event: "loop",
      phase: "zap level 1",
      level: 4,
      index: 0,
      gpa: "0x0",
      entry: "table",
      body: true,
    });
    const few: TraceEvent[] = [];
    expect(x86Tdp.parse(hello, "test").trace!(strategy, (event) => few.push(event), { limit: 5 })).toEqual(traced);
    expect(few).toEqual(events.slice(0, 5));
  });

  it("is folded by level and kind, not by place", () => {
    const events: TraceEvent[] = [];
    x86Tdp.parse(defaultTdpScenario({ workload: "zap" }), "test").trace!(named(x86Tdp, "baseline"), (event) =>
      events.push(event),
    );
    const folds = new Set(
      events.filter(({ event }) => event === "loop").map((event) => x86Tdp.traceWords!.fold!(event)),
    );
    for (const level of [1, 2, 3, 4]) {
      expect(folds).toContain(`level ${level} non-present`);
      expect(folds).toContain(level === 1 ? "level 1 leaf" : `level ${level} table`);
    }
    expect(folds.size).toBe(8);
    const zaps = new Set(events.filter(({ event }) => event === "zap").map((event) => x86Tdp.traceWords!.fold!(event)));
    expect(zaps).toEqual(
      new Set(["level 1: zapped", ...[2, 3, 4].map((level) => `level ${level}: zapped, with 1 table`)]),
    );
  });

  it("tells yields and restarts", () => {
    const events: string[] = [];
    const scenario = defaultTdpScenario({ workload: "zap", reschedEvery: 97 });
    x86Tdp.parse(scenario, "test").trace!(named(x86Tdp, "skip-not-present-posted"), ({ event }) => events.push(event));
    expect(events.filter((event) => event === "yield")).toHaveLength(2);
    expect(events.filter((event) => event === "restart")).toHaveLength(2);
  });
});

describe("findings on a tree that a walk has spoilt", () => {
  const scenario = parseTdpScenario(
    {
      mmu: "x86-tdp",
      workload: "split",
      root: { rootLevel: 4, leaves: [{ gfn: 512, level: 1, count: 8 }], nonpresentPaths: [] },
    },
    "spoilt",
  );
  const work = { counts: {}, livelocks: [], missed: [], tablesFreed: 0, tablesAllocated: 0 };
  /** The offset of the leaf of gfn 512. */
  const first = (tree: TdpTree) => tree.words.findIndex((word) => (word & 2) !== 0);
  const found = (spoil: (tree: TdpTree) => void): string[] => {
    const tree = buildTree(scenario.roots[0]!);
    const before = treesBefore([tree]);
    spoil(tree);
    return tdpFindings(scenario, [tree], before, work).map((finding) => finding.code);
  };

  it("has none where nothing was done", () => {
    expect(found(() => {})).toEqual([]);
  });

  it("says what was lost, strayed, moved or miscounted", () => {
    expect(found((tree) => tree.clearRun(first(tree) + 2, first(tree) + 4))).toEqual(["lost-page"]);
    expect(found((tree) => tree.setLeaf(first(tree) + 8, 1, WRITABLE | DIRTY))).toEqual(["stray-page"]);
    expect(found((tree) => (tree.pfns[first(tree) + 3]! += 1))).toEqual(["wrong-frame"]);
    expect(found((tree) => (tree.words[first(tree)]! &= ~WRITABLE))).toEqual(["write-protected-needlessly"]);
    expect(found((tree) => (tree.words[first(tree)]! &= ~DIRTY))).toEqual(["dirty-bit-lost"]);
    expect(found((tree) => (tree.bitmap[first(tree) >> 5]! ^= 1 << 9))).toEqual(["table-bookkeeping-wrong"]);
    expect(found((tree) => tree.setTable(tree.root + 7, tree.allocate(3)))).toEqual(["page-tables-unaccounted"]);
  });

  it("counts the bytes of all occurrences, and names the first", () => {
    const tree = buildTree(scenario.roots[0]!);
    const before = treesBefore([tree]);
    tree.clearRun(first(tree) + 1, first(tree) + 2);
    tree.clearRun(first(tree) + 5, first(tree) + 8);
    expect(tdpFindings(scenario, [tree], before, work)).toEqual([
      { code: "lost-page", count: 2, data: { gpa: "0x201000", bytes: 4 * 4096 } },
    ]);
  });
});

describe("a custom TDP strategy", () => {
  it("counts as the built-in one that it repeats", () => {
    const mine = x86Tdp.adoptStrategy(
      {
        id: "mine",
        mmu: "x86-tdp",
        enter: (t: { firstUsed(i: number): number }, i: number) => t.firstUsed(i),
        next: (t: { firstUsed(i: number): number }, i: number) => t.firstUsed(i + 1),
        body: "present",
      },
      "mine.mjs",
    );
    for (const workload of ["zap", "split", "enable", "clear"] as const) {
      const scenario = defaultTdpScenario({ workload, backing: "mixed", memoryBytes: 2 ** 25 });
      expect(x86Tdp.parse(scenario, "test").run(mine)).toEqual(
        x86Tdp.parse(scenario, "test").run(named(x86Tdp, "used-bitmap")),
      );
    }
  });

  it("is found out where it passes entries over", () => {
    const every2nd = x86Tdp.adoptStrategy(
      { id: "every-2nd", mmu: "x86-tdp", next: (_: unknown, i: number) => Math.min(512, i + 2) },
      "x.mjs",
    );
    const of = (workload: TdpScenario["workload"]) =>
      defaultTdpScenario({ workload, backing: "thp", memoryBytes: 2 ** 25 });
    expect(codes(tdp, of("split"), every2nd)).toEqual(["unsplit-huge-page"]);
    expect(codes(tdp, of("enable"), every2nd)).toEqual(["still-dirty", "unsplit-huge-page", "still-writable"]);
    expect(
      codes(
        tdp,
        {
          ...of("zap"),
          roots: [{ rootLevel: 4, leaves: [{ gfn: 2 ** 27, level: 3, count: 1 }], nonpresentPaths: [] }],
        },
        every2nd,
      ),
    ).toEqual(["missed-entries", "not-zapped"]);
  });

  it("is found out where a zap leaves entries to a pass of a higher level, though the root is empty in the end", () => {
    const leaves = [{ gfn: 0, level: 1, count: 8 }];
    const input = { mmu: "x86-tdp", workload: "zap", roots: [{ rootLevel: 4, leaves, nonpresentPaths: [] }] };
    const bound = x86Tdp.parse(input, "eight");
    const next = (_: unknown, i: number) => Math.min(i + 2, 512);
    const evenOnly = x86Tdp.adoptStrategy({ id: "even-only", mmu: "x86-tdp", next }, "x.mjs");
    expect(bound.run(evenOnly).findings).toEqual([
      { code: "missed-entries", count: 1, data: { root: 0, level: 1, gpa: "0x1000", entries: 4 } },
    ]);
    const never = x86Tdp.adoptStrategy({ id: "never", mmu: "x86-tdp", descend: () => false }, "x.mjs");
    // Eight 4K entries, and the entry of level 2 and that of level 3 above them.
    const { findings, counts } = bound.run(never);
    expect(findings).toEqual([
      { code: "missed-entries", count: 3, data: { root: 0, level: 1, gpa: "0x0", entries: 10 } },
    ]);
    expect(shortFinding(findings[0]!)).toBe("10 entries missed by a pass, first at 0x0");
    const runs = [named(x86Tdp, "baseline"), never].map((strategy) => ({
      strategy: strategy.id,
      counts: bound.run(strategy).counts,
    }));
    expect(counts.zapped).toBe(1);
    expect(zapTable(runs)!.rows.map((row) => row.slice(2))).toEqual([
      ["2048", "512 (zapped 0)", "8"],
      ["1536", "512 (zapped 0)", "1"],
      ["1024", "512 (zapped 0)", "1"],
      ["512", "512", "1"],
      ["5120", "2048 (zapped 1)", "11"],
    ]);
  });

  it("may keep the walk out of tables that it need not enter", () => {
    const shallow = x86Tdp.adoptStrategy(
      { id: "shallow", mmu: "x86-tdp", descend: (t: { level: number }) => t.level > 2 },
      "x.mjs",
    );
    const scenario = defaultTdpScenario({ workload: "enable", backing: "4k", memoryBytes: 2 ** 22 });
    expect(codes(tdp, scenario, shallow)).toEqual(["still-dirty"]);
  });

  it("is refused where it does not fit, by the name of the field", () => {
    const adopt = (exported: unknown) => () => x86Tdp.adoptStrategy(exported, "mine.mjs");
    expect(adopt({ id: "a b", mmu: "x86-tdp" })).toThrow(/^mine\.mjs\.id: is "a b"/);
    expect(adopt({ id: "a", mmu: "arm64" })).toThrow(/^mine\.mjs\.mmu: is "arm64"/);
    expect(adopt({ id: "a", mmu: "x86-tdp", next: 5 })).toThrow(/^mine\.mjs\.next: is a number; expected a function$/);
    expect(adopt({ id: "a", mmu: "x86-tdp", aside: 512 })).toThrow(/^mine\.mjs\.aside: is 512/);
    expect(adopt(null)).toThrow(UserError);
  });

  it("answers for what it throws", () => {
    const scenario = defaultTdpScenario({ workload: "split", backing: "thp", memoryBytes: 2 ** 22 });
    const thrower = () => {
      throw new Error("no idea");
    };
    const mine = x86Tdp.adoptStrategy({ id: "mine", mmu: "x86-tdp", next: thrower }, "mine.mjs");
    expect(() => x86Tdp.parse(scenario, "test").run(mine)).toThrow(UserError);
    expect(() => x86Tdp.parse(scenario, "test").run(mine)).toThrow(
      /^strategy "mine" \(mine\.mjs\): its next\(\) threw Error: no idea$/,
    );
    const stuck = x86Tdp.adoptStrategy({ id: "stuck", mmu: "x86-tdp", next: (_: unknown, i: number) => i }, "mine.mjs");
    expect(() => x86Tdp.parse(scenario, "test").run(stuck)).toThrow(
      /its next\(\) returned number \d+; expected a whole number from \d+ to 512$/,
    );
    const unsure = x86Tdp.adoptStrategy({ id: "unsure", mmu: "x86-tdp", descend: () => 1 }, "mine.mjs");
    expect(() => x86Tdp.parse(scenario, "test").run(unsure)).toThrow(
      /its descend\(\) returned number 1; expected true or false$/,
    );
  });

  it("is watched while one of its hooks runs", () => {
    const scenario = defaultTdpScenario({ workload: "split", backing: "thp", memoryBytes: 2 ** 22 });
    const within: boolean[] = [];
    const seen = <R>(value: R): R => {
      within.push(hookActivity[0] !== hookActivity[1]);
      return value;
    };
    const hooks = {
      enter: (_: unknown, i: number) => seen(i),
      next: (_: unknown, i: number) => seen(i + 1),
      descend: () => seen(true),
    };
    for (const [name, hook] of Object.entries(hooks)) {
      const before = within.length;
      x86Tdp
        .parse(scenario, "test")
        .run(x86Tdp.adoptStrategy({ id: "mine", mmu: "x86-tdp", [name]: hook }, "mine.mjs"));
      expect(within.length, name).toBeGreaterThan(before);
    }
    expect(within).not.toContain(false);
    expect(hookActivity[0]).toBe(hookActivity[1]);
  });

  it("has a name of its own", () => {
    for (const id of ["baseline", "used-bitmap", "all"]) {
      const message = `mine.mjs.id: is "${id}", which is built in; expected a name of its own`;
      expect(() => x86Tdp.adoptStrategy({ id, mmu: "x86-tdp" }, "mine.mjs")).toThrow(message);
    }
    for (const id of ["default-capacity", "all"]) {
      const definition = { id, mmu: "x86-shadow", descriptorCapacity: 600 };
      expect(() => x86Shadow.adoptStrategy(definition, "mine.mjs")).toThrow(`"${id}", which is built in`);
    }
  });
});

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
    // 171 for descriptors, one in three splits, and 8 of the 13 for the other caches that do not fall on one of these.
    const mine = x86Shadow.adoptStrategy({ id: "triple", mmu: "x86-shadow", descriptorCapacity: 3 * 513 }, "mine.mjs");
    expect(x86Shadow.parse(defaultShadowScenario({ alias: "every-gfn" }), "test").run(mine).counts.mmuLockDrops).toBe(
      179,
    );
    expect(() => x86Shadow.adoptStrategy({ id: "a", mmu: "x86-shadow", descriptorCapacity: 512 }, "mine.mjs")).toThrow(
      /^mine\.mjs\.descriptorCapacity: is 512/,
    );
  });

  it("tells splits and top-ups", () => {
    const events: TraceEvent[] = [];
    const scenario = defaultShadowScenario({ alias: "one-gfn", memoryBytes: 2 ** 22 });
    const traced = x86Shadow.parse(scenario, "test").trace!(named(x86Shadow, "exact"), (event) => events.push(event));
    expect(traced).toEqual(x86Shadow.parse(scenario, "test").run(named(x86Shadow, "exact")));
    expect(events.map(({ event }) => event)).toEqual(["top-up", "split", "top-up", "split"]);
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
