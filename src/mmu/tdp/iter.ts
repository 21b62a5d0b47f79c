import { LivelockDetector } from "./livelock.js";
import { checkedIndex, View } from "./tableView.js";
import { childOf, isTable, MAX_LEVEL, PRESENT, type TdpTree } from "./tree.js";
import type { IterVariant } from "./variant.js";
import { NEVER, WalkState, type YieldSchedule } from "./walkState.js";

export { type IterSink, NEVER, type YieldSchedule } from "./walkState.js";

// How a walk steps to the side, which is what tells the strategies apart. Numbers, for they are
// compared in hot code; from BITMAP on a kind may also land further on where it enters a table.
/** On to the next entry, as Linux does. */
const EACH = 0;
/** Reads on to the next present entry, none of which costs a loop. */
const PRESENT_ONLY = 1;
/** On to the next entry, until as many present ones were met as the table's count says. */
const COUNT = 2;
/** To the next present entry by the table's bitmap, without a read. */
const BITMAP = 3;
/** As the functions of a user's variant say: slower, and each of their loads is a read. */
const HOOKS = 4;
const KINDS = { each: EACH, present: PRESENT_ONLY, count: COUNT, bitmap: BITMAP } as const;

/**
 * The TDP iterator (arch/x86/kvm/mmu/tdp_iter.c, Linux 7.3), with its variants: a pre-order walk of
 * [start, end) down to a minimum level. It is pulled, as in the kernel; a loop over it has the form
 *
 *     for (let more = iter.start(0, end, 1); more; more = iter.next()) {
 *       if (iter.gated && !iter.enterBody()) continue;
 *       ... iter.spte, iter.at, iter.level
 *     }
 *
 * and counts itself: {@link loops}, {@link filtered}, {@link reads}, {@link polls}, {@link yields}.
 *
 * In a table of the minimum level, `next` takes a present entry behind a present entry by two
 * compares. Frames beyond 2^31 are numbers outside of that path.
 */
export class TdpIter extends WalkState {
  private readonly levelBits: number;
  private readonly kind: number;
  private readonly variant: IterVariant;
  private readonly filter: boolean;
  private readonly detector = new LivelockDetector();
  private readonly view: View;
  private every = 0;
  private schedule: YieldSchedule = NEVER;
  private shared: ((iter: WalkState) => void) | null = null;
  private minLevel = 1;
  private end = 0;
  private restartMark = 0;
  private readonly endIdx = new Int32Array(MAX_LEVEL + 1);

  constructor(tree: TdpTree, variant: IterVariant) {
    super(tree);
    this.levelBits = tree.geometry.levelBits;
    this.variant = variant;
    this.kind = variant.fast === undefined ? HOOKS : KINDS[variant.fast];
    this.filter = variant.body === "present";
    this.view = new View(tree, this.memo);
  }

  /**
   * Starts a walk of [start, end) in gfns, with its counts at 0. @returns whether there is an entry
   *
   * @param minLevel lowest level that is entered, 1 to the root's level
   */
  start(start: number, end: number, minLevel: number, schedule: YieldSchedule = NEVER): boolean {
    const tree = this.tree;
    this.words = tree.words;
    this.rootLevel = tree.rootLevel;
    this.minLevel = minLevel;
    this.every = schedule.everyNPolls;
    this.schedule = schedule;
    this.shared = schedule.shared ?? null;
    this.end = end;
    this.reset();
    this.view.loads = 0;
    this.detector.reset();
    this.runAny = this.kind === EACH && this.variant.aside === 0 ? 1 : 0;
    if (start >= end) return false;
    for (let level = 1; level <= MAX_LEVEL; level++) {
      this.idx[level] = Math.floor(start / this.pages[level]!) % this.entries;
    }
    this.markLevel = 1;
    this.restartMark = start;
    return this.enterRoot();
  }

  /** Takes the next entry. @returns whether there is one */
  next(): boolean {
    const at = this.at + 1;
    if (at < this.runEnd) {
      const spte = this.words[at]!;
      if (((spte | this.runAny) & PRESENT) !== 0) {
        this.at = at;
        this.spte = spte;
        return true;
      }
    }
    return this.nextSlow();
  }

  /**
   * What comes before the loop body: the filter, the poll, the step aside. Only needed while
   * {@link gated}.
   *
   * @returns whether the body runs; after a yield the next `next` restarts
   */
  enterBody(): boolean {
    this.flush();
    if (this.shared !== null) this.shared(this);
    if (this.filter && (this.spte & PRESENT) === 0) {
      this.filtered++;
      if (this.sink !== null) this.tell("loop", { body: false });
      return false;
    }
    this.polls++;
    if (this.sink !== null) this.tell("loop", { body: true });
    if (this.every !== 0 && this.polls % this.every === 0 && this.mark !== this.restartMark && this.asked()) {
      this.yields++;
      this.restartDue = true;
      if (this.sink !== null) this.tell("yield", { mark: this.mark });
      return false;
    }
    if (this.variant.aside !== 0) this.stepAside(this.variant);
    return true;
  }

  private asked(): boolean {
    const { due, dropped } = this.schedule;
    if (due !== undefined) return due(this);
    dropped?.(this);
    return true;
  }

  /**
   * Restarts at the root at the next `next`, as after mmu_lock was dropped in the body. It is not a
   * poll.
   */
  restartAtMark(): void {
    this.flush();
    this.runEnd = 0;
    this.restartDue = true;
  }

  /** SPTE reads so far: one an iteration, and those that led to none. */
  get reads(): number {
    return this.loops + this.otherReads + this.view.loads;
  }

  private nextSlow(): boolean {
    this.flush();
    if (this.restartDue) return this.restartAgain();
    if (this.level > this.minLevel) {
      this.otherReads++;
      this.spte = this.words[this.at]!;
      if (isTable(this.spte) && this.stepDown()) return this.landed();
    }
    for (;;) {
      const index = this.nextIndex();
      if (index < this.entries) {
        this.idx[this.level] = index;
        this.markLevel = this.level;
        return this.landed();
      }
      if (this.level === this.rootLevel) return this.ended();
      this.stepUp();
    }
  }

  private restartAgain(): boolean {
    if (this.retryDue) {
      this.retryDue = this.restartDue = false;
      this.spte = this.words[this.at]!;
      return true;
    }
    const phase = this.every === 0 ? 0 : this.polls % this.every;
    if (this.schedule.due === undefined && this.detector.seen(this.mark, phase, this.changes)) {
      this.livelock = true;
      this.livelockGfn = this.detector.furthest;
      if (this.sink !== null) this.tell("livelock", { mark: this.livelockGfn });
      return this.ended();
    }
    this.restartMark = this.mark;
    if (this.sink !== null) this.tell("restart", { mark: this.mark });
    return this.enterRoot();
  }

  private enterRoot(): boolean {
    this.restartDue = false;
    return this.enter(this.rootLevel, this.tree.root, 0) ? this.landed() : this.ended();
  }

  private stepDown(): boolean {
    const level = this.level;
    const child = childOf(this.spte);
    const { descend } = this.variant;
    if (descend !== undefined && !descend(this.viewOf(level, this.base), this.at - this.base)) return false;
    return this.enter(level - 1, child, this.gfn);
  }

  /**
   * Goes to the first entry of a table, at the mark or after. @returns false where the table is not
   * entered
   */
  private enter(level: number, base: number, gfn: number): boolean {
    let index = level >= this.markLevel ? this.idx[level]! : 0;
    if (this.kind === COUNT) {
      const used = this.tree.used[base >> this.levelBits]!;
      if (used === 0) {
        // An empty root is landed on before its count is seen; an empty child is seen from its
        // parent.
        if (level === this.rootLevel) this.otherReads++;
        return this.passedBy(level);
      }
      this.memo[level] = used;
    } else if (this.kind >= BITMAP) {
      const first = this.kind === BITMAP ? this.tree.firstUsed(base, index) : this.hookEnter(level, base, index);
      if (first >= this.entries) return this.passedBy(level);
      if (first > index) {
        index = first;
        this.markLevel = level;
      }
    }
    const span = this.pages[level]!;
    const left = Math.ceil((this.end - gfn) / span);
    this.level = level;
    this.base = base;
    this.bases[level] = base;
    this.gfns[level] = gfn;
    this.idx[level] = index;
    this.endIdx[level] = Math.max(0, Math.min(left, this.entries));
    return true;
  }

  private passedBy(level: number): boolean {
    if (this.sink !== null) this.tell("not-entered", { table: level });
    return false;
  }

  /**
   * Reads the entry that the walk has come to, unless it was read just now. @returns whether it is
   * in the range
   */
  private landed(): boolean {
    const level = this.level;
    const index = this.idx[level]!;
    const at = this.base + index;
    this.at = at;
    this.runStart = at;
    this.spte = this.words[at]!;
    if (this.kind === HOOKS && this.view.loaded === at) this.otherReads--;
    if (index >= this.endIdx[level]!) {
      this.otherReads++;
      return this.ended();
    }
    this.loopsBy[level]!++;
    const filtered = this.filter && (this.spte & PRESENT) === 0;
    this.gated = filtered || this.every !== 0 || this.variant.aside !== 0 || this.sink !== null;
    this.runEnd = 0;
    if (level === this.minLevel && !this.gated && this.kind !== HOOKS) {
      this.runEnd = this.base + this.endIdx[level]!;
    }
    return true;
  }

  private ended(): false {
    this.runEnd = 0;
    this.runStart = this.at;
    if (this.sink !== null) this.tell("end", {});
    return false;
  }

  /** The entry that a step to the side goes to; one beyond the last where there is none. */
  private nextIndex(): number {
    const index = this.at - this.base;
    switch (this.kind) {
      case EACH:
        return index + 1;
      case PRESENT_ONLY: {
        const words = this.words;
        const base = this.base;
        const entries = this.entries;
        let i = index + 1;
        while (i < entries && (words[base + i]! & PRESENT) === 0) i++;
        // Every entry scanned is read; the one that is landed on is counted there.
        this.otherReads += i - index - 1;
        return i;
      }
      case COUNT:
        if ((this.spte & PRESENT) !== 0) this.memo[this.level]!--;
        return this.memo[this.level]! <= 0 ? this.entries : index + 1;
      case BITMAP:
        return this.tree.firstUsed(this.base, index + 1);
      default: {
        const next = this.variant.next(this.viewOf(this.level, this.base), index);
        return checkedIndex("next", next, index + 1);
      }
    }
  }

  private hookEnter(level: number, base: number, index: number): number {
    const view = this.viewOf(level, base);
    view.memo = 0;
    view.present = false;
    return checkedIndex("enter", this.variant.enter(view, index), index);
  }

  private viewOf(level: number, base: number): View {
    return this.view.of(level, base, level === this.rootLevel, this.spte);
  }
}
