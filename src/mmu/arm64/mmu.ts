import { formatSize } from "../../guest/sizes.js";
import type { Case, Mmu } from "../contract.js";
import { totalAt } from "../counters.js";
import { pagesIn } from "../flow/slots.js";
import { overlapNotes } from "../slotFields.js";
import { type Arm64Options, about } from "./about.js";
import { adoptArm64Strategy } from "./adopt.js";
import { casemateTrace } from "./casemate.js";
import { arm64Counters } from "./counters.js";
import { arm64Exhaustive } from "./exhaustive/index.js";
import { arm64Guests, arm64Variants } from "./guests.js";
import { arm64Interleave } from "./interleave/index.js";
import { type Layout, noteText } from "./layout.js";
import { newArm64Strategy } from "./newStrategy.js";
import { parseArm64Scenario } from "./parse.js";
import { randomLayouts } from "./random.js";
import { runOn, timed } from "./run.js";
import type { Arm64Scenario, VariantSpec } from "./scenario.js";
import { strategies } from "./strategies/index.js";
import type { SplitStrategy } from "./strategy.js";
import { traceWalks } from "./trace.js";
import { arm64TraceWords } from "./traceWords.js";

const WHOLE_TREE = { windowBytes: Number.POSITIVE_INFINITY };

/** A bound arm64 scenario. */
export interface Arm64Case extends Case<SplitStrategy> {
  readonly scenario: Arm64Scenario;
}

/** KVM/arm64 stage-2: enabling dirty logging, and clearing the dirty log, with eager splitting. */
export const arm64: Mmu<SplitStrategy, Arm64Options> = {
  ...about,
  baseline: "baseline",
  counters: arm64Counters,
  strategies,
  columns: [
    { path: "split/visits", heading: "visitor calls", change: true },
    { path: "split/inspected", heading: "inspected", change: true },
    { path: "split/tlbi", heading: "TLBIs" },
    { path: "split/tablesAllocated", heading: "tables" },
    { path: "split/lockDrops", heading: "lock drops" },
  ],
  totals: {
    title: "whole ioctl: write-protect and split together, which is what userspace sees",
    columns: [
      { paths: ["writeProtect/visits", "split/visits"], heading: "visitor calls", change: true },
      { paths: ["writeProtect/inspected", "split/inspected"], heading: "inspected", change: true },
      { paths: ["writeProtect/pteStores", "split/pteStores", "split/nested/pteStores"], heading: "stores" },
    ],
    wallPart: "ioctl",
    comparedHeading: "inspected",
    commonPart: "the write-protect walk",
  },
  idle: (counts) => (totalAt(counts, "split/walks") === 0 ? "nothing was to be split" : undefined),
  shared: {
    workload: "enable",
    fromRoot: (counts) => totalAt(counts, "split/walks"),
    inspected: ["split/inspected"],
    tables: ["split/tablesAllocated"],
    flushes: ["split/tlbi"],
    lockDrops: ["split/lockDrops"],
  },
  traceWords: arm64TraceWords,
  describe: ({ granule, ipaBits }) => (typeof granule === "string" ? [`${granule} granule, ${ipaBits} IPA bits`] : []),
  variableText: (name, value) => (name === "chunk" && value === "0" ? "0 (off)" : value),
  parse: bind,
  cases: (options, single) => arm64Guests(options, single).map((scenario) => bind(scenario, "")),
  variants: ({ scenario }: Arm64Case, options) =>
    arm64Variants(scenario, options).map((variant) => bind(variant, scenario.name ?? "scenario")),
  random: randomLayouts,
  exhaustive: (bound) =>
    arm64Exhaustive(bound, (scenario) => {
      const bound = bind(scenario, "");
      return (strategy) => bound.run(strategy, { strict: true, digest: false }).findings;
    }),
  interleave: (options) => arm64Interleave(options),
  adoptStrategy: adoptArm64Strategy,
  newStrategy: newArm64Strategy,
};

/** Checks a scenario and lays it out, once for all that is done with it. */
function bind(value: unknown, input: string): Arm64Case {
  const { scenario, layout } = parseArm64Scenario(value, input);
  const { chunkPages, geometry, mode } = layout;
  const chunk = formatSize(chunkPages * geometry.pageBytes);
  return {
    mmu: arm64,
    scenario,
    workload: mode,
    variables: { chunk, ...variantText(scenario.dirtyLog) },
    notes: [...layout.notes.map(noteText), ...overlapNotes(scenario.memslots)],
    applies: () => true,
    expectedWork: ({ id }) => expectedWork(layout, id),
    run: (strategy, options) => runOn(layout, strategy, options),
    trace: (strategy, sink, options = {}) =>
      runOn(layout, strategy, {}, (stage2, whole) => traceWalks(stage2, sink, options, whole)),
    traceFormats: ["casemate"],
    traceAs: (_, strategy, line) =>
      casemateTrace(layout, (attach) => runOn(layout, strategy, { ...WHOLE_TREE, digest: false }, attach), line),
    timed: (strategy) => timed(layout, strategy),
  };
}

/** What is not Linux 7.3 on a processor of today, said wherever the case is named. */
function variantText({ bbm, dsb, clearRange, tlbiRange, nvhe }: VariantSpec): Record<string, string> {
  return {
    ...(bbm === undefined ? {} : { bbm: `${bbm}-proposed` }),
    ...(dsb === undefined || dsb === "per-call" ? {} : { dsb: dsb === "per-change" ? "per-change-proposed" : dsb }),
    ...(clearRange === undefined || clearRange === "word" ? {} : { "clear-range": `${clearRange}-proposed` }),
    ...(tlbiRange === false ? { "tlbi-range": "off" } : {}),
    ...(nvhe === true ? { nvhe: "yes" } : {}),
  };
}
/**
 * An estimate of the entries that a run goes over: building, write-protecting and checking always,
 * splitting by strategy.
 */
function expectedWork(layout: Layout, strategy: string): number {
  const pages = pagesIn(layout.slots);
  return strategy === "baseline" ? 4 * pages : 3 * pages;
}
