import { boundTimes, type ClosedQueue, meanValues, type QueueTimes } from "./queue.js";
import type { TermCounts } from "./terms.js";

/**
 * What guest faults cost where N vCPUs fault at the same time: each fault takes so long on an idle
 * machine, and a part of that can be done for one vCPU at a time only. Which part is decided by the
 * lock that the kernel takes; the rest runs in parallel.
 *
 * How often each is paid comes from the simulated counts of a phase; the figures here are a
 * machine's.
 */

export const FAULT_LOCKS = ["spinlock", "rwlock", "parallel"] as const;

/**
 * Which lock the kernel takes for a stage-2 fault. `spinlock`, until 5.17: mmu_lock is one, taken
 * for every fault. `rwlock`, 5.18 to 6.1: mmu_lock is one, taken for writing by every fault but a
 * permission relaxation. `parallel`, from 6.2: taken for reading by every fault.
 */
export type FaultLock = (typeof FAULT_LOCKS)[number];

/** Faults of one vCPU in a phase, by what each of them does. */
export interface FaultMix {
  /** A write-protected page made writable in place: one local TLBI. */
  readonly relax: number;
  /** A page mapped where nothing was: no TLBI. */
  readonly map: number;
  /** A block broken, or subtree replaced, and a page mapped: broadcast TLBIs. */
  readonly broken: number;
}

export const FAULT_KINDS = ["relax", "map", "broken"] as const satisfies readonly (keyof FaultMix)[];
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A machine's faults, in nanoseconds. */
export interface FaultFigures {
  /**
   * One fault on an idle machine, from exit to entry and back to the next access: the same whatever
   * the lock.
   */
  readonly alone: Readonly<Partial<Record<FaultKind, number>>>;
  /**
   * Under mmu_lock taken for reading, and while other words of the kernel are written one CPU at a
   * time.
   */
  readonly parallel?: ParallelFigures;
  /** mmu_lock taken for writing by faults that map; relaxing is done as in `parallel`. */
  readonly rwlock?: ExclusiveFigures;
  /** mmu_lock taken by every fault. */
  readonly spinlock?: ExclusiveFigures;
}

export interface ParallelFigures {
  /** Serial part of any fault: the busiest word that all faults write. */
  readonly serial: number;
  /**
   * More where a block is broken: two broadcast invalidations, served one at a time in the whole
   * machine.
   */
  readonly broadcast?: number;
  /** Latency of the other shared lines, once there are other CPUs. */
  readonly remote?: number;
}

export interface ExclusiveFigures {
  /** Time that a fault holds the lock. */
  readonly hold: number;
  /** More where another CPU held it last: the lock's word and the data under it come from there. */
  readonly handOver?: number;
}

/** A phase of N vCPUs that all do the same. */
export interface FaultTime {
  /** From one fault of a vCPU to its next, waiting included, on average, ns. */
  readonly nsPerFault: number;
  /** What each vCPU's faults add to the phase, ns. */
  readonly ns: number;
  /** A fault on an idle machine, ns. */
  readonly aloneNs: number;
  /** Of which the busiest server takes so much, one vCPU at a time, ns. */
  readonly serialNs: number;
  /** Share of the time that the busiest server is busy. */
  readonly utilisation: number;
  /**
   * Kinds of faults in the mix of which the machine's own time is not known; those of the nearest
   * kind were taken.
   */
  readonly assumed: readonly FaultKind[];
}

/** Sum of a mix. */
export function faultsIn(mix: FaultMix): number {
  return mix.relax + mix.map + mix.broken;
}

/**
 * The faults of a guest phase by kind, of each vCPU: every relaxation makes one local TLBI, and
 * every broken block (or collapsed subtree) one invalidation for all.
 */
export function mixOf(terms: TermCounts, vcpus = 1): FaultMix {
  const broken = Math.min(terms.faults, terms.tlbiBroadcast + terms.tlbiRange);
  const relax = Math.min(terms.faults - broken, terms.tlbiLocal);
  return { relax: relax / vcpus, map: (terms.faults - broken - relax) / vcpus, broken: broken / vcpus };
}

/** Whether a machine's figures say anything of faults under this lock. */
export function knowsLock(figures: FaultFigures, lock: FaultLock): boolean {
  return figures[lock] !== undefined;
}

/**
 * Time of a phase, by mean value analysis where faults share the lock, and by the bound where they
 * exclude each other: an exclusive hold is one path of nearly constant length, while shared lines
 * are met at random.
 *
 * @param mix faults of each vCPU
 * @throws RangeError where the machine has no figures for this lock
 */
export function faultTime(mix: FaultMix, figures: FaultFigures, lock: FaultLock, vcpus: number): FaultTime {
  const faults = faultsIn(mix);
  const { ns: aloneNs, assumed } = aloneOf(mix, figures);
  if (faults === 0) return { nsPerFault: 0, ns: 0, aloneNs: 0, serialNs: 0, utilisation: 0, assumed: [] };
  const demands = demandsOf(mix, figures, lock);
  const serial = demands.servers.reduce((sum, demand) => sum + demand, 0);
  const queue: ClosedQueue = { ...demands, think: Math.max(0, aloneNs - serial) };
  const times: QueueTimes = lock === "parallel" ? meanValues(queue, vcpus) : boundTimes(queue, vcpus);
  return {
    nsPerFault: times.cycle,
    ns: faults * times.cycle,
    aloneNs,
    serialNs: Math.max(...demands.servers),
    utilisation: Math.max(...times.utilisation),
    assumed,
  };
}

/**
 * Demands of a fault of the mix on average: at servers, and the latencies that only other CPUs
 * cause.
 */
export function demandsOf(mix: FaultMix, figures: FaultFigures, lock: FaultLock): Omit<ClosedQueue, "think"> {
  const faults = faultsIn(mix);
  const { parallel } = figures;
  if (lock === "parallel") {
    if (parallel === undefined) throw new RangeError("no figures for parallel faults");
    const broadcast = ((parallel.broadcast ?? 0) * mix.broken) / faults;
    return { servers: [parallel.serial, broadcast], remote: parallel.remote ?? 0 };
  }
  const exclusive = figures[lock];
  if (exclusive === undefined) throw new RangeError(`no figures for ${lock}`);
  // Relaxing takes an rwlock for reading: it waits for the writers, but only its serial part holds
  // up others.
  const share = lock === "rwlock" ? (mix.map + mix.broken) / faults : 1;
  const shared = parallel?.serial ?? 0;
  const broadcast = ((parallel?.broadcast ?? 0) * mix.broken) / faults;
  return {
    servers: [exclusive.hold * share + shared * (1 - share) + broadcast],
    handOver: (exclusive.handOver ?? 0) * share,
  };
}

const NEAREST: Readonly<Record<FaultKind, readonly FaultKind[]>> = {
  relax: ["relax", "map", "broken"],
  map: ["map", "relax", "broken"],
  broken: ["broken", "map", "relax"],
};

/** A fault of the mix on an idle machine. */
function aloneOf(mix: FaultMix, figures: FaultFigures): { ns: number; assumed: FaultKind[] } {
  const assumed: FaultKind[] = [];
  let sum = 0;
  for (const kind of FAULT_KINDS) {
    if (mix[kind] === 0) continue;
    const known = NEAREST[kind].find((one) => figures.alone[one] !== undefined);
    if (known === undefined) throw new RangeError("no time of a fault alone");
    if (known !== kind) assumed.push(kind);
    sum += mix[kind] * figures.alone[known]!;
  }
  return { ns: sum / Math.max(1e-300, faultsIn(mix)), assumed };
}

/**
 * The lock that a kernel version takes for stage-2 faults: "5.15" is a spinlock, "6.1" an rwlock,
 * "6.2" parallel.
 */
export function lockOfKernel(major: number, minor: number): FaultLock {
  const version = major * 1000 + minor;
  return version <= 5017 ? "spinlock" : version <= 6001 ? "rwlock" : "parallel";
}
