import { demandsOf, type FaultLock, type FaultMix, faultsIn, faultTime, knowsLock } from "../cost/contention.js";
import { type IoctlHold, type LockSpec, simulateIoctl } from "../cost/lockSimulation.js";
import type { CostProfile } from "../cost/profile.js";
import { otherCpu } from "../cost/queue.js";
import type { Held } from "./holds.js";
import type { LockWork } from "./lockWork.js";

/**
 * What an ioctl does to vCPUs that fault all the time while it runs, and they to it: simulated,
 * with modelled times.
 */
export interface Stall {
  /** The longest that one fault waited for mmu_lock, ns. */
  readonly longestNs: number;
  /** Faults that the vCPUs got done, as a share of what they would have without the ioctl. */
  readonly progress: number;
  /** How many times as long the ioctl takes as it would beside vCPUs that do not fault. */
  readonly slowdown: number;
  /** Holds that were simulated, the longest among them. */
  readonly holds: number;
}

/**
 * Between two ioctls: out to userspace and back, the bitmap copied, the slot flushed. Assumed, ns.
 */
const BETWEEN_IOCTLS = 10_000;
/** A top-up with the lock dropped: a few pages from the allocator. Assumed, ns. */
const TOP_UP = 1000;
/** vCPUs fault for so many rounds before the ioctl begins. */
const WARM_ROUNDS = 20;
/**
 * Holds times vCPUs that are simulated: enough for the longest wait of a sequence that repeats
 * itself.
 */
const EFFORT = 20_000;
const MIN_HOLDS = 20;

export interface StallRequest {
  readonly sequence: readonly Held[];
  readonly nsOf: (work: LockWork) => number;
  /** Faults of each vCPU: what kinds there are. */
  readonly mix: FaultMix;
  readonly profile: CostProfile;
  readonly lock: FaultLock;
  readonly vcpus: number;
  readonly seed: number;
}

/**
 * @returns null where the profile has no figures for this lock, the guest does not fault, or the
 *   ioctl holds no lock
 */
export function stallOf(request: StallRequest): Stall | null {
  const { mix, profile, lock, vcpus, seed } = request;
  const { contention } = profile;
  if (contention === undefined || !knowsLock(contention, lock) || faultsIn(mix) === 0) return null;
  const holds = holdsFor(request);
  if (holds.length === 0) return null;
  const { servers, handOver, remote } = demandsOf(mix, contention, lock);
  const { nsPerFault, aloneNs } = faultTime(mix, contention, lock, vcpus);
  const other = otherCpu(vcpus);
  const shared = lock === "parallel";
  const service = servers.map((demand, i) => demand + (i === 0 ? (handOver ?? 0) * other : 0));
  const serial = servers.reduce((sum, demand) => sum + demand, 0);
  const spec: LockSpec = {
    vcpus,
    shared,
    think: Math.max(1, aloneNs - serial) + (remote ?? 0) * other,
    servers: service,
    // As the queue that the figures were fitted with: shared lines are met at random, an exclusive
    // hold is nearly constant.
    drawn: { think: shared, service: shared },
    seed,
  };
  const run = simulateIoctl(spec, holds, WARM_ROUNDS * nsPerFault);
  const alone = holds.reduce((sum, { hold, gap }, i) => sum + hold + (i + 1 < holds.length ? gap : 0), 0);
  return {
    longestNs: run.longestWait,
    progress: Math.min(1, (run.faults * nsPerFault) / (vcpus * run.duration)),
    slowdown: run.duration / alone,
    holds: holds.length,
  };
}

/** The first holds, and the longest if it is not among them. */
function holdsFor({ sequence, nsOf, vcpus }: StallRequest): IoctlHold[] {
  const known = new Map<string, number>();
  const all = sequence.map(({ work, end }): IoctlHold => {
    const hold = known.get(work.key) ?? nsOf(work);
    known.set(work.key, hold);
    return { hold, gap: end === "ioctl" ? BETWEEN_IOCTLS : TOP_UP };
  });
  const max = Math.max(MIN_HOLDS, Math.floor(EFFORT / vcpus));
  if (all.length <= max) return all;
  const longest = all.reduce((a, b) => (b.hold > a.hold ? b : a));
  return [...all.slice(0, max), longest];
}
