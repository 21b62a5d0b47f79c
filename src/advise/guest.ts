import { countsOfGuest, REGION, type RegionMemory, type UniformGuest, uniformScenario } from "../cost/uniformGuest.js";
import { badInput } from "../errors.js";
import type { Granule } from "../guest/geometry.js";
import { formatSize } from "../guest/sizes.js";
import { HOLE, type Layout, layoutOf } from "../mmu/arm64/layout.js";
import { runOn } from "../mmu/arm64/mmu.js";
import { leafLevelAt } from "../mmu/arm64/populate.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import { extend, holdsOf, recordHolds } from "./lockHolds.js";
import type { LockWork } from "./lockWork.js";

/** The guest that advice is asked for. */
export type AdvisedGuest =
  /** Mapped alike throughout, in one slot: may be of any size. */
  | { readonly kind: "uniform"; readonly granule: Granule; readonly map: string; readonly bytes: number }
  /** Any layout; its whole tree is kept in memory. */
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
  /** Pages that the split page cache holds at most: what it is topped up to. */
  readonly cachePages: number;
  readonly pageBytes: number;
  /** What is wrong with the finished tree; counts of equal regions multiplied as the others. Empty: all is split that was to be. */
  readonly findings: readonly Finding[];
}

/** Leaves of one size, in a row. */
export interface LeafRun {
  readonly leafBytes: number;
  readonly bytes: number;
}

/** The largest scenario whose tree is kept. */
const LARGEST_SCENARIO = 256 * REGION;

export function bytesOf(guest: AdvisedGuest): number {
  if (guest.kind === "uniform") return guest.bytes;
  const layout = layoutOf(guest.scenario);
  return layout.slots.reduce((sum, slot) => sum + slot.endGfn - slot.startGfn, 0) * layout.geometry.pageBytes;
}

export function granuleOf(guest: AdvisedGuest): Granule {
  return guest.kind === "uniform" ? guest.granule : guest.scenario.granule;
}

/**
 * Counts what a mode and a chunk do.
 *
 * @param clearPerRegion userspace clears 1 GiB an ioctl, as QEMU does, and not a whole slot
 */
export function workOf(
  guest: AdvisedGuest,
  mode: "enable" | "clear",
  chunk: string,
  strategy: SplitStrategy,
  clearPerRegion: boolean,
  memory: RegionMemory,
): Work {
  const perRegion = mode === "clear" && clearPerRegion;
  if (guest.kind === "scenario") return scenarioWork(guest.scenario, mode, chunk, strategy, perRegion);
  const spec = { ...guest, mode, chunk };
  const regions = Math.floor(guest.bytes / REGION);
  const result = countsOfGuest(spec, strategy, memory);
  const simulated = result.scaled ? guest.bytes - (regions - 3) * REGION : guest.bytes;
  const layout = layoutOf({ ...uniformScenario(spec, simulated), ipaBits: uniformScenario(spec).ipaBits });
  const trace = recordHolds(layout, strategy);
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
    cachePages: layout.cacheCapacity,
    pageBytes: layout.geometry.pageBytes,
    findings: findingsOfUniform(spec, strategy, simulated),
  };
}

/** The findings of such a guest, of which `simulated` bytes are simulated: each further region adds what the last whole one did. */
function findingsOfUniform(guest: UniformGuest, strategy: SplitStrategy, simulated: number): readonly Finding[] {
  const { ipaBits } = uniformScenario(guest);
  const at = (bytes: number) =>
    runOn(layoutOf({ ...uniformScenario(guest, bytes), ipaBits }), strategy, { digest: false }).findings;
  const found = at(simulated);
  const more = (guest.bytes - simulated) / REGION;
  if (found.length === 0 || more === 0) return found;
  const fewer = at(simulated - REGION);
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
): Work {
  const layout = layoutOf({ ...scenario, dirtyLog: { mode, chunk } });
  const bytes = bytesOf({ kind: "scenario", scenario });
  if (bytes > LARGEST_SCENARIO) {
    const most = formatSize(LARGEST_SCENARIO);
    throw badInput(
      `scenario of ${formatSize(bytes)}`,
      "too large to advise on",
      `at most ${most}, or --backing and --memory`,
    );
  }
  const trace = recordHolds(layout, strategy);
  const holds = holdsOf(trace, perRegion);
  return {
    counts: perRegion ? withIoctls(trace.counts, bytes, layout) : trace.counts,
    holds,
    stretches: trace.stretchesEnd ? trace.stretches : holds,
    locked: trace.takings.flatMap((t) => t.regions.flat()).reduce((sum, piece) => sum.plus(piece)),
    lockedBytes: bytes,
    scaled: false,
    cachePages: layout.cacheCapacity,
    pageBytes: layout.geometry.pageBytes,
    findings: runOn(layout, strategy, { digest: false }).findings,
  };
}

/** Each ioctl flushes its whole slot, in pieces: so many more flushes where a slot is cleared region by region. */
function withIoctls(counts: Counts, bytes: number, layout: Layout): Counts {
  const { memslot, rangeCalls } = counts.flush as Record<string, number>;
  const perSlot = Math.ceil(bytes / layout.slots.length / REGION);
  return { ...counts, flush: { memslot: memslot! * perSlot, rangeCalls: rangeCalls! * perSlot, vmidAll: 0 } };
}

/** The leaves that the guest's memory begins with, in address order; holes left out. */
export function leafRunsOf(guest: AdvisedGuest): LeafRun[] {
  if (guest.kind === "uniform") {
    const scenario = uniformScenario({ ...guest, mode: "enable", chunk: "0" });
    return runsOfLayout(layoutOf(scenario));
  }
  return runsOfLayout(layoutOf(guest.scenario));
}

function runsOfLayout(layout: Layout): LeafRun[] {
  const { geometry } = layout;
  const runs: { leafBytes: number; bytes: number }[] = [];
  const add = (leafPages: number, pages: number) => {
    const leafBytes = leafPages * geometry.pageBytes;
    const last = runs.at(-1);
    if (last?.leafBytes === leafBytes) last.bytes += pages * geometry.pageBytes;
    else runs.push({ leafBytes, bytes: pages * geometry.pageBytes });
  };
  for (const slot of layout.slots) {
    for (const segment of slot.segments) {
      if (segment.level === HOLE) continue;
      for (let gfn = segment.startGfn; gfn < segment.endGfn; ) {
        const span = geometry.spanPages[leafLevelAt(geometry, segment, gfn)]!;
        // To where a larger leaf may begin, or the segment ends.
        const larger =
          segment.level === 3 ? Number.POSITIVE_INFINITY : nextLarger(geometry.spanPages, segment.level, span, gfn);
        const end = Math.min(segment.endGfn, larger);
        const count = Math.max(1, Math.floor((end - gfn) / span));
        add(span, count * span);
        gfn += count * span;
      }
    }
  }
  return runs;
}

/** The next frame where a leaf above `span` could begin, at levels that the segment wants. */
function nextLarger(spans: readonly number[], level: number, span: number, gfn: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (let at = level; at < 3; at++) {
    const larger = spans[at]!;
    if (larger > span) next = Math.min(next, (Math.floor(gfn / larger) + 1) * larger);
  }
  return next;
}
