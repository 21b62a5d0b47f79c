import { EventQueue } from "../stats/eventQueue.js";
import { seededRandom } from "../stats/random.js";

/**
 * mmu_lock with vCPUs that fault and an ioctl that holds it for a stretch at a time, event by
 * event: for what no queue has a closed form.
 *
 * The lock is fair, as the kernel's queued locks are: who asks first is served first, and readers
 * that stand together enter together. A vCPU works for itself, takes the lock (for reading where
 * faults are parallel), visits the servers in turn, each of which takes one vCPU at a time, and
 * releases it. The ioctl takes it for writing.
 *
 * Source: Linux 7.3, kernel/locking/qrwlock.c, qspinlock.c: the order of waiting. The rest is a
 * model.
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
  /**
   * From the first request of the ioctl to its last release, or the time simulated where there is
   * none, ns.
   */
  readonly duration: number;
  /** Faults of all vCPUs that were finished in it. */
  readonly faults: number;
  /**
   * Longest time that one fault waited for the lock, those included that were waiting when the
   * ioctl ended, ns.
   */
  readonly longestWait: number;
  /** Time that all faults waited for the lock, ns. */
  readonly waited: number;
  /** Time that the ioctl waited for the lock, ns. */
  readonly ioctlWaited: number;
}

const IOCTL = -1;

/** A server takes one vCPU at a time, in the order in which they came. */
interface Server {
  readonly mean: number;
  readonly queue: number[];
  head: number;
  /** Where a vCPU goes from here; undefined where this is the last. */
  readonly next: Server | undefined;
}

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
  private readonly first: Server;
  /** The server that each vCPU is at; undefined while it is not in a fault. */
  private readonly place: (Server | undefined)[];
  private nextHold = 0;
  done = false;

  constructor(
    private readonly spec: LockSpec,
    private readonly holds: readonly IoctlHold[],
  ) {
    this.fraction = seededRandom(spec.seed);
    this.askedAt = new Float64Array(spec.vcpus);
    this.place = new Array<Server | undefined>(spec.vcpus).fill(undefined);
    const first = spec.servers.reduceRight<Server | undefined>(
      (next, mean) => ({ mean, queue: [], head: 0, next }),
      undefined,
    );
    if (first === undefined) throw new RangeError("a fault needs at least one server");
    this.first = first;
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
    for (const who of this.waiting.slice(this.head)) this.endWait(who);
  }

  private step(): void {
    this.now = this.events.nextTime;
    const event = this.events.pop();
    if (event === IOCTL) {
      this.ioctlEvent();
      return;
    }
    const server = this.place[event];
    if (server === undefined) this.ask(event);
    else this.served(event, server);
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
        this.toServer(who, this.first);
      }
    }
  }

  private endWait(who: number): void {
    if (who === IOCTL) return;
    const wait = this.now - this.askedAt[who]!;
    this.waited += wait;
    if (wait > this.longestWait) this.longestWait = wait;
  }

  private toServer(who: number, server: Server): void {
    this.place[who] = server;
    server.queue.push(who);
    if (server.queue.length - server.head === 1) this.serve(server);
  }

  private serve({ mean, queue, head }: Server): void {
    this.events.push(this.now + this.draw(mean, this.spec.drawn.service), queue[head]!);
  }

  private served(who: number, server: Server): void {
    server.head++;
    if (server.head === server.queue.length) {
      server.queue.length = 0;
      server.head = 0;
    } else this.serve(server);
    if (server.next !== undefined) {
      this.toServer(who, server.next);
      return;
    }
    this.place[who] = undefined;
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

/**
 * vCPUs that fault, and nothing else.
 *
 * @param until ns to simulate, a tenth of it as a start that does not count
 */
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
