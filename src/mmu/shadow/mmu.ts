import { parseSize } from "../../guest/sizes.js";
import type { Case, Mmu, RunOutcome, TimedRun, TraceOptions } from "../contract.js";
import type { Counts } from "../counters.js";
import { ALIAS_PATTERNS, about, type ShadowOptions } from "./about.js";
import { adoptShadowStrategy } from "./adopt.js";
import { shadowCounters } from "./counters.js";
import { shadowExhaustive } from "./exhaustive/index.js";
import { hugeLeft, RoleSets, rolesByFrame, shadowFindings } from "./findings.js";
import { newShadowStrategy } from "./newStrategy.js";
import { randomShadowScenarios } from "./random.js";
import { defaultShadowScenario, parseShadowScenario, type ShadowScenario } from "./scenario.js";
import { ShadowMmu } from "./shadow.js";
import { strategies } from "./strategies/index.js";
import type { ShadowStrategy } from "./strategy.js";
import { type ShadowTraceEvent, shadowTraceWords } from "./traceWords.js";

/**
 * KVM/x86 for nested guests: eager splitting through the shadow MMU's reverse maps, and the caches
 * it takes its objects from.
 */
export const x86Shadow: Mmu<ShadowStrategy, ShadowOptions> = {
  ...about,
  baseline: "default-capacity",
  counters: shadowCounters,
  strategies,
  columns: [
    { path: "topupCalls", heading: "top-ups", change: true },
    { path: "mmuLockDrops", heading: "lock drops", change: true },
    { path: "descAllocated", heading: "descriptors allocated" },
    { path: "descConsumed", heading: "used" },
    { path: "descLeft", heading: "left" },
    { path: "newShadowPages", heading: "tables" },
  ],
  parse: (value, input) => bind(parseShadowScenario(value, input)),
  traceWords: shadowTraceWords,
  cases,
  random: randomShadowScenarios,
  exhaustive: (bound) =>
    shadowExhaustive(bound, (scenario) => {
      const placed = bind(parseShadowScenario(scenario, "exhaustive search"));
      return (strategy) => placed.run(strategy).findings;
    }),
  adoptStrategy: adoptShadowStrategy,
  newStrategy: newShadowStrategy,
};

function bind(scenario: ShadowScenario): Case<ShadowStrategy> {
  const { targetLevel, reschedEvery, mappings, slot, workload } = scenario;
  return {
    mmu: x86Shadow,
    scenario,
    workload,
    variables: {
      target: targetLevel === 2 ? "2m" : "4k",
      ...(reschedEvery === 0 ? {} : { "resched-every": String(reschedEvery) }),
    },
    applies: () => true,
    expectedWork: () => mappings.reduce((sum, { count, copies }) => sum + count * copies * 512, slot.npages),
    run: (strategy) => runOn(scenario, strategy),
    trace: (strategy, sink, options) => trace(scenario, strategy, sink, options),
    timed: (strategy) => timed(scenario, strategy),
  };
}

/** Nested guests of 2M pages under each pattern of aliasing. */
function cases(options: ShadowOptions, single: boolean): Case<ShadowStrategy>[] {
  const { alias = single ? "few" : undefined, memory, target, reschedEvery } = options;
  const patterns = ALIAS_PATTERNS.filter((pattern) => alias === undefined || alias === pattern);
  return patterns.map((pattern) =>
    bind(
      defaultShadowScenario({
        alias: pattern,
        ...(memory === undefined ? {} : { memoryBytes: parseSize(memory, "--memory") }),
        ...(target === undefined ? {} : { target }),
        ...(reschedEvery === undefined ? {} : { reschedEvery }),
      }),
    ),
  );
}

type Sink = (event: string, fields: Readonly<Record<string, number | string>>) => void;

function runOn(scenario: ShadowScenario, strategy: ShadowStrategy, sink: Sink | null = null): RunOutcome {
  const mmu = new ShadowMmu(scenario);
  const sets = new RoleSets();
  const before = rolesByFrame(mmu, sets);
  const initial = { leaves: leavesOf(mmu), sptes: mmu.sptes };
  const counts = mmu.split(strategy.policy, optionsOf(scenario, sink));
  const final = { hugeLeft: hugeLeft(mmu, scenario.targetLevel).reduce((sum, { entries }) => sum + entries, 0) };
  return { initial, counts: { ...counts, final }, findings: shadowFindings(scenario, mmu, sets, before) };
}

function optionsOf(scenario: ShadowScenario, sink: Sink | null) {
  const { targetLevel, reschedEvery, availableMmuPages } = scenario;
  return { targetLevel, reschedEvery, sink, ...(availableMmuPages === null ? {} : { availableMmuPages }) };
}

/** SPTEs in the reverse maps, by level. */
function leavesOf(mmu: ShadowMmu): Counts {
  const leaves: Record<string, number> = {};
  for (let level = 1; level <= 3; level++) {
    let sum = 0;
    for (const list of mmu.lists[level]!) sum += list > 0 ? 1 : mmu.pool.members(list).length;
    if (sum > 0) leaves[level] = sum;
  }
  return leaves;
}

function timed(scenario: ShadowScenario, strategy: ShadowStrategy): TimedRun {
  let mmu = new ShadowMmu(scenario);
  let counts: Counts = {};
  return {
    parts: [
      {
        id: "walk",
        title: "the splits and top-ups",
        reset: () => {
          mmu = new ShadowMmu(scenario);
        },
        work: () => {
          counts = mmu.split(strategy.policy, optionsOf(scenario, null));
        },
        counts: () => counts,
      },
    ],
  };
}

function trace(
  scenario: ShadowScenario,
  strategy: ShadowStrategy,
  sink: (event: ShadowTraceEvent) => void,
  options: TraceOptions = {},
): RunOutcome {
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  return runOn(scenario, strategy, (event, fields) => {
    if (left-- <= 0) return;
    sink({ event, phase: "split", level: Number(fields.level), fields });
  });
}
