import { countsJson } from "../mmu/arm64/counts.js";
import type { Layout } from "../mmu/arm64/layout.js";
import { drive, findingsOf, guestFor } from "../mmu/arm64/run.js";
import { Stage2 } from "../mmu/arm64/stage2.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import type { Counts } from "../mmu/counters.js";
import type { Finding } from "../mmu/finding.js";
import type { FrameRange } from "../mmu/flow/slots.js";
import { LockWork } from "./lockWork.js";

/**
 * How long mmu_lock is held, exactly, in work done.
 *
 * A **hold** lasts from where the lock is taken, or taken again after a top-up of the page cache,
 * to where it is next dropped for a top-up, or released. These drops always happen. Enabling holds
 * the lock twice: for the write-protect walk, and for the split; clearing holds it once for all
 * words of the ioctl.
 *
 * A **stretch** is the part of a hold between two points where the kernel may drop the lock if a
 * reschedule is due or (preemptible kernels) the lock is contended: before each chunk of a split,
 * and between two steps of write-protection. With chunk 0 the split returns before it comes to such
 * a point, so a lazy clear has none.
 *
 * Source: Linux 7.3, arch/arm64/kvm/mmu.c, `kvm_mmu_split_huge_pages()`,
 * `need_split_memcache_topup_or_resched()`, `stage2_apply_range_resched()`; virt/kvm/kvm_main.c,
 * `kvm_clear_dirty_log_protect()`.
 */
export interface LockTrace {
  /** One per time the lock is taken by the ioctl (drops for top-ups excepted). */
  readonly takings: readonly Taking[];
  /**
   * The distinct stretches; the longest is among them, at any number of further regions (see
   * {@link extend}).
   */
  readonly stretches: readonly LockWork[];
  /**
   * False where some region has no point to reschedule at all (lazy clear): then a stretch is a
   * whole hold.
   */
  readonly stretchesEnd: boolean;
}

/**
 * The work between taking the lock and releasing it, by regions of memory, so that equal regions
 * can be repeated. Within a region the lock is dropped between two pieces; from the last piece of
 * one region to the first of the next it is not.
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
    // Enabling: a region at a time. A chunk lies in one region, so that the chunks are those of the
    // whole range.
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
 * Records the holds of one ioctl a slot over a whole guest, and what is wrong with the finished
 * tree.
 *
 * @param layout the guest, the mode and the chunk; the whole tree is kept in memory
 * @param regionBytes memory after which the work may repeat itself: a multiple of every block size
 */
export function recordHolds(
  layout: Layout,
  strategy: SplitStrategy,
  regionBytes = 2 ** 30,
): LockTrace & { readonly counts: Counts; readonly findings: readonly Finding[] } {
  const stage2 = new RecordingStage2(layout, strategy, regionBytes / layout.geometry.pageBytes);
  const { regions } = guestFor(stage2, { windowBytes: Number.POSITIVE_INFINITY, digest: false });
  regions.buildAll();
  drive(stage2, regions.windows);
  regions.finishAll();
  return {
    takings: stage2.takings,
    stretches: [...stage2.stretches.values()].filter((work) => !work.isNothing),
    stretchesEnd: stage2.stretchesEnd,
    counts: countsJson(stage2.counts, stage2.geometry, stage2.cache.objects),
    findings: findingsOf(stage2, regions),
  };
}
