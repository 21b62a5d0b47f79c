import type { Case, Mmu, RunOptions, RunOutcome, TimedRun } from "../contract.js";
import { countAt, totalAt } from "../counters.js";
import { pagesIn } from "../flow/slots.js";
import { overlapNotes } from "../slotFields.js";
import { about, type RiscvOptions } from "./about.js";
import { adoptRiscvStrategy } from "./adopt.js";
import { riscvCounters } from "./counters.js";
import { drive } from "./dirtyLog.js";
import { riscvExhaustive } from "./exhaustive/index.js";
import { riscvFlows } from "./flows.js";
import { GStage } from "./gstage.js";
import { riscvGuests, riscvVariants } from "./guests.js";
import { riscvInterleave } from "./interleave/index.js";
import type { Layout } from "./layout.js";
import { newRiscvStrategy } from "./newStrategy.js";
import { parseRiscvScenario } from "./parse.js";
import { randomLayouts } from "./random.js";
import { outcomeOf, setupOf, simulate, workJson } from "./run.js";
import type { RiscvScenario } from "./scenario.js";
import { strategies } from "./strategies/index.js";
import type { GStageStrategy } from "./strategy.js";
import { traceWalks } from "./trace.js";
import { riscvTraceWords } from "./traceWords.js";
import { RegionedGuest } from "./windows.js";

/** Guests up to this size can be timed: the tree and its copy must fit in memory. */
const TIMED_PAGES = (64 * 2 ** 30) / 4096;

/** A bound riscv scenario. */
export interface RiscvCase extends Case<GStageStrategy> {
  readonly scenario: RiscvScenario;
}

/** KVM/riscv G-stage: enabling dirty logging, and clearing the dirty log, with eager splitting. */
export const riscv: Mmu<GStageStrategy, RiscvOptions> = {
  ...about,
  baseline: "baseline",
  counters: riscvCounters,
  strategies,
  columns: [
    { path: "split/steps", heading: "steps" },
    { path: "split/inspected", heading: "inspected", change: true },
    { path: "split/tablesAllocated", heading: "tables" },
    { path: "split/lockDrops", heading: "lock drops" },
    { path: "split/staleDrops", heading: "unflushed" },
    { path: "flush/requests", heading: "flushes" },
    { path: "flush/hfenceGpa", heading: "fences" },
    { path: "flush/hfenceVmidAll", heading: "full" },
    { path: "after/stuck", heading: "stuck" },
    { path: "after/tablesLost", heading: "tables lost" },
  ],
  totals: {
    title: "whole ioctl: write-protect and split together, which is what userspace sees",
    columns: [
      { paths: ["writeProtect/lookups"], heading: "lookups", change: true },
      { paths: ["writeProtect/inspected", "split/inspected"], heading: "inspected", change: true },
      { paths: ["writeProtect/stores", "split/childStores", "split/splits"], heading: "stores" },
      { paths: ["writeProtect/changed"], heading: "protected" },
    ],
    wallPart: "ioctl",
    comparedHeading: "inspected",
  },
  idle: (counts) => (totalAt(counts, "split/ranges") === 0 ? "nothing was to be split" : undefined),
  shared: {
    workload: "enable",
    // Each lookup reads one entry of the root's level, the highest that is counted; a table walk
    // does where it starts, or starts again.
    fromRoot: (counts) => Object.values((countAt(counts, "split/inspected") ?? {}) as Record<string, number>).at(-1),
    inspected: ["split/inspected"],
    tables: ["split/tablesAllocated"],
    flushes: ["flush/requests"],
    lockDrops: ["split/lockDrops"],
    note:
      "riscv's flushes are requests to all vCPUs, of the whole ioctl; a split itself needs none, and nothing is " +
      "unmapped by it.",
  },
  traceWords: riscvTraceWords,
  parse: bind,
  cases: (options, single) => riscvGuests(options, single).map((scenario) => bind(scenario, "")),
  variants: ({ scenario }: RiscvCase, options) =>
    riscvVariants(scenario, options).map((variant) => bind(variant, scenario.name ?? "scenario")),
  random: randomLayouts,
  exhaustive: (bound) =>
    riscvExhaustive(bound, (scenario) => {
      const bound = bind(scenario, "");
      return (strategy) => bound.run(strategy, { digest: false }).findings;
    }),
  interleave: (options) => riscvInterleave(options),
  flows: riscvFlows,
  adoptStrategy: adoptRiscvStrategy,
  newStrategy: newRiscvStrategy,
};

/** Checks a scenario and lays it out, once for all that is done with it. */
function bind(value: unknown, input: string): RiscvCase {
  const { scenario, layout } = parseRiscvScenario(value, input);
  return {
    mmu: riscv,
    scenario,
    workload: layout.mode,
    variables: variablesOf(layout),
    notes: [...layout.notes, ...overlapNotes(scenario.memslots)],
    applies: () => true,
    expectedWork: () => 4 * pagesIn(layout.slots),
    run: (strategy, options) => run(layout, strategy, options),
    trace: (strategy, sink, options = {}) => run(layout, strategy, {}, (gstage) => traceWalks(gstage, sink, options)),
    timed: (strategy) => timed(layout, strategy),
  };
}

function variablesOf({ geometry, eagerSplit, reschedEvery }: Layout): Record<string, string> {
  return {
    gstage: geometry.mode,
    ...(eagerSplit ? {} : { eager: "off" }),
    ...(reschedEvery === 0 ? {} : { "resched-every": String(reschedEvery) }),
  };
}

function run(
  layout: Layout,
  strategy: GStageStrategy,
  options: RunOptions = {},
  attach?: (gstage: GStage) => void,
): RunOutcome {
  return outcomeOf(simulate(layout, strategy, options, attach));
}

function timed(layout: Layout, strategy: GStageStrategy): TimedRun | undefined {
  if (pagesIn(layout.slots) > TIMED_PAGES) return undefined;
  const gstage = new GStage(setupOf(layout), strategy.rules);
  new RegionedGuest(gstage, layout, Number.POSITIVE_INFINITY, false).buildAll();
  const fresh = gstage.snapshot();
  return {
    parts: [
      {
        id: "ioctl",
        title: "whole ioctl: write-protect and split",
        reset: () => gstage.restore(fresh),
        work: () => drive(gstage, layout),
        counts: () => workJson(gstage),
      },
    ],
  };
}
