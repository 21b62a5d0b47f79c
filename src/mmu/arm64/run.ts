import { formatAddress } from "../../guest/sizes.js";
import type { RunOptions, RunOutcome, TimedRun } from "../contract.js";
import { type Counts, countAt, tallyCounts } from "../counters.js";
import type { Finding } from "../finding.js";
import { type Windows, wholeSlot } from "../flow/regions.js";
import { type FrameRange, pagesIn, takesDigest } from "../flow/slots.js";
import { arm64Counters, TREE_COUNTERS } from "./counters.js";
import { byLevel, countsJson } from "./counts.js";
import { clearDirtyLog, enableDirtyLogging, enableInTwoPhases } from "./dirtyLog.js";
import type { Layout } from "./layout.js";
import type { MemorySnapshot } from "./memory.js";
import { MapRecorder } from "./memoryMap.js";
import { Stage2 } from "./stage2.js";
import type { SplitStrategy } from "./strategy.js";
import { auditTables, StrictWatch } from "./strict.js";
import { REGION_BYTES, RegionedGuest } from "./windows.js";

/**
 * Guests up to this size are kept whole by default, with digests; larger ones go region by region,
 * without.
 */
const WHOLE_TREE_BYTES = 16 * 2 ** 30;
/** Guests up to this size can be timed: the tree and its copy must fit in memory. */
const TIMED_TREE_BYTES = 64 * 2 ** 30;

/**
 * Simulates one layout under one strategy.
 *
 * @param attach sees the tree before anything is done with it; what it returns is called before
 *   each slot is worked on
 */
export function runOn(
  layout: Layout,
  strategy: SplitStrategy,
  options: RunOptions = {},
  attach?: (stage2: Stage2, whole: boolean) => ((slot: FrameRange) => void) | undefined,
): RunOutcome {
  if (options.strict === true) return runStrictly(layout, strategy, options);
  const stage2 = new Stage2(layout, strategy);
  const guest = guestFor(stage2, options);
  const beforeSlot = attach?.(stage2, guest.whole);
  if (guest.whole) guest.regions.buildAll();
  const map = options.map === undefined ? null : new MapRecorder(stage2, options.map.bins);
  const windows = map?.around(guest.regions.windows) ?? guest.regions.windows;
  drive(stage2, (slot, work) => {
    beforeSlot?.(slot);
    windows(slot, work);
  });
  guest.regions.finishAll();
  return { ...outcomeOf(stage2, guest.regions), ...(map === null ? {} : { memoryMap: map.map() }) };
}

/**
 * A run that is judged. A walk that is watched goes entry by entry, and all others go over runs of
 * entries in loops of their own: so the work is also done with nobody watching, and must come to
 * the same. What it comes to otherwise is judged too.
 */
function runStrictly(layout: Layout, strategy: SplitStrategy, options: RunOptions): RunOutcome {
  const stage2 = new Stage2(layout, strategy);
  const guest = guestFor(stage2, options);
  if (guest.whole) guest.regions.buildAll();
  const unwatched = guest.whole ? doneUnwatched(stage2) : null;
  const watch = new StrictWatch(stage2);
  const { outcome, findings } = judged(stage2, guest);
  findings.push(...watch.findings(guest.regions, guest.whole));
  if (unwatched === null || !isAsLeft(stage2, unwatched)) {
    findings.push(...unwatchedFindings(layout, strategy, options, outcome, findings));
  }
  return { ...outcome, findings };
}

/** Does the work on a tree that is as it was built, and puts it back. */
function doneUnwatched(stage2: Stage2): WorkDone {
  const fresh = stage2.snapshot();
  drive(stage2, wholeSlot);
  const done = { mem: stage2.mem.snapshot(), counts: allCounts(stage2) };
  stage2.restore(fresh);
  return done;
}

interface WorkDone {
  readonly mem: MemorySnapshot;
  readonly counts: readonly number[];
}

function isAsLeft(stage2: Stage2, { mem, counts }: WorkDone): boolean {
  return stage2.mem.holds(mem) && allCounts(stage2).every((n, i) => n === counts[i]);
}

function allCounts({ counts, cache }: Stage2): number[] {
  counts.cacheLeft = cache.objects;
  return numbersOf(counts);
}

function numbersOf(counts: Readonly<Record<string, unknown>>, numbers: number[] = []): number[] {
  for (const value of Object.values(counts)) {
    if (typeof value === "number") numbers.push(value);
    else if (value instanceof Float64Array) numbers.push(...value);
    else if (value !== null) numbersOf(value as Readonly<Record<string, unknown>>, numbers);
  }
  return numbers;
}

/**
 * What is found of a run that nobody watches and is not known of the one that was watched; and that
 * they differ, where they do.
 */
function unwatchedFindings(
  layout: Layout,
  strategy: SplitStrategy,
  options: RunOptions,
  watched: RunOutcome,
  found: readonly Finding[],
): Finding[] {
  const stage2 = new Stage2(layout, strategy);
  const guest = guestFor(stage2, options);
  if (guest.whole) guest.regions.buildAll();
  const { outcome, findings } = judged(stage2, guest);
  if (guest.whole) findings.push(...auditTables(stage2));
  const known = new Set(found.map(kindOf));
  const isSame = !guest.whole && JSON.stringify(watched.counts) === JSON.stringify(outcome.counts);
  return [...(isSame ? [] : [runsDiffer(watched, outcome)]), ...findings.filter((one) => !known.has(kindOf(one)))];
}

/** Does the work on a guest, with what is wrong by cause. */
function judged(stage2: Stage2, { regions }: Guest): { outcome: RunOutcome; findings: Finding[] } {
  drive(stage2, regions.windows);
  regions.finishAll();
  const outcome = outcomeOf(stage2, regions);
  return { outcome, findings: outcome.findings.flatMap((finding) => byCause(finding, stage2, regions)) };
}

/** Of what differs the first counter is named; none where only descriptors do. */
function runsDiffer(watched: RunOutcome, unwatched: RunOutcome): Finding {
  const shown = (counts: Counts, path: string) => JSON.stringify(countAt(counts, path) ?? null);
  const differing = arm64Counters
    .map(({ path }) => ({ counter: path, value: shown(unwatched.counts, path), expected: shown(watched.counts, path) }))
    .filter(({ value, expected }) => value !== expected);
  return { code: "runs-differ", count: Math.max(1, differing.length), data: { ...differing[0] } };
}

function kindOf({ code, data }: Finding): string {
  return `${code}/${data.cause ?? ""}`;
}

/** The work of the scenario's mode. */
export function drive(stage2: Stage2, windows: Windows): void {
  if (stage2.layout.mode === "enable") enableDirtyLogging(stage2, windows);
  else clearDirtyLog(stage2, windows);
}

interface Guest {
  readonly regions: RegionedGuest;
  readonly whole: boolean;
}

/**
 * A guest kept whole or by regions: as asked, else by size. Digests need leaves in address order.
 */
export function guestFor(stage2: Stage2, options: RunOptions): Guest {
  const { layout } = stage2;
  const { geometry } = layout;
  const bytes = pagesIn(layout.slots) * geometry.pageBytes;
  const window = options.windowBytes ?? (bytes <= WHOLE_TREE_BYTES ? Number.POSITIVE_INFINITY : REGION_BYTES);
  const whole = window === Number.POSITIVE_INFINITY;
  const digest = takesDigest(layout.slots, whole, options.digest);
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
      npages: pagesIn(stage2.layout.slots),
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
      code,
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

/**
 * Strict runs tell blocks that the walk never came to from blocks that splitting made: two
 * mechanisms, two findings.
 */
function byCause(finding: Finding, stage2: Stage2, { check }: RegionedGuest): readonly Finding[] {
  if (finding.code !== "unsplit-block") return [finding];
  return [...check.unsplit].map(([cause, { count, bytes, firstGfn, level }]) => {
    const ipa = formatAddress(firstGfn * stage2.geometry.pageBytes);
    return { code: finding.code, count, data: { bytes, ipa, level, cause } };
  });
}
/**
 * The whole ioctl, and of enabling the split as its second phase, from the same samples. A clear
 * alternates write-protect and split by mask; a time stamp for each would cost as much as the mask,
 * so that only the whole is timed.
 */
export function timed(layout: Layout, strategy: SplitStrategy): TimedRun | undefined {
  if (pagesIn(layout.slots) * layout.geometry.pageBytes > TIMED_TREE_BYTES) return undefined;
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
