import { UserError } from "../../errors.js";
import type { Case, Mmu, RunOutcome, Strategy, TimedRun } from "../contract.js";
import { type Counts, totalAt } from "../counters.js";
import { about, type TdpOptions } from "./about.js";
import { adoptTdpStrategy } from "./adopt.js";
import { buildTree, tablesOf } from "./build.js";
import { tdpCounters } from "./counters.js";
import { tdpExhaustive } from "./exhaustive/index.js";
import { tdpFindings, treesBefore } from "./findings.js";
import { tdpGuests } from "./guests.js";
import { type ByLevel, leavesIn, structureOf } from "./inspect.js";
import { tdpInterleave } from "./interleave/index.js";
import type { IterSink } from "./iter.js";
import { newTdpStrategy } from "./newStrategy.js";
import { parseTdpScenario } from "./parse.js";
import { randomTdpScenarios } from "./random.js";
import type { TdpScenario, TdpSplit } from "./scenario.js";
import { splitLoops } from "./split.js";
import { strategies } from "./strategies/index.js";
import type { TdpStrategy } from "./strategy.js";
import { zapTable } from "./tables.js";
import { tracing } from "./trace.js";
import { tdpTraceWords } from "./traceWords.js";
import type { TdpTree } from "./tree.js";
import { clearWords, type TdpWork, workOn } from "./work.js";
import { zapLevels } from "./zap.js";

/**
 * Guests up to so many tables (32 GiB in 4K pages) are timed: the tree and its copy must fit in
 * memory.
 */
const MAX_TIMED_TABLES = 17_000;

/**
 * KVM/x86 with the TDP MMU: zapping roots, eager splitting, enabling dirty logging and clearing the
 * dirty log.
 */
export const x86Tdp: Mmu<TdpStrategy, TdpOptions> = {
  ...about,
  baseline: "baseline",
  counters: tdpCounters,
  strategies,
  columns: [
    { path: "loops", heading: "loops", change: true },
    { path: "body", heading: "bodies" },
    { path: "spteReads", heading: "SPTE reads", change: true },
    { path: "zapped", heading: "zapped" },
    { path: "sptesChanged", heading: "SPTEs changed" },
    { path: "spAllocs", heading: "tables" },
    { path: "mmuLockDropsTotal", heading: "lock drops" },
    { path: "tlbFlushes", heading: "TLB flushes" },
  ],
  details: zapTable,
  traceWords: tdpTraceWords,
  shared: {
    workload: "split",
    // The walk begins once, and again after each lock drop.
    fromRoot: (counts) => {
      const drops = totalAt(counts, "mmuLockDropsTotal");
      return drops === undefined ? undefined : drops + 1;
    },
    inspected: ["loops"],
    tables: ["spAllocs"],
    flushes: ["tlbFlushes"],
    lockDrops: ["mmuLockDropsTotal"],
    note:
      "x86's min_level = target level + 1 is the maximum-level walk proposed for arm64: tables of 4K entries are " +
      "never entered.",
  },
  parse: (value, input) => bind(parseTdpScenario(value, input)),
  cases: (options, single) => tdpGuests(options, single).map(bind),
  random: randomTdpScenarios,
  exhaustive: (bound) =>
    tdpExhaustive(bound, (scenario) => {
      const placed = bind(parseTdpScenario(scenario, "exhaustive search"));
      return (strategy) => (placed.applies(strategy) ? placed.run(strategy).findings : null);
    }),
  interleave: (options) => tdpInterleave(options),
  adoptStrategy: adoptTdpStrategy,
  newStrategy: newTdpStrategy,
};

function bind(scenario: TdpScenario): Case<TdpStrategy> {
  return {
    mmu: x86Tdp,
    scenario,
    workload: scenario.workload,
    variables: variablesOf(scenario),
    // Kauer's patch is for the loop that zaps; that loop alone steps aside.
    applies: ({ variant }) => scenario.workload === "zap" || variant.aside === 0,
    expectedWork: (strategy) => expectedWork(scenario, strategy),
    run: (strategy) => runOn(scenario, strategy, null),
    trace: (strategy, sink, options = {}) => runOn(scenario, strategy, tracing(sink, options)),
    timed: (strategy) => timed(scenario, strategy),
  };
}

function variablesOf(scenario: TdpScenario): Record<string, string> {
  const { reschedEveryNPolls: resched } = scenario;
  const onOff = (on: boolean) => (on ? "on" : "off");
  return {
    ...(scenario.workload === "split" ? { target: scenario.targetLevel === 2 ? "2m" : "4k" } : {}),
    ...("pml" in scenario ? { pml: onOff(scenario.pml), eager: onOff(scenario.eager) } : {}),
    ...(resched === 0 ? {} : { "resched-every": String(resched) }),
  };
}

function expectedWork(scenario: TdpScenario, strategy: TdpStrategy): number {
  const { workload, roots } = scenario;
  const words = workload === "clear" ? clearWords(scenario).length : 0;
  let work = 0;
  for (const root of roots) {
    const small = root.leaves.reduce((sum, run) => sum + (run.level === 1 ? run.count : 0), 0);
    const huge = root.leaves.reduce((sum, run) => sum + (run.level === 1 ? 0 : run.count), 0);
    const tables = tablesOf(root) + 1;
    const all = strategy.variant.fast === "bitmap" ? small + huge + 8 * tables : 512 * tables;
    if (workload === "zap") work += all + 512 * zapLevels(root.rootLevel).length;
    else if (workload === "split") work += 512 * huge + Math.ceil(all / 512);
    else if (workload === "enable") work += 512 * huge + all;
    else work += 80 * words + 512 * huge;
  }
  return work;
}

function runOn(scenario: TdpScenario, strategy: TdpStrategy, sink: IterSink | null): RunOutcome {
  const variant = strategy.variant;
  const trees = scenario.roots.map(buildTree);
  const initial = initialOf(trees, scenario);
  const before = treesBefore(trees);
  const withoutRestarts = loopsWithoutRestarts(scenario, trees[0]!, strategy);
  const work = guarded(strategy, () => workOn(scenario, trees, variant, sink));
  const findings = tdpFindings(scenario, trees, before, work);
  return {
    initial,
    counts: { ...work.counts, ...afterwards(scenario, trees, strategy, work), ...withoutRestarts },
    findings,
  };
}

/** What a custom iterator throws is reported as its own. */
function guarded<T>(strategy: Strategy, work: () => T): T {
  if (strategy.source === "builtin") return work();
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${strategy.source}: strategy "${strategy.id}" failed: ${message}`);
  }
}

function initialOf(trees: readonly TdpTree[], scenario: TdpScenario): Counts {
  const structures = trees.map(structureOf);
  const leaves = sumOf(structures.map((s) => s.leavesByLevel));
  return {
    leaves,
    tables: trees.reduce((sum, tree) => sum + tree.tables, 0),
    tablesByLevel: sumOf(structures.map((s) => s.tablesByLevel)),
    tablesWithoutPresentEntries: sumOf(structures.map((s) => s.tablesWithoutPresentEntries)),
    ...(scenario.workload === "zap" ? {} : { leavesBefore: bySize(leaves) }),
  };
}

/** What the golden files have beside the walk itself, and the tree that it left. */
function afterwards(scenario: TdpScenario, trees: readonly TdpTree[], strategy: TdpStrategy, work: TdpWork): Counts {
  const structures = trees.map(structureOf);
  const leaves = sumOf(structures.map((s) => s.leavesByLevel));
  const tables = sumOf(structures.map((s) => s.tablesByLevel));
  const final = { leaves, tables };
  if (scenario.workload !== "split") return { final };
  const { startGfn, endGfnExclusive, targetLevel } = scenario;
  const ended = work.livelocks.length === 0;
  const again = ended ? splitLoops(trees[0]!, strategy.variant, startGfn, endGfnExclusive, targetLevel) : null;
  const hugeLeft = Object.entries(leavesAbove(trees[0]!, scenario)).reduce((sum, [, n]) => sum + n, 0);
  const everyLevel = Object.fromEntries([1, 2, 3, 4, 5].map((level) => [level, tables[level] ?? 0]));
  return {
    secondPassLoops: again,
    leavesAfter: bySize(leaves),
    tablesAfterByLevel: everyLevel,
    final: { ...final, hugeLeft },
  };
}

function loopsWithoutRestarts(scenario: TdpScenario, tree: TdpTree, strategy: TdpStrategy): Counts {
  if (scenario.workload !== "split") return {};
  const { startGfn, endGfnExclusive, targetLevel, reschedEveryNPolls } = scenario;
  if (reschedEveryNPolls !== 0) return { loopsIfAllocationDidNotRestart: null };
  const loops = guarded(strategy, () => splitLoops(tree, strategy.variant, startGfn, endGfnExclusive, targetLevel));
  return { loopsIfAllocationDidNotRestart: loops };
}

function timed(scenario: TdpScenario, strategy: TdpStrategy): TimedRun | undefined {
  const pristine = scenario.roots.map(buildTree);
  if (pristine.reduce((sum, tree) => sum + tree.tables, 0) > MAX_TIMED_TABLES) return undefined;
  const trees = pristine.map((tree) => tree.clone());
  let done: TdpWork | undefined;
  return {
    parts: [
      {
        id: "walk",
        title: "the walks of the workload, with what their bodies do",
        reset: () => {
          for (const [i, tree] of trees.entries()) tree.copyFrom(pristine[i]!);
        },
        work: () => {
          done = guarded(strategy, () => workOn(scenario, trees, strategy.variant, null, false));
        },
        counts: () => done?.counts ?? {},
      },
    ],
  };
}

/** Leaves by size, as the split golden files name them. */
function bySize(leaves: ByLevel): Counts {
  return { "4k": leaves["1"] ?? 0, "2m": leaves["2"] ?? 0, "1g": leaves["3"] ?? 0 };
}

function leavesAbove(tree: TdpTree, scenario: TdpSplit): ByLevel {
  const { startGfn, endGfnExclusive, targetLevel } = scenario;
  const inRange = leavesIn(tree, startGfn, endGfnExclusive);
  return Object.fromEntries(Object.entries(inRange).filter(([level]) => Number(level) > targetLevel));
}

function sumOf(parts: readonly ByLevel[]): ByLevel {
  const sum: ByLevel = {};
  for (const part of parts) for (const [level, n] of Object.entries(part)) sum[level] = (sum[level] ?? 0) + n;
  return sum;
}
