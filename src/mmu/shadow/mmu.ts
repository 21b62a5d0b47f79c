import { badInput } from "../../errors.js";
import { Fields } from "../../files/fields.js";
import { parseSize } from "../../guest/sizes.js";
import type { Case, Mmu, RunOutcome, Strategy, TimedRun, TraceEvent, TraceOptions } from "../contract.js";
import type { CounterDeclaration, Counts } from "../counters.js";
import { refuseBuiltIn } from "../tdp/adopt.js";
import { randomShadowScenarios } from "../tdp/random.js";
import { ALIAS_PATTERNS, about, type ShadowOptions } from "./about.js";
import { hugeLeft, RoleSets, rolesByFrame, shadowFindings } from "./findings.js";
import { defaultShadowScenario, parseShadowScenario, type ShadowScenario } from "./scenario.js";
import { ShadowMmu } from "./shadow.js";
import { type CachePolicy, MIN_DESCRIPTORS, POLICIES, type PolicyId } from "./splitCaches.js";

/** A policy of the descriptor cache, as a strategy. */
export interface ShadowStrategy extends Strategy {
  readonly mmu: "x86-shadow";
  readonly policy: CachePolicy;
}

const ABOUT: Readonly<Record<PolicyId, { summary: string; origin: string }>> = {
  double: { summary: "descriptors for two splits: 2 x 513", origin: "David Matlack, v7, 2022-06-22" },
  "default-capacity": {
    summary: "descriptors for one split and the default 40: what Linux has",
    origin: "Sean Christopherson, 2022-06-23",
  },
  exact: { summary: "descriptors for one split: 513", origin: "s2split, for comparison" },
};

const strategies: readonly ShadowStrategy[] = (Object.keys(POLICIES) as PolicyId[]).map((id) => ({
  id,
  mmu: "x86-shadow",
  ...ABOUT[id],
  knownFaults: [],
  source: "builtin",
  policy: POLICIES[id],
}));

function counter(
  path: string,
  label: string,
  unit: string,
  doc: string,
  role: "cost" | "outcome" = "cost",
): CounterDeclaration {
  return { path, byLevel: false, label, unit, role, ...(role === "outcome" ? { worse: "different" } : {}), doc };
}

const counters: readonly CounterDeclaration[] = [
  counter("attempts", "attempts", "attempts", "Tries to split a huge page: splits and top-ups."),
  counter(
    "topupCalls",
    "top-ups",
    "calls",
    "Times the caches were topped up; only a cache below its minimum is filled.",
  ),
  counter("mmuLockDrops", "lock drops", "drops", "Times mmu_lock was dropped for a top-up or a resched."),
  counter("splits2m", "2M pages split", "splits", "Huge SPTEs of level 2 split.", "outcome"),
  counter("splits1g", "1G pages split", "splits", "Huge SPTEs of level 3 split.", "outcome"),
  counter(
    "newShadowPages",
    "shadow pages made",
    "pages",
    "Tables made by splits; a second parent of the same role uses the first's.",
  ),
  counter("descAllocated", "descriptors allocated", "descriptors", "Reverse-map descriptors put into the cache."),
  counter(
    "descConsumed",
    "descriptors used",
    "descriptors",
    "Descriptors taken from the cache: only frames that are mapped more than once need any.",
  ),
  counter(
    "descLeft",
    "descriptors left",
    "descriptors",
    "Descriptors that remain in the cache, allocated for nothing so far.",
  ),
  counter(
    "descFreed",
    "descriptors freed",
    "descriptors",
    "Descriptors emptied by removals, those of the input included.",
    "outcome",
  ),
  counter("headerAllocated", "headers allocated", "headers", "Page headers put into their cache."),
  counter("headerLeft", "headers left", "headers", "Page headers that remain."),
  counter("pageAllocated", "pages allocated", "pages", "Pages put into their cache."),
  counter("pageLeft", "pages left", "pages", "Pages that remain."),
  counter("tlbFlushes", "TLB flushes", "flushes", "Flushes of remote TLBs: none."),
  {
    path: "final/hugeLeft",
    byLevel: false,
    label: "huge SPTEs left",
    unit: "SPTEs",
    role: "outcome",
    worse: "more",
    doc: "SPTEs above the target level that are still there: where no more MMU pages could be made.",
  },
];

/** KVM/x86 for nested guests: eager splitting through the shadow MMU's reverse maps, and the caches it takes its objects from. */
export const x86Shadow: Mmu<ShadowStrategy, ShadowOptions> = {
  ...about,
  baseline: "default-capacity",
  counters,
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
  cases,
  random: randomShadowScenarios,
  adoptStrategy,
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
  return { initial, counts: { ...counts, final }, findings: shadowFindings(scenario, mmu, sets, before, counts) };
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
          counts = { ...mmu.split(strategy.policy, optionsOf(scenario, null)) };
        },
        counts: () => counts,
      },
    ],
  };
}

function trace(
  scenario: ShadowScenario,
  strategy: ShadowStrategy,
  sink: (event: TraceEvent) => void,
  options: TraceOptions = {},
): RunOutcome {
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  return runOn(scenario, strategy, (event, fields) => {
    if (left-- <= 0) return;
    const gpa = `0x${(Number(fields.gfn) * 4096).toString(16)}`;
    sink({ event, phase: "split", text: textOf(event, gpa, fields), fold: foldOf(event, fields), gpa, ...fields });
  });
}

/** A step without its place: what it did, at which level. */
function foldOf(event: string, fields: Readonly<Record<string, number | string>>): string {
  return textOf(event, "", fields).trimStart();
}

function textOf(event: string, gpa: string, f: Readonly<Record<string, number | string>>): string {
  if (event === "split")
    return `${gpa} level ${f.level} role ${f.role}: ${f.table} table, ${f.descriptors} descriptors`;
  if (event === "top-up") {
    return `${gpa} level ${f.level}: lock dropped for ${f.why}, +${f.descriptors} descriptors, +${f.headers} headers, +${f.pages} pages`;
  }
  if (event === "yield") return `${gpa} level ${f.level}: lock dropped for a resched after this reverse map`;
  return `${gpa} level ${f.level}: given up, too few MMU pages`;
}

/** A policy of a user's own: `{ id, mmu: "x86-shadow", descriptorCapacity }`. @throws UserError naming the field and what was expected */
function adoptStrategy(exported: unknown, input: string): ShadowStrategy {
  const fields = Fields.of(exported, input, ["id", "mmu", "summary", "origin", "source", "descriptorCapacity"]);
  fields.oneOf("mmu", ["x86-shadow"]);
  const id = fields.string("id");
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id))
    throw badInput(fields.at("id"), `is "${id}"`, "letters, digits, dots and dashes");
  refuseBuiltIn(fields, strategies);
  return {
    id,
    mmu: "x86-shadow",
    summary: fields.optionalString("summary") ?? "a policy of one's own",
    origin: fields.optionalString("origin") ?? "",
    knownFaults: [],
    source: input,
    policy: { descriptorCapacity: fields.integer("descriptorCapacity", MIN_DESCRIPTORS, 1_000_000) },
  };
}
