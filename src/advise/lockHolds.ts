import { countsJson } from "../mmu/arm64/counts.js";
import { clearDirtyLog, enableDirtyLogging } from "../mmu/arm64/dirtyLog.js";
import type { Layout } from "../mmu/arm64/layout.js";
import { Stage2 } from "../mmu/arm64/stage2.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts } from "../mmu/counters.js";
import { wholeSlot } from "../mmu/flow/regions.js";
import type { FrameRange } from "../mmu/flow/slots.js";
import { LockWork } from "./lockWork.js";

/**
 * How long mmu_lock is held, exactly, in work done.
 *
 * A **hold** lasts from where the lock is taken, or taken again after a top-up of the page cache, to where it is next dropped for a
 * top-up, or released. These drops always happen. Enabling holds the lock twice: for the write-protect walk, and for the split;
 * clearing holds it once for all words of the ioctl.
 *
 * A **stretch** is the part of a hold between two points where the kernel may drop the lock if a reschedule is due or
 * (preemptible kernels) the lock is contended: before each chunk of a split, and between two steps of write-protection. With
 * chunk 0 the split returns before it comes to such a point, so a lazy clear has none.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_mmu_split_huge_pages()`, `need_split_memcache_topup_or_resched()`,
 * `stage2_apply_range_resched()`; virt/kvm/kvm_main.c, `kvm_clear_dirty_log_protect()`.
 */
export interface LockTrace {
  /** One per time the lock is taken by the ioctl (drops for top-ups excepted). */
  readonly takings: readonly Taking[];
  /** The distinct stretches; the longest is among them, at any number of further regions (see {@link extend}). */
  readonly stretches: readonly LockWork[];
  /** False where some region has no point to reschedule at all (lazy clear): then a stretch is a whole hold. */
  readonly stretchesEnd: boolean;
}

/**
 * The work between taking the lock and releasing it, by regions of memory, so that equal regions can be repeated. Within a region
 * the lock is dropped between two pieces; from the last piece of one region to the first of the next it is not.
 */
export interface Taking {
  readonly regions: readonly (readonly LockWork[])[];
}

/** A tree that records when the lock is dropped while the phases drive it. */
class RecordingStage2 extends Stage2 {
  readonly takings: { regions: LockWork[][] }[] = [];
  readonly stretches = new Map<string, LockWork>();
  stretchesEnd = true;
  private readonly now = new Float64Array(LockWork.SIZE);
  /** What had been counted when the ioctl of the present slot began. */
  private slotStart = new Float64Array(LockWork.SIZE);
  private hold: HoldCursor | null = null;
  private writeProtectHold: HoldCursor | null = null;
  private topups = 0;

  constructor(
    layout: Layout,
    strategy: SplitStrategy,
    private readonly regionPages: number,
  ) {
    const own = strategy.beforeWalk;
    let recorder: RecordingStage2 | null = null;
    super(layout, {
      ...strategy,
      beforeWalk: (start, end) => {
        recorder?.beforeChunk();
        own?.(start, end);
      },
    });
    recorder = this;
  }

  override writeProtect(start: number, end: number): void {
    // Step by step, so that the moments between two of them are seen; the walks are the same.
    const step = this.geometry.resetStepPages;
    const cursor = this.layout.mode === "enable" ? this.writeProtectCursor() : this.wordCursor(start);
    for (let at = start; at < end; ) {
      const stop = Math.min(end, Math.floor(at / step) * step + step);
      if (this.layout.mode === "enable") cursor.enter(this.regionOf(at), this.read());
      if (at > start) {
        this.mayDropLock();
        cursor.chance(this.read());
      }
      super.writeProtect(at, stop);
      at = stop;
    }
  }

  override split(start: number, end: number): void {
    if (this.layout.mode === "clear") {
      this.cursor(start);
      super.split(start, end);
      return;
    }
    if (this.layout.chunkPages === 0) return;
    // Enabling: a region at a time. A chunk lies in one region, so that the chunks are those of the whole range.
    for (let at = start; at < end; ) {
      const stop = Math.min(end, (Math.floor(at / this.regionPages) + 1) * this.regionPages);
      this.cursor(at);
      super.split(at, stop);
      at = stop;
    }
  }

  override flushSlot(slot: FrameRange): void {
    super.flushSlot(slot);
    this.writeProtectHold?.release(this.read());
    this.hold?.release(this.read());
    this.writeProtectHold = null;
    this.hold = null;
    this.slotStart = this.read().slice();
  }

  private beforeChunk(): void {
    const cursor = this.hold!;
    const work = this.read();
    // The walk that is about to begin is counted already; it belongs to what comes.
    LockWork.lessOneWalk(work);
    cursor.chance(work);
    if (this.counts.topups !== this.topups) {
      this.topups = this.counts.topups;
      cursor.drop(work);
    }
  }

  private read(): Float64Array {
    LockWork.read(this.counts, this.now, this.layout.mode === "clear");
    return this.now;
  }

  private regionOf(gfn: number): number {
    return Math.floor(gfn / this.regionPages);
  }

  private cursor(gfn: number): HoldCursor {
    this.hold ??= new HoldCursor(this, this.slotStart, this.layout.mode === "enable" ? "split" : null);
    this.hold.enter(this.regionOf(gfn), this.read());
    return this.hold;
  }

  /** Where a word begins: it is counted already, and belongs to the region that it is in. */
  private wordCursor(gfn: number): HoldCursor {
    this.hold ??= new HoldCursor(this, this.slotStart, null);
    const now = this.read();
    LockWork.lessOneWord(now);
    this.hold.enter(this.regionOf(gfn), now);
    return this.hold;
  }

  private writeProtectCursor(): HoldCursor {
    this.writeProtectHold ??= new HoldCursor(this, this.slotStart, "write-protect");
    return this.writeProtectHold;
  }
}

/** Where one taking of the lock is. */
class HoldCursor {
  private readonly regions: LockWork[][] = [];
  private region = Number.NaN;
  private chancesHere = 0;
  private readonly since: Float64Array;
  private readonly stretchSince: Float64Array;
  private last: LockWork | null = null;

  constructor(
    private readonly owner: RecordingStage2,
    now: Float64Array,
    /** Enabling takes the lock for each part; null where the two are one, as when clearing. */
    private readonly part: "write-protect" | "split" | null,
  ) {
    this.since = now.slice();
    this.stretchSince = now.slice();
    owner.takings.push({ regions: this.regions });
  }

  /** The work goes on in this region. */
  enter(region: number, now: Float64Array): void {
    if (region === this.region) return;
    if (this.regions.length > 0) this.endRegion(now);
    this.region = region;
    this.regions.push([]);
  }

  /** The lock is dropped here. */
  drop(now: Float64Array): void {
    this.regions.at(-1)!.push(this.difference(now, this.since));
    this.since.set(now);
  }

  /** The lock may be dropped here. */
  chance(now: Float64Array): void {
    this.chancesHere++;
    const work = this.difference(now, this.stretchSince);
    this.stretchSince.set(now);
    if (this.last?.equals(work)) return;
    this.last = work;
    this.owner.stretches.set(work.key, work);
  }

  release(now: Float64Array): void {
    this.endRegion(now);
    this.chance(now);
  }

  private endRegion(now: Float64Array): void {
    this.drop(now);
    if (this.chancesHere === 0 && this.part === null) this.owner.stretchesEnd = false;
    this.chancesHere = 0;
  }

  private difference(now: Float64Array, before: Float64Array): LockWork {
    const work = new LockWork(now.map((value, i) => value - before[i]!));
    return this.part === null ? work : work.only(this.part);
  }
}

/**
 * Records the holds of one ioctl a slot over a whole guest.
 *
 * @param layout the guest, the mode and the chunk; the whole tree is kept in memory
 * @param regionBytes memory after which the work may repeat itself: a multiple of every block size
 */
export function recordHolds(
  layout: Layout,
  strategy: SplitStrategy,
  regionBytes = 2 ** 30,
): LockTrace & { counts: Counts } {
  const stage2 = new RecordingStage2(layout, strategy, regionBytes / layout.geometry.pageBytes);
  for (const slot of layout.slots) {
    for (const segment of slot.segments) stage2.populator.map(segment, segment.startGfn, segment.endGfn);
  }
  if (layout.mode === "enable") enableDirtyLogging(stage2, wholeSlot);
  else clearDirtyLog(stage2, wholeSlot);
  return {
    takings: stage2.takings,
    stretches: [...stage2.stretches.values()].filter((work) => !work.isNothing),
    stretchesEnd: stage2.stretchesEnd,
    counts: countsJson(stage2.counts, stage2.geometry, stage2.cache.objects),
  };
}

/** One time that the lock is held. */
export interface Held {
  readonly work: LockWork;
  /** What ends it: a drop to top the page cache up, or the end of an ioctl (or of one of the two parts of enabling). */
  readonly end: "top-up" | "ioctl";
}

/**
 * Every hold of a trace, in order.
 *
 * @param ioctlPerRegion the lock is released at the end of each region, because userspace clears region by region
 * @param most so many at most; the longest of those left out, by visits, is among them
 */
export function holdSequence(
  trace: LockTrace,
  ioctlPerRegion = false,
  most = Number.POSITIVE_INFINITY,
): readonly Held[] {
  const holds: Held[] = [];
  for (const taking of trace.takings) {
    let open = LockWork.none();
    const close = (end: Held["end"]) => {
      if (!open.isNothing) holds.push({ work: open, end });
      open = LockWork.none();
    };
    for (const region of taking.regions) {
      region.forEach((piece, i) => {
        if (i > 0) close("top-up");
        open = open.plus(piece);
      });
      if (ioctlPerRegion) close("ioctl");
    }
    close("ioctl");
  }
  if (holds.length <= most) return holds;
  const told = holds.slice(0, most);
  const longest = holds.slice(most).reduce((a, b) => (b.work.visits > a.work.visits ? b : a));
  return told.some((hold) => hold.work.visits >= longest.work.visits) ? told : [...told.slice(0, -1), longest];
}

/** Every distinct hold of a trace. @param ioctlPerRegion as in {@link holdSequence} */
export function holdsOf(trace: LockTrace, ioctlPerRegion = false): readonly LockWork[] {
  return [...new Map(holdSequence(trace, ioctlPerRegion).map(({ work }) => [work.key, work])).values()];
}

/**
 * The trace of a guest of which this one is a sample: a hold that no region ends, since nothing is topped up in it, grows with the memory.
 *
 * @param weights how many regions each of the sample stands for
 */
export function stretched<T extends LockTrace>(trace: T, weights: readonly number[]): T {
  const takings = trace.takings.map((taking): Taking => {
    if (taking.regions.some((region) => region.length > 1)) return taking;
    const whole = taking.regions.reduce(
      (sum, [piece], i) => (piece === undefined ? sum : sum.plus(piece, weights[i]!)),
      LockWork.none(),
    );
    return { regions: [[whole]] };
  });
  return { ...trace, takings };
}

/** All work under the lock by region: the parts of enabling together. */
export function workByRegion(trace: LockTrace, regions: number): readonly LockWork[] {
  return Array.from({ length: regions }, (_, i) =>
    trace.takings.flatMap((taking) => taking.regions[i] ?? []).reduce((sum, piece) => sum.plus(piece), LockWork.none()),
  );
}

/**
 * The trace of a guest with `times` regions like the second in place of the second and the third. Exact where these two did the
 * same work, piece by piece: the state in which the work enters a region (cache, tree) is then the same in each.
 *
 * @returns undefined where the second and third region differ
 */
export function extend(trace: LockTrace, times: number): LockTrace | undefined {
  const takings: Taking[] = [];
  for (const { regions } of trace.takings) {
    const [first, second, third, ...rest] = regions;
    if (first === undefined || second === undefined || third === undefined) return undefined;
    if (second.length !== third.length || !second.every((piece, i) => piece.equals(third[i]!))) return undefined;
    const repeated =
      second.length === 1
        ? // No drop in a region: the hold grows through all of them.
          [[LockWork.none().plus(second[0]!, times)]]
        : // Every hold of any number of repeats occurs among three.
          Array.from({ length: Math.min(times, 3) }, () => second);
    takings.push({ regions: [first, ...repeated, ...rest] });
  }
  return { ...trace, takings };
}
