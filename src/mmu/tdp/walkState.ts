import { MAX_LEVEL, PRESENT, type TdpTree } from "./tree.js";
import type { IterVariant } from "./variant.js";

/** When a walk polls "should I yield": the poll is true at every n-th; 0 is never. */
export interface YieldSchedule {
  readonly everyNPolls: number;
  /**
   * Asked at a poll at which the schedule would have the walk yield: whether it does. It may change
   * the tree if so. A walk whose yields are chosen is not looked at for going in a circle: what it
   * does after a restart does not follow from where it restarts.
   */
  readonly due?: ((iter: WalkState) => boolean) | undefined;
  /**
   * Told whenever mmu_lock was dropped without having been asked for by {@link due}: others may
   * change the tree then.
   */
  readonly dropped?: ((iter: WalkState) => void) | undefined;
  /**
   * Told at each entry, after it was read, by a walk that holds mmu_lock for reading alone: others
   * who do so too may change the tree then. Where they change the entry before the walk does, its
   * cmpxchg fails.
   */
  readonly shared?: ((iter: WalkState) => void) | undefined;
}

export const NEVER: YieldSchedule = { everyNPolls: 0 };

/** Tells a step of the walk; set only while tracing. */
export type IterSink = (
  event: string,
  iter: WalkState,
  fields: Readonly<Record<string, number | string | boolean>>,
) => void;

/**
 * Where a walk of {@link TdpIter} stands, and what it has counted.
 *
 * The mark is not kept as a number but as the index per level that leads to it ({@link idx} at
 * {@link markLevel} and above, 0 below), so that a step to the side is integers only. How many
 * short steps there were, from entry to entry of a run, is taken from the position when the run
 * ends.
 */
export class WalkState {
  /** Offset of the entry that the walk stands on. */
  at = 0;
  /** That entry as read last. */
  spte = 0;
  level = 0;
  /**
   * Whether `enterBody` must be asked before the body: there is a schedule, a filtered entry, an
   * aside or a sink.
   */
  gated = false;
  /** Set where a loop found that it goes in a circle: the walk has ended there. */
  livelock = false;
  /** Then: the furthest gfn that it restarts from. */
  livelockGfn = 0;
  /**
   * Where the run of entries ends that follow in this table without anything but the body between
   * them; not beyond {@link at} where there is none. A body may handle the entries up to here
   * itself, while `(words[at] | runAny) & PRESENT`, and then set {@link at} to the last one it
   * handled: the counts follow from the position.
   */
  runEnd = 0;
  /** 1 where a run takes non-present entries too. */
  runAny = 0;
  /** Grows with every change that a body makes: what a livelock does not do. */
  changes = 0;
  /** Iterations of the present walk that were kept from the body. */
  filtered = 0;
  /** Times the body polled, and times the walk yielded for it. */
  polls = 0;
  yields = 0;
  sink: IterSink | null = null;

  protected words: Int32Array;
  /** Entries of a table and frames of an entry, by level: of the tree's geometry. */
  protected readonly entries: number;
  protected readonly pages: readonly number[];
  protected rootLevel = 4;
  /** Where the present run of short steps began. */
  protected runStart = 0;
  protected base = 0;
  protected markLevel = 1;
  /** What the next `next` does first: take up the walk from the root, or the same entry again. */
  protected restartDue = false;
  protected retryDue = false;
  /** SPTE reads that led to no iteration. */
  protected otherReads = 0;
  protected readonly loopsBy = new Int32Array(MAX_LEVEL + 1);
  protected readonly bases = new Int32Array(MAX_LEVEL + 1);
  protected readonly idx = new Int32Array(MAX_LEVEL + 1);
  protected readonly memo = new Int32Array(MAX_LEVEL + 1);
  protected readonly gfns = new Float64Array(MAX_LEVEL + 1);

  constructor(readonly tree: TdpTree) {
    this.words = tree.words;
    // A small integer also where it was computed as a power, which V8 holds as a boxed double.
    this.entries = tree.entries | 0;
    this.pages = tree.geometry.pages;
  }

  /** Iterations so far, by level. */
  loopsAtLevels(): Int32Array {
    this.flush();
    return this.loopsBy;
  }

  /** Iterations so far. */
  get loops(): number {
    this.flush();
    let sum = 0;
    for (const loops of this.loopsBy) sum += loops;
    return sum;
  }

  /** First frame of the entry that the walk stands on. */
  get gfn(): number {
    return this.gfns[this.level]! + (this.at - this.base) * this.pages[this.level]!;
  }

  /** Index of the entry in its table. */
  get index(): number {
    return this.at - this.base;
  }

  /** The gfn that a restart goes on from. */
  get mark(): number {
    this.flush();
    let gfn = 0;
    for (let level = this.markLevel; level <= this.rootLevel; level++) gfn += this.idx[level]! * this.pages[level]!;
    return gfn;
  }

  /**
   * Whether another party has changed the entry since it was read: the walk's cmpxchg fails then,
   * and the next `next` takes the entry again as it is now, to be polled for again. Only needed
   * while {@link gated}.
   */
  lostRace(): boolean {
    if (this.words[this.at] === this.spte) return false;
    this.flush();
    this.runEnd = 0;
    this.retryDue = this.restartDue = true;
    if (this.sink !== null) this.tell("retry", {});
    return true;
  }

  /** Counts the short steps since the last long one, and lets the mark follow them. */
  protected flush(): void {
    const run = this.at - this.runStart;
    if (run === 0) return;
    const level = this.level;
    this.loopsBy[level]! += run;
    this.markLevel = level;
    this.idx[level] = this.at - this.base;
    // Short steps go from present entry to present entry, where it matters.
    this.memo[level]! -= run;
    this.runStart = this.at;
  }

  /** Sets what is counted to 0. */
  protected reset(): void {
    this.loopsBy.fill(0);
    this.otherReads = 0;
    this.filtered = 0;
    this.polls = 0;
    this.yields = 0;
    this.changes = 0;
    this.livelock = false;
    this.runStart = 0;
    this.at = 0;
  }

  protected stepUp(): void {
    const level = this.level + 1;
    this.level = level;
    this.base = this.bases[level]!;
    this.at = this.base + this.idx[level]!;
    this.runStart = this.at;
    this.otherReads++;
    this.spte = this.words[this.at]!;
    if (this.sink !== null) this.tell("up", {});
  }

  /** Takes up to {@link IterVariant.aside} non-present entries more, inside the body. */
  protected stepAside({ aside, asideMark }: IterVariant): void {
    let index = this.at - this.base;
    const from = index;
    while ((this.spte & PRESENT) === 0 && index < this.entries - 1 && index - from < aside) {
      index++;
      this.otherReads++;
      this.spte = this.words[this.base + index]!;
    }
    this.at = this.base + index;
    this.runStart = this.at;
    if (index !== from) {
      this.idx[this.level] = index;
      if (this.sink !== null) this.tell("aside", { skipped: index - from });
    }
    if (index !== from || asideMark === "always") this.markLevel = this.level;
  }

  protected tell(event: string, fields: Readonly<Record<string, number | string | boolean>>): void {
    this.sink?.(event, this, fields);
  }
}
