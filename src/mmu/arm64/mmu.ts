import { formatAddress, formatSize } from "../../guest/sizes.js";
import type { Case, Mmu, RunOptions, RunOutcome, TimedRun } from "../contract.js";
import { tallyCounts, totalAt } from "../counters.js";
import type { Finding } from "../finding.js";
import { type Windows, wholeSlot } from "../flow/regions.js";
import type { FrameRange } from "../flow/slots.js";
import { overlapNotes } from "../slotFields.js";
import { type Arm64Options, about } from "./about.js";
import { adoptArm64Strategy } from "./adopt.js";
import { casemateTrace } from "./casemate.js";
import type { FaultCode } from "./check.js";
import { arm64Counters, TREE_COUNTERS } from "./counters.js";
import { byLevel, countsJson } from "./counts.js";
import { clearDirtyLog, enableDirtyLogging, enableInTwoPhases } from "./dirtyLog.js";
import { arm64Exhaustive } from "./exhaustive/index.js";
import { arm64Guests, arm64Variants } from "./guests.js";
import { arm64Interleave } from "./interleave/index.js";
import { type Layout, noteText } from "./layout.js";
import { MapRecorder } from "./memoryMap.js";
import { newArm64Strategy } from "./newStrategy.js";
import { parseArm64Scenario } from "./parse.js";
import { randomLayouts } from "./random.js";
import type { Arm64Scenario, VariantSpec } from "./scenario.js";
import { Stage2 } from "./stage2.js";
import { strategies } from "./strategies/index.js";
import type { SplitStrategy } from "./strategy.js";
import { StrictWatch } from "./strict.js";
import { traceWalks } from "./trace.js";
import { arm64TraceWords } from "./traceWords.js";
import { REGION_BYTES, RegionedGuest } from "./windows.js";

/** Guests up to this size are kept whole by default, with digests; larger ones go region by region, without. */
export const WHOLE_TREE_BYTES = 16 * 2 ** 30;
/** Guests up to this size can be timed: the tree and its copy must fit in memory. */
export const TIMED_TREE_BYTES = 64 * 2 ** 30;

/** Keeps a guest whole, whatever its size. */
export const WHOLE_TREE = { windowBytes: Number.POSITIVE_INFINITY };

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

function guestPages(layout: Layout): number {
  return layout.slots.reduce((sum, slot) => sum + slot.endGfn - slot.startGfn, 0);
}

/**
 * Simulates one layout under one strategy.
 *
 * @param attach sees the tree before anything is done with it; what it returns is called before each slot is worked on
 */
export function runOn(
  layout: Layout,
  strategy: SplitStrategy,
  options: RunOptions = {},
  attach?: (stage2: Stage2, whole: boolean) => ((slot: FrameRange) => void) | undefined,
): RunOutcome {
  const stage2 = new Stage2(layout, strategy);
  const guest = guestFor(stage2, options);
  const beforeSlot = attach?.(stage2, guest.whole);
  if (guest.whole) guest.regions.buildAll();
  const map = options.map === undefined ? null : new MapRecorder(stage2, options.map.bins);
  const watch = options.strict === true ? new StrictWatch(stage2) : null;
  const windows = map?.around(guest.regions.windows) ?? guest.regions.windows;
  drive(stage2, (slot, work) => {
    beforeSlot?.(slot);
    windows(slot, work);
  });
  guest.regions.finishAll();
  const outcome = { ...outcomeOf(stage2, guest.regions), ...(map === null ? {} : { memoryMap: map.map() }) };
  if (watch === null) return outcome;
  const findings = outcome.findings.flatMap((finding) => byCause(finding, stage2, guest.regions));
  return { ...outcome, findings: [...findings, ...watch.findings(guest.regions, guest.whole)] };
}

/** The work of the scenario's mode. */
export function drive(stage2: Stage2, windows: Windows): void {
  if (stage2.layout.mode === "enable") enableDirtyLogging(stage2, windows);
  else clearDirtyLog(stage2, windows);
}

/** A guest kept whole or by regions: as asked, else by size. Digests need leaves in address order. */
export function guestFor(stage2: Stage2, options: RunOptions): { regions: RegionedGuest; whole: boolean } {
  const { layout } = stage2;
  const { geometry } = layout;
  const bytes = guestPages(layout) * geometry.pageBytes;
  const window = options.windowBytes ?? (bytes <= WHOLE_TREE_BYTES ? Number.POSITIVE_INFINITY : REGION_BYTES);
  const whole = window === Number.POSITIVE_INFINITY;
  const ascending = layout.slots.every((slot, i) => i === 0 || layout.slots[i - 1]!.endGfn <= slot.startGfn);
  const digest = (options.digest ?? whole) && (whole || ascending);
  const regionPages = whole ? Number.POSITIVE_INFINITY : REGION_BYTES / geometry.pageBytes;
  return { regions: new RegionedGuest(stage2, regionPages, digest, options.onProgress), whole };
}

export function outcomeOf(stage2: Stage2, regions: RegionedGuest): RunOutcome {
  const { geometry, counts } = stage2;
  const { initial, final } = regions;
  return {
    initial: {
      startLevel: geometry.startLevel,
      pgdPages: geometry.pgdPages,
      npages: guestPages(stage2.layout),
      leaves: byLevel(initial.leaves, geometry),
      tables: initial.tables,
      digest: initial.digest,
    },
    counts: {
      ...countsJson(counts, geometry, stage2.cache.objects),
      ...tallyCounts(TREE_COUNTERS, final, (values) => byLevel(values, geometry)),
    },
    findings: findingsOf(stage2, regions),
  };
}

/** What is wrong with a finished run, worst first. */
export function findingsOf(stage2: Stage2, regions: RegionedGuest): Finding[] {
  const { geometry, counts } = stage2;
  const { check, final, initial } = regions;
  const findings: Finding[] = [];
  if (counts.returnCode !== 0) findings.push({ code: "error-returned", count: 1, data: { errno: counts.returnCode } });
  for (const [code, fault] of check.faults) {
    const ipa = formatAddress(fault.firstGfn * geometry.pageBytes);
    findings.push({
      code: code satisfies FaultCode,
      count: fault.count,
      data: { bytes: fault.bytes, ipa, level: fault.level },
    });
  }
  const wrong = stage2.splitVisitor.firstWrongTlbi;
  if (wrong !== null) {
    const data = {
      block: formatAddress(wrong.blockGfn * geometry.pageBytes),
      tlbi: formatAddress(wrong.tlbiGfn * geometry.pageBytes),
      level: wrong.level,
    };
    findings.push({ code: "tlbi-wrong-ipa", count: counts.tlbiWrongIpa.reduce((sum, n) => sum + n, 0), data });
  }
  const linked = final.tables - initial.tables;
  if (linked !== counts.tablesAllocated || counts.topupPages !== counts.tablesAllocated + stage2.cache.objects) {
    const data = {
      allocated: counts.tablesAllocated,
      linked,
      toppedUp: counts.topupPages,
      cached: stage2.cache.objects,
    };
    findings.push({ code: "tables-unaccounted", count: 1, data });
  }
  return findings;
}

/** Strict runs tell blocks that the walk never came to from blocks that splitting made: two mechanisms, two findings. */
function byCause(finding: Finding, stage2: Stage2, { check }: RegionedGuest): readonly Finding[] {
  if (finding.code !== "unsplit-block") return [finding];
  return [...check.unsplit].map(([cause, { count, bytes, firstGfn, level }]) => {
    const ipa = formatAddress(firstGfn * stage2.geometry.pageBytes);
    return { code: finding.code, count, data: { bytes, ipa, level, cause } };
  });
}

/** An estimate of the entries that a run goes over: building, write-protecting and checking always, splitting by strategy. */
function expectedWork(layout: Layout, strategy: string): number {
  const pages = guestPages(layout);
  return strategy === "baseline" ? 4 * pages : 3 * pages;
}

/**
 * The whole ioctl, and of enabling the split as its second phase, from the same samples. A clear alternates write-protect and split by
 * mask; a time stamp for each would cost as much as the mask, so that only the whole is timed.
 */
function timed(layout: Layout, strategy: SplitStrategy): TimedRun | undefined {
  if (guestPages(layout) * layout.geometry.pageBytes > TIMED_TREE_BYTES) return undefined;
  const stage2 = new Stage2(layout, strategy);
  const regions = new RegionedGuest(stage2, Number.POSITIVE_INFINITY, false);
  regions.buildAll();
  const fresh = stage2.snapshot();
  const whole = {
    id: "ioctl",
    title: "whole ioctl: write-protect and split",
    reset: () => stage2.restore(fresh),
    counts: () => countsJson(stage2.counts, layout.geometry, stage2.cache.objects),
  };
  if (layout.mode === "clear") return { parts: [{ ...whole, work: () => drive(stage2, wholeSlot) }] };
  const phase = { id: "split", title: "split walks" };
  return { parts: [{ ...whole, phase, work: (splitBegins) => enableInTwoPhases(stage2, splitBegins) }] };
}
