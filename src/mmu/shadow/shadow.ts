import { type Counts, newTally, tallyCounts } from "../counters.js";
import { SHADOW_COUNTERS, type ShadowCounts } from "./counters.js";
import { REAL_SHADOW, type ShadowGeometry } from "./geometry.js";
import { RmapPool } from "./rmap.js";
import { type CachePolicy, ObjectCache } from "./splitCaches.js";

/**
 * Shadow SPTEs of the guest's guests: `count` of one level and role, each mapped by `copies`
 * parents.
 */
export interface ShadowMapping {
  /** First frame, a multiple of the frames of a level. */
  readonly gfn: number;
  readonly count: number;
  /** 1 is 4K, 2 is 2M, 3 is 1G. */
  readonly level: number;
  /** Stands for the shadow page role: tables of different roles are never shared. */
  readonly role: number;
  readonly copies: number;
  /** Frames from one to the next; default: the level's size. */
  readonly stride?: number | undefined;
}

/** A memslot and what nested guests map of it. */
export interface ShadowGuest {
  readonly slot: { readonly baseGfn: number; readonly npages: number };
  readonly mappings: readonly ShadowMapping[];
}

export interface ShadowOptions {
  /** Huge pages are split down to this level: 1 (4K) or 2 (2M). */
  readonly targetLevel: number;
  /**
   * A resched is due at every n-th poll: before each attempt, and after each reverse map that the
   * walk visits; 0 is never.
   */
  readonly reschedEvery?: number;
  /**
   * MMU pages that may still be made; with 5 or fewer, a reverse map is given up. Default: no
   * limit.
   */
  readonly availableMmuPages?: number;
  readonly sink?: ((event: string, fields: Readonly<Record<string, number | string>>) => void) | null;
}

/** SPTEs that there is room for at first; the room doubles. */
const FIRST_SPTES = 64;

/** With 5 or fewer MMU pages to be made, splitting gives up (KVM_MIN_FREE_MMU_PAGES). */
const MIN_FREE_MMU_PAGES = 5;

/**
 * Eager splitting of nested huge pages (Linux 7.3, arch/x86/kvm/mmu/mmu.c,
 * `kvm_shadow_mmu_try_split_huge_pages()`): the reverse maps of a slot at level 3, then 2, in gfn
 * order, each again from its first entry after a split or an -EAGAIN.
 *
 * The walk (`__walk_slot_rmaps()`) visits the first reverse map of each level, empty or not, and of
 * the others those that have entries (`slot_rmap_walk_next()`). After each visit it polls for a
 * resched, and drops the lock if one is due: nothing is topped up then, and no flush is due, since
 * splits need none.
 */
export class ShadowMmu {
  /** Lists by level (1 to 3), then by frame of the level in the slot. */
  readonly lists: readonly Int32Array[];
  readonly pool: RmapPool;
  /** Role of each SPTE. */
  roles = new Int32Array(FIRST_SPTES);
  /** SPTEs made so far, those of the input included. */
  sptes = 0;
  /** Reverse maps that were given up for want of MMU pages. */
  givenUp = 0;
  /** Set where every attempt is put off for a resched: nothing would ever be split. */
  livelock = false;
  readonly slot: ShadowGuest["slot"];
  /** Split tables by `gfn/level/role`, with the number of their parents. */
  private readonly tables = new Map<string, number>();
  readonly counts: ShadowCounts = newTally(SHADOW_COUNTERS, 0);
  private descriptors = new ObjectCache(this.counts.descriptors, 0, 0);
  private headers = new ObjectCache(this.counts.headers, 0, 0);
  private pages = new ObjectCache(this.counts.pages, 0, 0);
  private polls = 0;

  constructor(
    guest: ShadowGuest,
    private readonly geometry: ShadowGeometry = REAL_SHADOW,
  ) {
    this.pool = new RmapPool(geometry.perDescriptor);
    const { baseGfn, npages } = guest.slot;
    this.slot = guest.slot;
    const sizes = [0, 1, 2, 3].map((level) => (level === 0 ? 0 : this.frame(baseGfn + npages - 1, level) + 1));
    this.lists = sizes.map((size) => new Int32Array(size));
    for (const mapping of guest.mappings) this.map(mapping);
  }

  /**
   * Splits down to the target level. Once for each object: the caches start empty.
   *
   * @returns the counts, with the names of the golden files
   */
  split(policy: CachePolicy, options: ShadowOptions): Counts {
    this.splitAll(policy, options);
    return tallyCounts(SHADOW_COUNTERS, this.counts, () => ({}));
  }

  /** The same; what it counts stands in {@link counts}. */
  splitAll(policy: CachePolicy, options: ShadowOptions): void {
    const { minDescriptors, cacheCapacity } = this.geometry;
    this.descriptors = new ObjectCache(this.counts.descriptors, minDescriptors, policy.descriptorCapacity);
    this.headers = new ObjectCache(this.counts.headers, 1, cacheCapacity);
    this.pages = new ObjectCache(this.counts.pages, 1, cacheCapacity);
    for (let level = 3; level > options.targetLevel && !this.livelock; level--) {
      const lists = this.lists[level]!;
      for (let frame = 0; frame < lists.length && !this.livelock; frame++) {
        if (frame > 0 && lists[frame] === 0) continue;
        this.splitList(level, frame, options);
        if (!this.livelock) this.yieldIfDue(level, frame, options);
      }
    }
  }

  /** First gfn of a list. */
  gfnOf(level: number, frame: number): number {
    const pages = this.geometry.pages[level]!;
    return (Math.floor(this.slot.baseGfn / pages) + frame) * pages;
  }

  private frame(gfn: number, level: number): number {
    const pages = this.geometry.pages[level]!;
    return Math.floor(gfn / pages) - Math.floor(this.slot.baseGfn / pages);
  }

  private map(mapping: ShadowMapping): void {
    const stride = mapping.stride ?? this.geometry.pages[mapping.level]!;
    for (let i = 0; i < mapping.count; i++) {
      const frame = this.frame(mapping.gfn + i * stride, mapping.level);
      for (let copy = 0; copy < mapping.copies; copy++) this.add(mapping.level, frame, mapping.role);
    }
  }

  /** Adds a new SPTE to a list. @returns whether that took a descriptor */
  private add(level: number, frame: number, role: number): boolean {
    if (this.sptes === this.roles.length) {
      const roles = new Int32Array(this.roles.length * 2);
      roles.set(this.roles);
      this.roles = roles;
    }
    const spte = this.sptes++;
    this.roles[spte] = role;
    const lists = this.lists[level]!;
    lists[frame] = this.pool.add(lists[frame]!, spte);
    return this.pool.added;
  }

  private splitList(level: number, frame: number, options: ShadowOptions): void {
    const lists = this.lists[level]!;
    const { reschedEvery = 0, availableMmuPages = Number.POSITIVE_INFINITY, sink = null } = options;
    let putOff = 0;
    for (;;) {
      const spte = this.pool.first(lists[frame]!);
      if (spte < 0) return;
      const gfn = this.gfnOf(level, frame);
      if (availableMmuPages - this.counts.newShadowPages <= MIN_FREE_MMU_PAGES) {
        this.givenUp++;
        sink?.("give-up", { level, gfn });
        return;
      }
      const due = this.poll(reschedEvery);
      if (due || this.descriptors.low || this.headers.low || this.pages.low) {
        // A due resched comes back at the same phase after `reschedEvery` polls; full caches are
        // not low again without a split.
        if (putOff > reschedEvery + 1) {
          this.livelock = true;
          return;
        }
        putOff++;
        this.topUp(due, level, gfn, sink);
        continue;
      }
      putOff = 0;
      this.splitOne(level, frame, spte, sink);
    }
  }

  private poll(every: number): boolean {
    this.polls++;
    return every !== 0 && this.polls % every === 0;
  }

  /** What the walk does between two reverse maps. */
  private yieldIfDue(level: number, frame: number, { reschedEvery = 0, sink }: ShadowOptions): void {
    if (!this.poll(reschedEvery)) return;
    this.counts.mmuLockDrops++;
    sink?.("yield", { level, gfn: this.gfnOf(level, frame) });
  }

  private topUp(due: boolean, level: number, gfn: number, sink: NonNullable<ShadowOptions["sink"]> | null): void {
    const before = [this.descriptors.left, this.headers.left, this.pages.left] as const;
    this.counts.topupCalls++;
    this.counts.mmuLockDrops++;
    this.descriptors.topUp();
    this.headers.topUp();
    this.pages.topUp();
    sink?.("top-up", {
      level,
      gfn,
      why: due ? "resched" : "caches",
      descriptors: this.descriptors.left - before[0],
      headers: this.headers.left - before[1],
      pages: this.pages.left - before[2],
    });
  }

  private splitOne(level: number, frame: number, spte: number, sink: ShadowOptions["sink"]): void {
    const gfn = this.gfnOf(level, frame);
    const role = this.roles[spte]!;
    const key = `${gfn}/${level - 1}/${role}`;
    const parents = this.tables.get(key);
    const { perDescriptor } = this.geometry;
    let descriptors = 0;
    if (parents === undefined) {
      this.headers.take();
      this.pages.take();
      this.counts.newShadowPages++;
      const first = this.frame(gfn, level - 1);
      for (let i = 0; i < this.geometry.entries; i++) {
        if (this.add(level - 1, first + i, role)) {
          this.descriptors.take();
          descriptors++;
        }
      }
    } else if (parents === 1 || (parents >= perDescriptor && parents % perDescriptor === 0)) {
      // The list of a table's parents is made like a reverse map; parents are only ever added here.
      this.descriptors.take();
      descriptors++;
    }
    this.counts.descriptors.consumed += descriptors;
    this.tables.set(key, (parents ?? 0) + 1);
    const lists = this.lists[level]!;
    lists[frame] = this.pool.remove(lists[frame]!, spte);
    if (this.pool.freed) this.counts.descFreed++;
    if (level === 2) this.counts.splits2m++;
    else this.counts.splits1g++;
    sink?.("split", { level, gfn, role, table: parents === undefined ? "new" : "reused", descriptors });
  }
}
