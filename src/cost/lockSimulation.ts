import { EventQueue } from "../stats/eventQueue.js";
import { seededRandom } from "../stats/random.js";

/**
 * mmu_lock with vCPUs that fault and an ioctl that holds it for a stretch at a time, event by event: for what no queue has a closed form.
 *
 * The lock is fair, as the kernel's queued locks are: who asks first is served first, and readers that stand together enter together. A
 * vCPU works for itself, takes the lock (for reading where faults are parallel), visits the servers in turn, each of which takes one vCPU at
 * a time, and releases it. The ioctl takes it for writing.
 *
 * Source: Linux 7.3, kernel/locking/qrwlock.c, qspinlock.c: the order of waiting. The rest is a model.
 */
export interface LockSpec {
  readonly vcpus: number;
  /** Whether faults take the lock for reading. */
  readonly shared: boolean;
  /** Mean time of a vCPU between its visits, ns. */
  readonly think: number;
  /** Mean time of each server that a fault visits under the lock, ns; at least one. */
  readonly servers: readonly number[];
  /** Whether these times are drawn, or the same each time. */
  readonly drawn: { readonly think: boolean; readonly service: boolean };
  readonly seed: number;
}

/** One time that the ioctl holds the lock, and what passes before it asks again, ns. */
export interface IoctlHold {
  readonly hold: number;
  readonly gap: number;
}

export interface LockRun {
  /** From the first request of the ioctl to its last release, or the time simulated where there is none, ns. */
  readonly duration: number;
  /** Faults of all vCPUs that were finished in it. */
  readonly faults: number;
  /** Longest time that one fault waited for the lock, those included that were waiting when the ioctl ended, ns. */
  readonly longestWait: number;
  /** Time that all faults waited for the lock, ns. */
  readonly waited: number;
  /** Time that the ioctl waited for the lock, ns. */
  readonly ioctlWaited: number;
}

const IOCTL = -1;

/** What an event says of a vCPU: that it asks for the lock, or is done at its server. */
class LockWorld {
  now = 0;
  faults = 0;
  longestWait = 0;
  waited = 0;
  ioctlWaited = 0;
  private readonly events = new EventQueue();
  private readonly fraction: () => number;
  /** Who waits for the lock, in order. */
  private readonly waiting: number[] = [];
  private head = 0;
  private readers = 0;
  private written = false;
  private readonly askedAt: Float64Array;
  private ioctlAskedAt = 0;
  private readonly stage: Int32Array;
  private readonly queues: number[][];
  private readonly heads: Int32Array;
  private nextHold = 0;
  done = false;

  constructor(
    private readonly spec: LockSpec,
    private readonly holds: readonly IoctlHold[],
  ) {
    this.fraction = seededRandom(spec.seed);
    this.askedAt = new Float64Array(spec.vcpus);
    this.stage = new Int32Array(spec.vcpus).fill(-1);
    this.queues = spec.servers.map(() => []);
    this.heads = new Int32Array(spec.servers.length);
    for (let v = 0; v < spec.vcpus; v++) this.events.push(this.draw(spec.think, spec.drawn.think), v);
  }

  /** Lets vCPUs fault until this time, ns. */
  warm(until: number): void {
    while (this.events.nextTime <= until) this.step();
    this.now = until;
  }

  startIoctl(): void {
    this.faults = 0;
    this.waited = 0;
    this.longestWait = 0;
    this.askIoctl();
  }

  runIoctl(): void {
    while (!this.done) this.step();
    // Those that still wait have waited so far.
    for (let i = this.head; i < this.waiting.length; i++) this.endWait(this.waiting[i]!);
  }

  private step(): void {
    this.now = this.events.nextTime;
    const event = this.events.pop();
    if (event === IOCTL) this.ioctlEvent();
    else if (this.stage[event]! < 0) this.ask(event);
    else this.served(event);
  }

  private draw(mean: number, drawn: boolean): number {
    return drawn ? -mean * Math.log(1 - this.fraction()) : mean;
  }

  private ask(who: number): void {
    this.askedAt[who] = this.now;
    this.waiting.push(who);
    this.admit();
  }

  private askIoctl(): void {
    this.ioctlAskedAt = this.now;
    this.waiting.push(IOCTL);
    this.admit();
  }

  /** Lets in who may enter: in order, readers together. */
  private admit(): void {
    while (this.head < this.waiting.length) {
      const who = this.waiting[this.head]!;
      const reads = who !== IOCTL && this.spec.shared;
      if (this.written || (!reads && this.readers > 0)) return;
      this.head++;
      if (this.head > 1024 && this.head * 2 > this.waiting.length) {
        this.waiting.splice(0, this.head);
        this.head = 0;
      }
      if (reads) this.readers++;
      else this.written = true;
      if (who === IOCTL) {
        this.ioctlWaited += this.now - this.ioctlAskedAt;
        this.events.push(this.now + this.holds[this.nextHold]!.hold, IOCTL);
      } else {
        this.endWait(who);
        this.toServer(who, 0);
      }
    }
  }

  private endWait(who: number): void {
    if (who === IOCTL) return;
    const wait = this.now - this.askedAt[who]!;
    this.waited += wait;
    if (wait > this.longestWait) this.longestWait = wait;
  }

  private toServer(who: number, server: number): void {
    this.stage[who] = server;
    const queue = this.queues[server]!;
    queue.push(who);
    if (queue.length - this.heads[server]! === 1) this.serve(server);
  }

  private serve(server: number): void {
    const queue = this.queues[server]!;
    const who = queue[this.heads[server]!]!;
    this.events.push(this.now + this.draw(this.spec.servers[server]!, this.spec.drawn.service), who);
  }

  private served(who: number): void {
    const server = this.stage[who]!;
    const queue = this.queues[server]!;
    this.heads[server]!++;
    if (this.heads[server] === queue.length) {
      queue.length = 0;
      this.heads[server] = 0;
    } else this.serve(server);
    if (server + 1 < this.spec.servers.length) {
      this.toServer(who, server + 1);
      return;
    }
    this.stage[who] = -1;
    this.faults++;
    if (this.spec.shared) this.readers--;
    else this.written = false;
    this.events.push(this.now + this.draw(this.spec.think, this.spec.drawn.think), who);
    this.admit();
  }

  /** The ioctl releases the lock, or asks for it again. */
  private ioctlEvent(): void {
    if (!this.ioctlHolds) {
      this.ioctlHolds = true;
      this.askIoctl();
      return;
    }
    this.written = false;
    const { gap } = this.holds[this.nextHold]!;
    this.nextHold++;
    if (this.nextHold === this.holds.length) {
      this.done = true;
      return;
    }
    this.ioctlHolds = false;
    this.events.push(this.now + gap, IOCTL);
    this.admit();
  }

  private ioctlHolds = true;
}

/** vCPUs that fault, and nothing else. @param until ns to simulate, a tenth of it as a start that does not count */
export function simulateFaults(spec: LockSpec, until: number): LockRun {
  const world = new LockWorld(spec, []);
  world.warm(until / 10);
  const [faults, waited] = [world.faults, world.waited];
  world.longestWait = 0;
  world.warm(until);
  return {
    duration: 0.9 * until,
    faults: world.faults - faults,
    longestWait: world.longestWait,
    waited: world.waited - waited,
    ioctlWaited: 0,
  };
}

/**
 * An ioctl beside vCPUs that fault as fast as they can.
 *
 * @param holds at least one
 * @param warm ns that vCPUs fault before the ioctl begins
 */
export function simulateIoctl(spec: LockSpec, holds: readonly IoctlHold[], warm: number): LockRun {
  const world = new LockWorld(spec, holds);
  world.warm(warm);
  world.startIoctl();
  world.runIoctl();
  return {
    duration: world.now - warm,
    faults: world.faults,
    longestWait: world.longestWait,
    waited: world.waited,
    ioctlWaited: world.ioctlWaited,
  };
}
