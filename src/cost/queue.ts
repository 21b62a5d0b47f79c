/**
 * Closed queues: N vCPUs, each of which works for itself (think time), and then visits servers that
 * take one vCPU at a time. This is the shape of every published table of dirty logging over vCPUs
 * on arm64: level up to a knee at N = (c + z) / c, and then proportional to N.
 *
 * Mean value analysis: M. Reiser and S. Lavenberg, "Mean-Value Analysis of Closed Multichain
 * Queuing Networks", JACM 27 (1980).
 */
export interface ClosedQueue {
  /** Time that one cycle needs of each server, in any unit: visits times service. Not negative. */
  readonly servers: readonly number[];
  /**
   * Time of a cycle that is spent away from all servers, in parallel with other vCPUs. Not
   * negative.
   */
  readonly think: number;
  /**
   * More of the first server where another CPU was the last to use it: its cache lines are
   * elsewhere. Default 0.
   */
  readonly handOver?: number;
  /**
   * More think time where there are other CPUs: other shared lines cost latency, but hold nobody
   * up. Default 0.
   */
  readonly remote?: number;
}

export interface QueueTimes {
  /** From one visit to the next of the same vCPU, all waiting included. */
  readonly cycle: number;
  /** At each server, waiting included. */
  readonly response: readonly number[];
  /** vCPUs at each server on average, the one that is served included. */
  readonly length: readonly number[];
  /** Share of the time that each server is busy. */
  readonly utilisation: readonly number[];
}

/**
 * The chance that the CPU which last held a cache line is another one, with N vCPUs that take turns
 * at random.
 */
export function otherCpu(vcpus: number): number {
  return (vcpus - 1) / vcpus;
}

/** The queue with what depends on the number of vCPUs computed. */
export function queueFor(queue: ClosedQueue, vcpus: number): { servers: readonly number[]; think: number } {
  const other = otherCpu(vcpus);
  const handOver = (queue.handOver ?? 0) * other;
  return {
    servers: queue.servers.map((demand, i) => (i === 0 ? demand + handOver : demand)),
    think: queue.think + (queue.remote ?? 0) * other,
  };
}

/**
 * Mean value analysis, by the exact recursion over 1 to N vCPUs: exact where service times are
 * exponential, or a server is shared by all who are at it; think times may be distributed in any
 * way.
 *
 * @param vcpus at least 1, whole
 */
export function meanValues(queue: ClosedQueue, vcpus: number): QueueTimes {
  const { servers, think } = queueFor(queue, vcpus);
  const length = servers.map(() => 0);
  const response = servers.map(() => 0);
  let cycle = think;
  for (let k = 1; k <= vcpus; k++) {
    cycle = think;
    for (const [i, demand] of servers.entries()) {
      const time = demand * (1 + length[i]!);
      response[i] = time;
      cycle += time;
    }
    for (const [i, time] of response.entries()) length[i] = cycle === 0 ? 0 : (k / cycle) * time;
  }
  return { cycle, response, length, utilisation: servers.map((demand) => busy(demand, vcpus, cycle)) };
}

/**
 * The bound that no queue goes below, and that one comes to whose service and think times are
 * constant: every vCPU for itself, or the busiest server without a pause.
 */
export function boundTimes(queue: ClosedQueue, vcpus: number): QueueTimes {
  const { servers, think } = queueFor(queue, vcpus);
  const alone = think + servers.reduce((sum, demand) => sum + demand, 0);
  const cycle = Math.max(alone, ...servers.map((demand) => vcpus * demand));
  // All that is waited is waited at the busiest server.
  const busiest = servers.indexOf(Math.max(...servers));
  const response = servers.map((demand, i) => demand + (i === busiest ? cycle - alone : 0));
  return {
    cycle,
    response,
    length: response.map((time) => (cycle === 0 ? 0 : (vcpus / cycle) * time)),
    utilisation: servers.map((demand) => busy(demand, vcpus, cycle)),
  };
}

/**
 * One server with constant service, exponential think times: exact. It lies between
 * {@link boundTimes} and {@link meanValues}.
 *
 * The state when a vCPU leaves the server, seen over one service: each of the vCPUs that think
 * stays away with chance exp(-c/z), independently. p0 is the chance that nobody waits when one
 * leaves; the server is then idle for z / N on average.
 *
 * @throws RangeError unless there is one server with a positive demand, and a positive think time
 */
export function constantService(queue: ClosedQueue, vcpus: number): number {
  const { servers, think } = queueFor(queue, vcpus);
  const [service] = servers;
  if (service === undefined || servers.length > 1 || !(service > 0) || !(think > 0)) {
    throw new RangeError("constant service needs one server and positive times");
  }
  const stays = Math.exp(-service / think);
  // Waiting, as one leaves: 0 to N - 1. One iteration of the chain a turn, until it stands.
  let left = new Float64Array(vcpus);
  left[0] = 1;
  for (let turn = 0; turn < 10_000; turn++) {
    const next = new Float64Array(vcpus);
    for (const [waiting, chance] of left.entries()) {
      if (chance === 0) continue;
      // The one that left thinks; if nobody waited, the next to come is served, and all others
      // think.
      const queued = Math.max(0, waiting - 1);
      const thinking = vcpus - 1 - queued;
      // From the end that does not vanish: all stay away, or all come.
      const few = stays > 0.5;
      const ratio = few ? (1 - stays) / stays : stays / (1 - stays);
      let share = (few ? stays : 1 - stays) ** thinking;
      for (let k = 0; k <= thinking; k++) {
        next[queued + (few ? k : thinking - k)]! += chance * share;
        share *= ((thinking - k) / (k + 1)) * ratio;
      }
    }
    const change = next.reduce((sum, p, i) => sum + Math.abs(p - left[i]!), 0);
    left = next;
    if (change < 1e-14) break;
  }
  return vcpus * service + left[0]! * think;
}

/** Share of the time that a server is busy: N demands in each cycle. */
function busy(demand: number, vcpus: number, cycle: number): number {
  return cycle === 0 ? 0 : (vcpus * demand) / cycle;
}
