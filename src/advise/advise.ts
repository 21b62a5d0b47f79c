import { type FaultLock, mixOf } from "../cost/contention.js";
import { type ModelledTime, modelTime, type UnpricedCount, unpricedTogether } from "../cost/modelTime.js";
import type { CostProfile } from "../cost/profile.js";
import { type TermId, termCounts } from "../cost/terms.js";
import type { RegionMemory } from "../cost/uniformGuest.js";
import { geometryOf } from "../guest/geometry.js";
import { nonEmpty, zip } from "../lists.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import { totalAt } from "../mmu/counters.js";
import { firstPass, type PassCounts, type PassGuest } from "./firstPass.js";
import { type AdvisedGuest, bytesOf, granuleOf, type Work, workOf } from "./guest.js";
import { leafRunsOf } from "./leafRuns.js";
import type { LockWork } from "./lockWork.js";
import { type Recommendation, recommend } from "./recommend.js";
import { type AdviceRow, type Hold, isRight } from "./row.js";
import { stallOf } from "./stall.js";

export interface AdviceRequest {
  readonly guest: AdvisedGuest;
  readonly modes: readonly Mode[];
  /** Eager-split chunks; "0" (off) is always compared. */
  readonly chunks: readonly string[];
  readonly strategies: readonly SplitStrategy[];
  readonly profile: CostProfile;
  /** vCPUs that run the pass at the same time, each over its own part. */
  readonly vcpus: number;
  readonly writePercent: number;
  /** Nanoseconds; null for no constraint. */
  readonly maxLockHoldNs: number | null;
  /**
   * Longest that a fault may wait for mmu_lock while an ioctl runs, nanoseconds; null for no
   * constraint.
   */
  readonly maxGuestStallNs: number | null;
  /** Which lock the kernel takes for a stage-2 fault. */
  readonly lock: FaultLock;
  /** Clear 1 GiB an ioctl, as QEMU does, rather than a whole slot. */
  readonly clearPerRegion: boolean;
  readonly seed: number;
  /** Memory above which regions of a mixed guest stand for all, bytes. Default 6 GiB. */
  readonly wholeBytes?: number;
}

export type Mode = "enable" | "clear";

export interface Advice {
  readonly rows: readonly AdviceRow[];
  /** One per mode and strategy: the VMM decides the mode. */
  readonly recommendations: readonly Recommendation[];
  /**
   * A write to a page that was split, written and cleared before, while all vCPUs do so: modelled
   * ns, whatever was done before.
   */
  readonly redirtyNs: number;
  readonly profile: string;
  readonly restsOnAssumptions: boolean;
  readonly unpriced: readonly UnpricedCount[];
  readonly guestBytes: number;
}

/** Terms without whose price lazy and eager cannot be compared. */
const ESSENTIAL: ReadonlySet<TermId> = new Set([
  "splitVisits",
  "splitVisitsNewTable",
  "nestedEntries",
  "tlbiBroadcast",
  "faults",
]);

/**
 * Told before each row, which may take seconds: how many are done, of how many, and which is next.
 */
export type OnRow = (done: number, of: number, next: string) => void;

/** Sweeps mode, chunk and strategy over one guest. */
export function advise(request: AdviceRequest, onRow: OnRow = () => {}): Advice {
  const own = adviser(request);
  return own.together(request.modes.map((mode) => own.mode(mode, onRow)));
}

/** Advice mode by mode, so that the first can be told before the second is known. */
export interface Adviser {
  mode(mode: Mode, onRow?: OnRow): Advice;
  /** One advice of those of several modes. */
  together(parts: readonly Advice[]): Advice;
}

export function adviser(request: AdviceRequest): Adviser {
  const { guest, profile } = request;
  const memory: RegionMemory = new Map();
  const pass = passOf(request);
  let passes: { readonly lazy: PassCounts; readonly split: PassCounts } | undefined;
  const chunks = [...new Set(["0", ...request.chunks])];
  return {
    mode(mode, onRow = () => {}) {
      passes ??= { lazy: firstPass(pass, false), split: firstPass(pass, true) };
      const { lazy, split } = passes;
      const times: ModelledTime[] = [];
      const rows: AdviceRow[] = [];
      const of = request.strategies.length * chunks.length;
      for (const strategy of request.strategies) {
        for (const chunk of chunks) {
          onRow(rows.length, of, `${strategy.id}, ${mode}, chunk ${chunk === "0" ? "off" : chunk}`);
          const work = workOf(guest, mode, chunk, strategy, request.clearPerRegion, memory, request.wholeBytes);
          const row = rowOf(request, mode, chunk, strategy, work, chunk === "0" ? lazy : split, times);
          rows.push(row);
        }
      }
      const unpriced = unpricedTogether(times);
      const comparable = !unpriced.some((one) => ESSENTIAL.has(one.counter));
      const hasBlocks = pass.runs.some((run) => run.leafBytes > pass.pageBytes);
      return {
        rows,
        recommendations: recommend(rows, { comparable, hasBlocks }).map((one) => ({
          ...one,
          changes: comparable ? changesOf(request, rows, one, { lazy, split }, hasBlocks) : [],
        })),
        redirtyNs: redirtyNs(request),
        profile: profile.name,
        restsOnAssumptions: times.some((time) => time.restsOnAssumptions),
        unpriced,
        guestBytes: bytesOf(guest),
      };
    },
    together(parts) {
      const [first] = nonEmpty(parts);
      return {
        ...first,
        rows: parts.flatMap((part) => part.rows),
        recommendations: parts.flatMap((part) => part.recommendations),
        restsOnAssumptions: parts.some((part) => part.restsOnAssumptions),
        unpriced: unpricedTogether(parts.map(({ unpriced }) => ({ unpriced }))),
      };
    },
  };
}

function passOf(request: AdviceRequest): PassGuest {
  const { pageBytes, entries } = geometryOf(granuleOf(request.guest), 40);
  const { writePercent, seed } = request;
  return { runs: leafRunsOf(request.guest, request.wholeBytes), pageBytes, entries, writePercent, seed };
}

function rowOf(
  request: AdviceRequest,
  mode: Mode,
  chunk: string,
  strategy: SplitStrategy,
  work: Work,
  pass: PassCounts,
  times: ModelledTime[],
): AdviceRow {
  const { profile, vcpus, lock, seed } = request;
  const nsOf = (one: LockWork) => modelTime(termCounts(one.counts()), profile).totalNs;
  const ioctl = modelTime(work.counts, profile);
  const guestTime = modelTime(pass.terms, profile, { issuers: vcpus, lock });
  times.push(ioctl, guestTime);
  const vcpuNs = guestTime.totalNs;
  const hold = longest(work.holds, nsOf);
  const right = work.findings.length === 0;
  const mix = mixOf(pass.terms, vcpus);
  const stall = stallOf({ sequence: work.sequence, nsOf, mix, profile, lock, vcpus, seed });
  return {
    mode,
    chunk,
    strategy: strategy.id,
    enableNs: mode === "enable" ? ioctl.totalNs : 0,
    firstClearNs: mode === "clear" ? ioctl.totalNs : null,
    longestHold: hold,
    longestStretch: longest(work.stretches, nsOf),
    lockedNsPerGiB: (nsOf(work.locked) * 2 ** 30) / work.lockedBytes,
    cachePages: work.cachePages,
    cacheBytes: work.cachePages * work.pageBytes,
    ioctlTlbis: totalAt(work.counts, "split/tlbi") ?? 0,
    findings: work.findings,
    guest: right
      ? {
          faults: pass.terms.faults,
          tlbis: pass.terms.tlbiBroadcast,
          writes: pass.writes,
          elapsedNs: vcpuNs / vcpus,
          vcpuNs,
          sampled: pass.sampled,
        }
      : null,
    stall,
    totalNs: right ? ioctl.totalNs + vcpuNs : null,
    withinLockHold: request.maxLockHoldNs === null || hold.ns <= request.maxLockHoldNs,
    withinGuestStall: request.maxGuestStallNs === null || stall === null || stall.longestNs <= request.maxGuestStallNs,
    scaled: work.scaled,
    sampled:
      work.sampled === null
        ? null
        : {
            regions: work.sampled.strata.length,
            of: work.sampled.of,
            errorPercent: spreadPercent(work.sampled.strata.map((one) => ({ ...one, ns: nsOf(one.work) }))),
          },
  };
}

/**
 * How far the sum over strata may be from that over all regions, percent, with about 95%
 * confidence. A region that stands for others like it is exact; of the rest each stands for a part
 * of its own, and the differences of neighbours tell how wide the parts are.
 */
export function spreadPercent(strata: readonly { weight: number; alike: boolean; ns: number }[]): number {
  const total = strata.reduce((sum, { weight, ns }) => sum + weight * ns, 0);
  const drawn = strata.filter(({ alike }) => !alike).sort((a, b) => a.ns - b.ns);
  const [first, ...others] = drawn;
  if (total === 0 || first === undefined) return 0;
  // One region for all that is left over: as if the others could be anything between nothing and
  // twice as much.
  if (others.length === 0) return (100 * first.weight * first.ns) / total;
  const squares = zip(drawn.slice(0, -1), others).reduce((sum, [a, b]) => sum + (b.ns - a.ns) ** 2, 0);
  const variance = squares / (2 * (drawn.length - 1));
  const deviation = Math.sqrt(drawn.reduce((sum, { weight }) => sum + weight ** 2 * variance, 0));
  return (100 * 2 * deviation) / total;
}

function redirtyNs({ profile, vcpus, lock }: AdviceRequest): number {
  const redirty = {
    kind: "guest",
    faults: { permissionWrite: { 3: 1 } },
    relax: { visits: { valid: { 3: 1 } }, pteStores: 1 },
    tlbiLocal: { 3: 1 },
  };
  return modelTime(redirty, profile, { issuers: vcpus, lock }).totalNs;
}

/** vCPU counts at which the recommendation is tried. */
const MAX_VCPUS = 512;

/**
 * The vCPU counts from which another choice is recommended, the guest and all else being the same:
 * its faults are as many, but wait longer. Stalls are those of the vCPUs that were asked for.
 */
function changesOf(
  request: AdviceRequest,
  rows: readonly AdviceRow[],
  one: Recommendation,
  passes: { readonly lazy: PassCounts; readonly split: PassCounts },
  hasBlocks: boolean,
): { readonly fromVcpus: number; readonly chunk: string | null }[] {
  const own = rows.filter((row) => row.strategy === one.strategy);
  const chosen = new Map<number, string | null>();
  const choice = (vcpus: number): string | null => {
    const before = chosen.get(vcpus);
    if (before !== undefined) return before;
    const options = { issuers: vcpus, lock: request.lock };
    const price = (pass: PassCounts) => modelTime(pass.terms, request.profile, options).totalNs;
    const [lazy, split] = [price(passes.lazy), price(passes.split)];
    const priced = own.map((row) => {
      if (!isRight(row)) return row;
      const vcpuNs = row.chunk === "0" ? lazy : split;
      const guest = { ...row.guest, vcpuNs, elapsedNs: vcpuNs / vcpus };
      return { ...row, guest, totalNs: row.enableNs + (row.firstClearNs ?? 0) + vcpuNs };
    });
    const [{ chunk }] = nonEmpty(recommend(priced, { comparable: true, hasBlocks }));
    chosen.set(vcpus, chunk);
    return chunk;
  };
  const changes: { fromVcpus: number; chunk: string | null }[] = [];
  for (let low = 1; low < MAX_VCPUS; low *= 2) {
    let [from, to] = [low, 2 * low];
    if (choice(from) === choice(to)) continue;
    while (to - from > 1) {
      const middle = (from + to) >> 1;
      if (choice(middle) === choice(from)) from = middle;
      else to = middle;
    }
    changes.push({ fromVcpus: to, chunk: choice(to) });
  }
  return changes;
}

/** Write percentages that {@link eagerWins} tries. */
export const TRIED_PERCENTS: readonly number[] = [1, 2, ...Array.from({ length: 20 }, (_, i) => 5 * (i + 1))];

/**
 * Of {@link TRIED_PERCENTS} those at which eager splitting costs less in all than leaving it off:
 * the pass is simulated at each of them.
 */
export function eagerWins(request: AdviceRequest, off: AdviceRow, eager: AdviceRow): readonly number[] {
  const ioctl = (row: AdviceRow) => row.enableNs + (row.firstClearNs ?? 0);
  return TRIED_PERCENTS.filter(
    (percent) => ioctl(eager) + passNs(request, true, percent) < ioctl(off) + passNs(request, false, percent),
  );
}

/**
 * Modelled time of the guest's first pass, all vCPUs summed, were another share of its accesses
 * writes.
 *
 * @param split whether all blocks were split before
 */
export function passNs(request: AdviceRequest, split: boolean, writePercent: number): number {
  const given = passOf(request);
  const drawn = Math.max(given.entries, SENSITIVITY_DRAWN / given.runs.length);
  const { terms } = firstPass({ ...given, writePercent }, split, drawn);
  return modelTime(terms, request.profile, { issuers: request.vcpus, lock: request.lock }).totalNs;
}

/** Accesses drawn in all: enough for where the balance tips. */
const SENSITIVITY_DRAWN = 2 ** 15;

/** The longest by modelled time; by visits where the profile prices nothing of it. */
function longest(works: readonly LockWork[], nsOf: (work: LockWork) => number): Hold {
  let best: Hold = { visits: 0, ns: 0 };
  for (const work of works) {
    const hold = { visits: work.visits, ns: nsOf(work) };
    if (hold.ns > best.ns || (hold.ns === best.ns && hold.visits > best.visits)) best = hold;
  }
  return best;
}
