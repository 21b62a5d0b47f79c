import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import { named } from "../../testing/strategies.js";
import type { Case, TraceEvent } from "../contract.js";
import { totalAt } from "../counters.js";
import { buildTree } from "./build.js";
import { tdpFindings, treesBefore } from "./findings.js";
import { defaultTdpScenario } from "./guests.js";
import { x86Tdp } from "./mmu.js";
import { parseTdpScenario } from "./parse.js";
import type { TdpScenario } from "./scenario.js";
import type { TdpStrategy } from "./strategy.js";
import { zapPasses } from "./tables.js";
import { DIRTY, type TdpTree, WRITABLE } from "./tree.js";

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
    // Passes 1 to 3 of the first root. Pass 1 never comes beyond gfn 33: one present entry, and 32
    // more that it steps over.
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

  it("expects little more work of enabling and zapping than they count", () => {
    // Of zapping few huge pages too much is expected, and nobody minds: it is done at once.
    const works = [["enable", "4k"] as const, ["enable", "thp"] as const, ["zap", "4k"] as const];
    for (const [workload, backing] of works) {
      const bound = x86Tdp.parse(defaultTdpScenario({ workload, backing, memoryBytes: 2 ** 26 }), "test");
      for (const id of ["baseline", "used-bitmap"]) {
        const strategy = named(x86Tdp, id);
        const expected = bound.expectedWork(strategy) / totalAt(bound.run(strategy).counts, "loops")!;
        expect(expected, `${workload} ${backing} ${id}`).toBeGreaterThan(0.95);
        expect(expected, `${workload} ${backing} ${id}`).toBeLessThan(1.25);
      }
    }
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

describe("a case of the TDP MMU", () => {
  const of = (workload: TdpScenario["workload"], options: object = {}) =>
    x86Tdp.parse(defaultTdpScenario({ workload, backing: "mixed", memoryBytes: 2 ** 24, ...options }), "test");

  it("is named by target, hardware and schedule", () => {
    expect([
      of("zap").variables,
      of("split").variables,
      of("split", { target: "2m", reschedEvery: 3 }).variables,
      of("enable", { pml: true, eager: false }).variables,
      of("clear", { pml: false, eager: true }).variables,
    ]).toEqual([
      {},
      { target: "4k" },
      { target: "2m", "resched-every": "3" },
      { pml: "on", eager: "off" },
      { pml: "off", eager: "on" },
    ]);
  });

  it("is expected to take the entries that its walks come to", () => {
    // 1,024 pages of 4K and 6 of 2M, in two tables of 4K entries, and one of each level above.
    const works = (bound: Case<TdpStrategy>) =>
      ["baseline", "used-bitmap"].map((id) => bound.expectedWork(named(x86Tdp, id)));
    const [all, present] = [512 * 5, 1024 + 6 + 8 * 5];
    expect(works(of("zap"))).toEqual([all + 4 * 512, present + 4 * 512]);
    expect(works(of("split"))).toEqual([512 * 6 + Math.ceil(all / 512), 512 * 6 + Math.ceil(present / 512)]);
    expect(works(of("enable"))).toEqual([512 * 6 + all, 512 * 6 + present]);
    expect(works(of("clear"))).toEqual([80 * 64 + 512 * 6, 80 * 64 + 512 * 6]);
    expect(of("clear", { memoryBytes: 2 ** 21, backing: "4k" }).expectedWork(named(x86Tdp, "baseline"))).toBe(80 * 8);
  });

  it("counts of a split the walk, the trees before and after, and what the walk would take otherwise", () => {
    expect(of("split").run(named(x86Tdp, "baseline"))).toEqual({
      initial: {
        leaves: { 1: 1024, 2: 6 },
        tables: 5,
        tablesByLevel: { 1: 2, 2: 1, 3: 1, 4: 1 },
        tablesWithoutPresentEntries: {},
        leavesBefore: { "4k": 1024, "2m": 6, "1g": 0 },
      },
      counts: {
        loops: 28,
        body: 28,
        spteReads: 43,
        split2m: 6,
        split1g: 0,
        spAllocs: 6,
        mmuLockDropsForAlloc: 6,
        mmuLockDropsTotal: 6,
        reschedYields: 0,
        tlbFlushes: 0,
        loopsByLevel: { 2: 14, 3: 7, 4: 7 },
        secondPassLoops: 10,
        leavesAfter: { "4k": 4096, "2m": 0, "1g": 0 },
        tablesAfterByLevel: { 1: 8, 2: 1, 3: 1, 4: 1, 5: 0 },
        final: { leaves: { 1: 4096 }, tables: { 1: 8, 2: 1, 3: 1, 4: 1 }, hugeLeft: 0 },
        loopsIfAllocationDidNotRestart: 10,
      },
      findings: [],
    });
    const yielding = of("split", { reschedEvery: 3 }).run(named(x86Tdp, "baseline")).counts;
    expect(yielding.loopsIfAllocationDidNotRestart).toBeNull();
  });

  it("counts huge pages that are left in the range alone, above the target", () => {
    const leaves = [
      { gfn: 0, level: 2, count: 4 },
      { gfn: 2 ** 18, level: 3, count: 1 },
    ];
    const root = { rootLevel: 4, leaves };
    const never = x86Tdp.adoptStrategy({ id: "never", mmu: "x86-tdp", descend: () => false }, "x.mjs");
    const left = (written: object) => {
      const bound = x86Tdp.parse({ mmu: "x86-tdp", workload: "split", root, ...written }, "left");
      return totalAt(bound.run(never).counts, "final/hugeLeft");
    };
    expect(left({})).toBe(5);
    expect(left({ targetLevel: 2 })).toBe(1);
    expect(left({ startGfn: 511, endGfnExclusive: 513 })).toBe(2);
    expect(left({ startGfn: 1024, endGfnExclusive: 2 ** 18 })).toBe(2);
  });

  it("adds the trees of all roots up before a zap", () => {
    const { initial } = x86Tdp.parse(defaultTdpScenario({ workload: "zap" }), "test").run(named(x86Tdp, "baseline"));
    expect(initial).toEqual({
      leaves: { 1: 2 },
      tables: 8,
      tablesByLevel: { 1: 3, 2: 2, 3: 1, 4: 2 },
      tablesWithoutPresentEntries: { 1: 1, 4: 1 },
    });
  });

  it("says of a custom strategy which one failed, and lets its own words through", () => {
    const strategy = (next: () => number) => ({
      ...named(x86Tdp, "baseline"),
      id: "mine",
      source: "mine.mjs",
      variant: {
        ...named(x86Tdp, "baseline").variant,
        fast: undefined,
        next,
      },
    });
    const failing = (error: unknown) => () =>
      of("zap").run(
        strategy(() => {
          throw error;
        }),
      );
    expect(failing(new RangeError("too far"))).toThrow('mine.mjs: strategy "mine" failed: too far');
    expect(failing("no idea")).toThrow('mine.mjs: strategy "mine" failed: no idea');
    expect(() => of("split").run(strategy(() => -1))).toThrow('mine.mjs: strategy "mine" failed: next gave entry -1');
    const builtIn = { ...strategy(() => -1), source: "builtin" };
    expect(() => of("zap").run(builtIn)).toThrow(/^next gave entry -1/);
  });

  it("walks from the root once more than it drops the lock", () => {
    const fromRoot = x86Tdp.shared!.fromRoot!;
    expect([fromRoot({ mmuLockDropsTotal: 6 }), fromRoot({ mmuLockDropsTotal: 0 }), fromRoot({})]).toEqual([
      7,
      1,
      undefined,
    ]);
  });
});
