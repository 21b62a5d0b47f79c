import { type ModelledTime, modelTime, type UnpricedCount, unpricedTogether } from "../cost/modelTime.js";
import type { CostProfile } from "../cost/profile.js";
import { type TermId, termCounts } from "../cost/terms.js";
import type { RegionMemory } from "../cost/uniformGuest.js";
import { geometryOf } from "../guest/geometry.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import { totalAt } from "../mmu/counters.js";
import { firstPass } from "./firstPass.js";
import { type AdvisedGuest, bytesOf, granuleOf, leafRunsOf, workOf } from "./guest.js";
import type { LockWork } from "./lockWork.js";
import { type Recommendation, recommend } from "./recommend.js";
import type { AdviceRow, Hold } from "./row.js";

export interface AdviceRequest {
  readonly guest: AdvisedGuest;
  readonly modes: readonly ("enable" | "clear")[];
  /** Eager-split chunks; "0" (off) is always compared. */
  readonly chunks: readonly string[];
  readonly strategies: readonly SplitStrategy[];
  readonly profile: CostProfile;
  /** vCPUs that run the pass at the same time, each over its own part. */
  readonly vcpus: number;
  readonly writePercent: number;
  /** Nanoseconds; null for no constraint. */
  readonly maxLockHoldNs: number | null;
  /** Clear 1 GiB an ioctl, as QEMU does, rather than a whole slot. */
  readonly clearPerRegion: boolean;
  readonly seed: number;
}

export interface Advice {
  readonly rows: readonly AdviceRow[];
  /** One per mode and strategy: the VMM decides the mode. */
  readonly recommendations: readonly Recommendation[];
  /** A write to a page that was split, written and cleared before: modelled ns, the same whatever was done before. */
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

/** Sweeps mode, chunk and strategy over one guest. */
export function advise(request: AdviceRequest): Advice {
  const { guest, profile, vcpus } = request;
  const memory: RegionMemory = new Map();
  const times: ModelledTime[] = [];
  const priced = (...args: Parameters<typeof modelTime>): ModelledTime => {
    const time = modelTime(...args);
    times.push(time);
    return time;
  };
  const granule = granuleOf(guest);
  const { pageBytes, entries } = geometryOf(granule, 40);
  const pass = { runs: leafRunsOf(guest), pageBytes, entries, writePercent: request.writePercent, seed: request.seed };
  const lazyPass = firstPass(pass, false);
  const splitPass = firstPass(pass, true);
  const bytes = bytesOf(guest);

  const chunks = [...new Set(["0", ...request.chunks])];
  const rows: AdviceRow[] = [];
  for (const strategy of request.strategies) {
    for (const mode of request.modes) {
      for (const chunk of chunks) {
        const work = workOf(guest, mode, chunk, strategy, request.clearPerRegion, memory);
        const ioctl = priced(work.counts, profile);
        const counts = chunk === "0" ? lazyPass : splitPass;
        const vcpuNs = priced(counts.terms, profile, { issuers: vcpus }).totalNs;
        const hold = longest(work.holds, profile);
        const right = work.findings.length === 0;
        rows.push({
          mode,
          chunk,
          strategy: strategy.id,
          enableNs: mode === "enable" ? ioctl.totalNs : 0,
          firstClearNs: mode === "clear" ? ioctl.totalNs : null,
          longestHold: hold,
          longestStretch: longest(work.stretches, profile),
          lockedNsPerGiB: (nsOf(work.locked, profile) * 2 ** 30) / work.lockedBytes,
          cachePages: work.cachePages,
          cacheBytes: work.cachePages * work.pageBytes,
          ioctlTlbis: totalAt(work.counts, "split/tlbi") ?? 0,
          findings: work.findings,
          guest: right
            ? {
                faults: counts.terms.faults,
                tlbis: counts.terms.tlbiBroadcast,
                writes: counts.writes,
                elapsedNs: vcpuNs / vcpus,
                vcpuNs,
                sampled: counts.sampled,
              }
            : null,
          totalNs: right ? ioctl.totalNs + vcpuNs : null,
          withinLockHold: request.maxLockHoldNs === null || hold.ns <= request.maxLockHoldNs,
          scaled: work.scaled,
        });
      }
    }
  }
  const unpriced = unpricedTogether(times);
  const comparable = !unpriced.some((one) => ESSENTIAL.has(one.counter));
  const redirty = {
    kind: "guest",
    faults: { permissionWrite: { 3: 1 } },
    relax: { visits: { valid: { 3: 1 } }, pteStores: 1 },
    tlbiLocal: { 3: 1 },
  };
  return {
    rows,
    recommendations: recommend(rows, { comparable, hasBlocks: pass.runs.some((run) => run.leafBytes > pageBytes) }),
    redirtyNs: modelTime(redirty, profile).totalNs,
    profile: profile.name,
    restsOnAssumptions: times.some((time) => time.restsOnAssumptions),
    unpriced,
    guestBytes: bytes,
  };
}

/** Write percentages that {@link eagerWins} tries. */
export const TRIED_PERCENTS: readonly number[] = [1, 2, ...Array.from({ length: 20 }, (_, i) => 5 * (i + 1))];

/** Of {@link TRIED_PERCENTS} those at which eager splitting costs less in all than leaving it off: the pass is simulated at each of them. */
export function eagerWins(request: AdviceRequest, off: AdviceRow, eager: AdviceRow): readonly number[] {
  const { pageBytes, entries } = geometryOf(granuleOf(request.guest), 40);
  const runs = leafRunsOf(request.guest);
  const ioctl = (row: AdviceRow) => row.enableNs + (row.firstClearNs ?? 0);
  return TRIED_PERCENTS.filter((writePercent) => {
    const pass = { runs, pageBytes, entries, writePercent, seed: request.seed };
    const vcpuNs = (split: boolean) =>
      modelTime(firstPass(pass, split, SENSITIVITY_DRAWN).terms, request.profile, { issuers: request.vcpus }).totalNs;
    return ioctl(eager) + vcpuNs(true) < ioctl(off) + vcpuNs(false);
  });
}

/** Accesses drawn of each run of equal leaves: enough for where the balance tips. */
const SENSITIVITY_DRAWN = 2 ** 14;

function nsOf(work: LockWork, profile: CostProfile): number {
  return modelTime(termCounts(work.counts()), profile).totalNs;
}

/** The longest by modelled time; by visits where the profile prices nothing of it. */
function longest(works: readonly LockWork[], profile: CostProfile): Hold {
  let best: Hold = { visits: 0, ns: 0 };
  for (const work of works) {
    const hold = { visits: work.visits, ns: nsOf(work, profile) };
    if (hold.ns > best.ns || (hold.ns === best.ns && hold.visits > best.visits)) best = hold;
  }
  return best;
}
