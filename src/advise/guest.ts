import {
  countsOfGuest,
  REGION,
  type RegionMemory,
  remember,
  simulatedPart,
  type UniformGuest,
  uniformScenario,
} from "../cost/uniformGuest.js";
import type { Granule } from "../guest/geometry.js";
import { zip } from "../lists.js";
import { type Layout, layoutOf } from "../mmu/arm64/layout.js";
import { RANGE_PAGES } from "../mmu/arm64/maintenance.js";
import { runOn } from "../mmu/arm64/run.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import { type Counts, totalAt } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import { extend, type Held, holdSequence, holdsOf, stretched, workByRegion } from "./holds.js";
import { type LockTrace, recordHolds } from "./lockHolds.js";
import { LockWork } from "./lockWork.js";
import { type Sample, type Stratum, sampleOf } from "./sample.js";

/** The guest that advice is asked for. */
export type AdvisedGuest =
  /** Mapped alike throughout, in one slot: may be of any size. */
  | { readonly kind: "uniform"; readonly granule: Granule; readonly map: string; readonly bytes: number }
  /** Any layout: simulated whole if it is small, else by regions that stand for all. */
  | { readonly kind: "scenario"; readonly scenario: Arm64Scenario };

/** What one mode and chunk do to the guest, counted. */
export interface Work {
  /** Of the ioctl that does the work: enabling, or clearing everything once. */
  readonly counts: Counts;
  readonly holds: readonly LockWork[];
  readonly stretches: readonly LockWork[];
  /** All work done with mmu_lock held, over `lockedBytes` of memory. */
  readonly locked: LockWork;
  readonly lockedBytes: number;
  /** Whether counts and holds of equal regions were multiplied (exactly). */
  readonly scaled: boolean;
  /**
   * Where regions stand for all, which is an estimate; the work of each under the lock tells how
   * far it may be off.
   */
  readonly sampled: { readonly of: number; readonly strata: readonly (Stratum & { readonly work: LockWork })[] } | null;
  /**
   * The times that the lock is held, in order: all, or the first of a guest that does the same
   * again and again.
   */
  readonly sequence: readonly Held[];
  /** Pages that the split page cache holds at most: what it is topped up to. */
  readonly cachePages: number;
  readonly pageBytes: number;
  /**
   * What is wrong with the finished tree; counts of equal regions multiplied as the others. Empty:
   * all is split that was to be.
   */
  readonly findings: readonly Finding[];
}

/** Scenarios up to so much memory are simulated whole where nothing else is asked for. */
export const WHOLE_SCENARIO = 6 * REGION;
/** Holds of a sequence that are told one by one. */
const TOLD_HOLDS = 600;

/**
 * A large guest's segments are many: they are resolved once, and so are the regions that stand for
 * all.
 */
const RESOLVED = new WeakMap<Arm64Scenario, { readonly layout: Layout; readonly sample: Sample | undefined }>();

/** The layout as the scenario gives it, with its own mode and chunk. */
export function resolved(scenario: Arm64Scenario): { readonly layout: Layout; readonly sample: Sample | undefined } {
  const known = RESOLVED.get(scenario);
  if (known !== undefined) return known;
  const layout = layoutOf(scenario);
  const both = { layout, sample: sampleOf(scenario, layout) };
  RESOLVED.set(scenario, both);
  return both;
}

export function bytesOf(guest: AdvisedGuest): number {
  if (guest.kind === "uniform") return guest.bytes;
  const { layout } = resolved(guest.scenario);
  return layout.slots.reduce((sum, slot) => sum + slot.endGfn - slot.startGfn, 0) * layout.geometry.pageBytes;
}

export function granuleOf(guest: AdvisedGuest): Granule {
  return guest.kind === "uniform" ? guest.granule : guest.scenario.granule;
}

/**
 * Counts what a mode and a chunk do.
 *
 * @param clearPerRegion userspace clears 1 GiB an ioctl, as QEMU does, and not a whole slot
 * @param wholeBytes memory above which regions of a scenario stand for all
 */
export function workOf(
  guest: AdvisedGuest,
  mode: "enable" | "clear",
  chunk: string,
  strategy: SplitStrategy,
  clearPerRegion: boolean,
  memory: RegionMemory,
  wholeBytes = WHOLE_SCENARIO,
): Work {
  const perRegion = mode === "clear" && clearPerRegion;
  if (guest.kind === "scenario") return scenarioWork(guest.scenario, mode, chunk, strategy, perRegion, wholeBytes);
  const spec = { ...guest, mode, chunk };
  const regions = Math.floor(guest.bytes / REGION);
  const part = simulatedPart(spec);
  const recorded = recordHolds(layoutOf(part.scenario), strategy);
  remember(memory, part.scenario, strategy, recorded.counts);
  const result = countsOfGuest(spec, strategy, memory);
  const repeats = result.scaled || part.bytes === guest.bytes;
  const simulated = repeats ? part.bytes : guest.bytes;
  const layout = layoutOf(repeats ? part.scenario : uniformScenario(spec));
  const trace = repeats ? recorded : recordHolds(layout, strategy);
  // Where every ioctl ends with its region no hold grows, and three regions show all of them.
  const whole = result.scaled && !perRegion ? extend(trace, regions - 1) : trace;
  if (whole === undefined) throw new Error("counts repeat themselves by region but holds do not");
  const holds = holdsOf({ ...trace, ...whole }, perRegion);
  return {
    counts: perRegion ? withIoctls(result.counts, guest.bytes, layout) : result.counts,
    holds,
    stretches: trace.stretchesEnd ? trace.stretches : holds,
    locked: trace.takings.flatMap((t) => t.regions.flat()).reduce((sum, piece) => sum.plus(piece)),
    lockedBytes: simulated,
    scaled: result.scaled,
    sampled: null,
    sequence: holdSequence({ ...trace, ...whole }, perRegion, TOLD_HOLDS),
    cachePages: layout.cacheCapacity,
    pageBytes: layout.geometry.pageBytes,
    findings: findingsOfUniform(spec, strategy, simulated, trace.findings),
  };
}

/**
 * The findings of such a guest, of whose first `simulated` bytes they are `found`: each further
 * region adds what the last whole one did.
 */
function findingsOfUniform(
  guest: UniformGuest,
  strategy: SplitStrategy,
  simulated: number,
  found: readonly Finding[],
): readonly Finding[] {
  const more = (guest.bytes - simulated) / REGION;
  if (found.length === 0 || more === 0) return found;
  const { ipaBits } = uniformScenario(guest);
  const smaller = layoutOf({ ...uniformScenario(guest, simulated - REGION), ipaBits });
  const fewer = runOn(smaller, strategy, { digest: false }).findings;
  return found.map((finding) => {
    const before = fewer.find(({ code }) => code === finding.code);
    const grown = (now: number, then: number | undefined) => now + more * (now - (then ?? 0));
    const { bytes } = finding.data;
    const data =
      typeof bytes === "number"
        ? { ...finding.data, bytes: grown(bytes, before?.data.bytes as number | undefined) }
        : finding.data;
    return { ...finding, count: grown(finding.count, before?.count), data };
  });
}

function scenarioWork(
  scenario: Arm64Scenario,
  mode: "enable" | "clear",
  chunk: string,
  strategy: SplitStrategy,
  perRegion: boolean,
  wholeBytes: number,
): Work {
  const { layout: whole, sample: possible } = resolved(scenario);
  const bytes = bytesOf({ kind: "scenario", scenario });
  const sample = bytes > wholeBytes ? possible : undefined;
  const layout = layoutOf({ ...(sample?.scenario ?? scenario), dirtyLog: { mode, chunk } });
  const recorded = recordHolds(layout, strategy);
  const weights = sample?.strata.map(({ weight }) => weight) ?? [];
  const trace = sample === undefined || perRegion ? recorded : stretched(recorded, sample.strata);
  const byRegion = workByRegion(recorded, weights.length);
  const locked =
    sample === undefined
      ? recorded.takings.flatMap((t) => t.regions.flat()).reduce((sum, piece) => sum.plus(piece), LockWork.none())
      : zip(byRegion, weights).reduce((sum, [work, weight]) => sum.plus(work, weight), LockWork.none());
  const counts = sample === undefined ? recorded.counts : countsOfSample(recorded, locked, weights, whole, layout);
  const holds = holdsOf(trace, perRegion);
  const { findings } = recorded;
  const times = bytes / (weights.length * REGION);
  return {
    counts: perRegion ? withIoctls(counts, bytes, whole) : counts,
    holds,
    stretches: trace.stretchesEnd ? trace.stretches : holds,
    locked,
    lockedBytes: bytes,
    scaled: false,
    sampled:
      sample === undefined
        ? null
        : { of: sample.of, strata: zip(sample.strata, byRegion).map(([stratum, work]) => ({ ...stratum, work })) },
    sequence: holdSequence(trace, perRegion, TOLD_HOLDS),
    cachePages: layout.cacheCapacity,
    pageBytes: layout.geometry.pageBytes,
    findings:
      sample === undefined ? findings : findings.map((one) => ({ ...one, count: Math.round(one.count * times) })),
  };
}

/**
 * Counts of all memory from those of regions that stand for it: the work under the lock, and what
 * lies between.
 */
function countsOfSample(
  trace: LockTrace,
  locked: LockWork,
  weights: readonly number[],
  whole: Layout,
  { cacheCapacity }: Layout,
): Counts {
  const { kind: _, split, ...rest } = rounded(locked.counts());
  const { geometry, slots } = whole;
  const drops = trace.takings.reduce(
    (sum, { regions }) => sum + regions.reduce((own, region, i) => own + (region.length - 1) * weights[i]!, 0),
    0,
  );
  const tables = (totalAt({ split: split! }, "split/nested/pteStores") ?? 0) / 2 / geometry.entries;
  const pages = slots.map((slot) => slot.endGfn - slot.startGfn);
  return {
    ...rest,
    split: { ...(split as Counts), lockDrops: Math.round(drops), topupPages: Math.round(tables) + cacheCapacity },
    flush: {
      memslot: pages.length,
      rangeCalls: pages.reduce((sum, count) => sum + Math.ceil(count / RANGE_PAGES), 0),
      vmidAll: 0,
    },
  };
}

function rounded(counts: Counts): Counts {
  return Object.fromEntries(
    Object.entries(counts).map(([name, value]) => {
      if (typeof value === "number") return [name, Math.round(value)];
      return [name, value !== null && typeof value === "object" ? rounded(value) : value];
    }),
  );
}

/**
 * Each ioctl flushes its whole slot, in pieces: so many more flushes where a slot is cleared region
 * by region.
 */
function withIoctls(counts: Counts, bytes: number, layout: Layout): Counts {
  const { memslot, rangeCalls } = counts.flush as Record<string, number>;
  const perSlot = Math.ceil(bytes / layout.slots.length / REGION);
  return { ...counts, flush: { memslot: memslot! * perSlot, rangeCalls: rangeCalls! * perSlot, vmidAll: 0 } };
}
