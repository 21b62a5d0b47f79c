import { REAL_TABLES } from "../x86/pages.js";
import { LivelockDetector } from "./livelock.js";
import { childOf, isTable, MAX_LEVEL, PRESENT, type TdpTree } from "./tree.js";
import type { IterVariant, TableView } from "./variant.js";

/** When a walk polls "should I yield": the poll is true at every n-th; 0 is never. */
export interface YieldSchedule {
  readonly everyNPolls: number;
  /**
   * Asked at a poll at which the schedule would have the walk yield: whether it does. It may change the tree if so. A walk whose yields
   * are chosen is not looked at for going in a circle: what it does after a restart does not follow from where it restarts.
   */
  readonly due?: ((iter: TdpIter) => boolean) | undefined;
  /** Told whenever mmu_lock was dropped without having been asked for by {@link due}: others may change the tree then. */
  readonly dropped?: ((iter: TdpIter) => void) | undefined;
}

export const NEVER: YieldSchedule = { everyNPolls: 0 };

/** Tells a step of the walk; set only while tracing. */
export type IterSink = (
  event: string,
  iter: TdpIter,
  fields: Readonly<Record<string, number | string | boolean>>,
) => void;

const EACH = 0;
const PRESENT_ONLY = 1;
const COUNT = 2;
const BITMAP = 3;
const HOOKS = 4;
const KINDS = { each: EACH, present: PRESENT_ONLY, count: COUNT, bitmap: BITMAP } as const;

/**
 * The TDP iterator (arch/x86/kvm/mmu/tdp_iter.c, Linux 7.3), with its variants: a pre-order walk of [start, end) down to a minimum
 * level. It is pulled, as in the kernel; a loop over it has the form
 *
 *     for (let more = iter.start(0, end, 1); more; more = iter.next()) {
 *       if (iter.gated && !iter.enterBody()) continue;
 *       ... iter.spte, iter.at, iter.level
 *     }
 *
 * and counts itself: {@link loops}, {@link filtered}, {@link reads}, {@link polls}, {@link yields}.
 *
 * The mark is not kept as a number but as the index per level that leads to it ({@link #idx} at {@link #markLevel} and above, 0 below), so
 * that a step to the side is integers only. In a table of the minimum level, `next` takes a present entry behind a present entry
 * by two compares; how many such steps there were is taken from the position when the run ends. Frames beyond 2^31
 * are numbers outside of that path.
 */
export class TdpIter {
  /** Offset of the entry that the walk stands on. */
  at = 0;
  /** That entry as read last. */
  spte = 0;
  level = 0;
  /** Whether `enterBody` must be asked before the body: there is a schedule, a filtered entry, an aside or a sink. */
  gated = false;
  /** Set where a loop found that it goes in a circle: the walk has ended there. */
  livelock = false;
  /** Then: the furthest gfn that it restarts from. */
  livelockGfn = 0;
  /**
   * Where the run of entries ends that follow in this table without anything but the body between them; not beyond {@link at} where there
   * is none. A body may handle the entries up to here itself, while `(words[at] | runAny) & PRESENT`, and then set {@link at} to
   * the last one it handled: the counts follow from the position.
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

  #tree: TdpTree;
  #words: Int32Array;
  /** Entries of a table and frames of an entry, by level: of the tree's geometry. */
  readonly #entries: number;
  readonly #levelBits: number;
  readonly #pages: readonly number[];
  readonly #kind: number;
  readonly #variant: IterVariant;
  readonly #filter: boolean;
  readonly #detector = new LivelockDetector();
  readonly #view: View;
  #every = 0;
  #schedule: YieldSchedule = NEVER;
  #minLevel = 1;
  #rootLevel = 4;
  #end = 0;
  /** Where the present run of short steps began. */
  #runStart = 0;
  #base = 0;
  #markLevel = 1;
  #restartMark = 0;
  #restartDue = false;
  #otherReads = 0;
  readonly #loops = new Int32Array(MAX_LEVEL + 1);
  readonly #bases = new Int32Array(MAX_LEVEL + 1);
  readonly #idx = new Int32Array(MAX_LEVEL + 1);
  readonly #endIdx = new Int32Array(MAX_LEVEL + 1);
  readonly #memo = new Int32Array(MAX_LEVEL + 1);
  readonly #gfns = new Float64Array(MAX_LEVEL + 1);

  constructor(tree: TdpTree, variant: IterVariant) {
    this.#tree = tree;
    this.#words = tree.words;
    this.#entries = tree.entries;
    this.#levelBits = tree.geometry.levelBits;
    this.#pages = tree.geometry.pages;
    this.#variant = variant;
    this.#kind = variant.fast === undefined ? HOOKS : KINDS[variant.fast];
    this.#filter = variant.body === "present";
    this.#view = new View(this.#memo, tree.entries);
  }

  /**
   * Starts a walk of [start, end) in gfns, with its counts at 0. @returns whether there is an entry
   *
   * @param minLevel lowest level that is entered, 1 to the root's level
   */
  start(start: number, end: number, minLevel: number, schedule: YieldSchedule = NEVER): boolean {
    const tree = this.#tree;
    this.#words = tree.words;
    this.#rootLevel = tree.rootLevel;
    this.#minLevel = minLevel;
    this.#every = schedule.everyNPolls;
    this.#schedule = schedule;
    this.#end = end;
    this.#loops.fill(0);
    this.#otherReads = 0;
    this.filtered = 0;
    this.polls = 0;
    this.yields = 0;
    this.changes = 0;
    this.livelock = false;
    this.#detector.reset();
    this.runAny = this.#kind === EACH && this.#variant.aside === 0 ? 1 : 0;
    this.#runStart = 0;
    this.at = 0;
    if (start >= end) return false;
    for (let level = 1; level <= MAX_LEVEL; level++) {
      this.#idx[level] = Math.floor(start / this.#pages[level]!) % this.#entries;
    }
    this.#markLevel = 1;
    this.#restartMark = start;
    return this.#enterRoot();
  }

  /** Takes the next entry. @returns whether there is one */
  next(): boolean {
    const at = this.at + 1;
    if (at < this.runEnd) {
      const spte = this.#words[at]!;
      if (((spte | this.runAny) & PRESENT) !== 0) {
        this.at = at;
        this.spte = spte;
        return true;
      }
    }
    return this.#nextSlow();
  }

  /**
   * What comes before the loop body: the filter, the poll, the step aside. Only needed while {@link gated}.
   *
   * @returns whether the body runs; after a yield the next `next` restarts
   */
  enterBody(): boolean {
    this.#flush();
    if (this.#filter && (this.spte & PRESENT) === 0) {
      this.filtered++;
      if (this.sink !== null) this.#tell("loop", { body: false });
      return false;
    }
    this.polls++;
    if (this.sink !== null) this.#tell("loop", { body: true });
    if (this.#every !== 0 && this.polls % this.#every === 0 && this.mark !== this.#restartMark && this.#asked()) {
      this.yields++;
      this.#restartDue = true;
      if (this.sink !== null) this.#tell("yield", { mark: this.mark });
      return false;
    }
    if (this.#variant.aside !== 0) this.#stepAside();
    return true;
  }

  #asked(): boolean {
    const { due, dropped } = this.#schedule;
    if (due !== undefined) return due(this);
    dropped?.(this);
    return true;
  }

  /** Restarts at the root at the next `next`, as after mmu_lock was dropped in the body. It is not a poll. */
  restartAtMark(): void {
    this.#flush();
    this.runEnd = 0;
    this.#restartDue = true;
  }

  /** Iterations so far, by level. */
  loopsAtLevels(): Int32Array {
    this.#flush();
    return this.#loops;
  }

  /** Iterations so far. */
  get loops(): number {
    this.#flush();
    let sum = 0;
    for (const loops of this.#loops) sum += loops;
    return sum;
  }

  /** SPTE reads so far: one an iteration, and those that led to none. */
  get reads(): number {
    return this.loops + this.#otherReads;
  }

  get tree(): TdpTree {
    return this.#tree;
  }

  /** First frame of the entry that the walk stands on. */
  get gfn(): number {
    return this.#gfns[this.level]! + (this.at - this.#base) * this.#pages[this.level]!;
  }

  /** Index of the entry in its table. */
  get index(): number {
    return this.at - this.#base;
  }

  /** The gfn that a restart goes on from. */
  get mark(): number {
    this.#flush();
    let gfn = 0;
    for (let level = this.#markLevel; level <= this.#rootLevel; level++) gfn += this.#idx[level]! * this.#pages[level]!;
    return gfn;
  }

  /** Counts the short steps since the last long one, and lets the mark follow them. */
  #flush(): void {
    const run = this.at - this.#runStart;
    if (run === 0) return;
    const level = this.level;
    this.#loops[level]! += run;
    this.#markLevel = level;
    this.#idx[level] = this.at - this.#base;
    // Short steps go from present entry to present entry, where it matters.
    this.#memo[level]! -= run;
    this.#runStart = this.at;
  }

  #nextSlow(): boolean {
    this.#flush();
    if (this.#restartDue) return this.#restartAgain();
    if (this.level > this.#minLevel) {
      this.#otherReads++;
      this.spte = this.#words[this.at]!;
      if (isTable(this.spte) && this.#stepDown()) return this.#landed();
    }
    for (;;) {
      const index = this.#nextIndex();
      if (index < this.#entries) {
        this.#idx[this.level] = index;
        this.#markLevel = this.level;
        return this.#landed();
      }
      if (this.level === this.#rootLevel) return this.#ended();
      this.#stepUp();
    }
  }

  #restartAgain(): boolean {
    const phase = this.#every === 0 ? 0 : this.polls % this.#every;
    if (this.#schedule.due === undefined && this.#detector.seen(this.mark, phase, this.changes)) {
      this.livelock = true;
      this.livelockGfn = this.#detector.furthest;
      if (this.sink !== null) this.#tell("livelock", { mark: this.livelockGfn });
      return this.#ended();
    }
    this.#restartMark = this.mark;
    if (this.sink !== null) this.#tell("restart", { mark: this.mark });
    return this.#enterRoot();
  }

  #enterRoot(): boolean {
    this.#restartDue = false;
    return this.#enter(this.#rootLevel, this.#tree.root, 0) ? this.#landed() : this.#ended();
  }

  #stepDown(): boolean {
    const level = this.level;
    const child = childOf(this.spte);
    const { descend } = this.#variant;
    if (descend !== undefined && !descend(this.#viewOf(level, this.#base), this.at - this.#base)) return false;
    return this.#enter(level - 1, child, this.gfn);
  }

  /** Goes to the first entry of a table, at the mark or after. @returns false where the table is not entered */
  #enter(level: number, base: number, gfn: number): boolean {
    let index = level >= this.#markLevel ? this.#idx[level]! : 0;
    if (this.#kind === COUNT) {
      const used = this.#tree.used[base >> this.#levelBits]!;
      if (used === 0) {
        // An empty root is landed on before its count is seen; an empty child is seen from its parent.
        if (level === this.#rootLevel) this.#otherReads++;
        return this.#passedBy(level);
      }
      this.#memo[level] = used;
    } else if (this.#kind >= BITMAP) {
      const first = this.#kind === BITMAP ? this.#firstUsed(base, index) : this.#hookEnter(level, base, index);
      if (first >= this.#entries) return this.#passedBy(level);
      if (first > index) {
        index = first;
        this.#markLevel = level;
      }
    }
    const span = this.#pages[level]!;
    const left = Math.ceil((this.#end - gfn) / span);
    this.level = level;
    this.#base = base;
    this.#bases[level] = base;
    this.#gfns[level] = gfn;
    this.#idx[level] = index;
    this.#endIdx[level] = Math.max(0, Math.min(left, this.#entries));
    return true;
  }

  #passedBy(level: number): boolean {
    if (this.sink !== null) this.#tell("not-entered", { table: level });
    return false;
  }

  /** Reads the entry that the walk has come to, unless it was read just now. @returns whether it is in the range */
  #landed(): boolean {
    const level = this.level;
    const index = this.#idx[level]!;
    const at = this.#base + index;
    this.at = at;
    this.#runStart = at;
    this.spte = this.#words[at]!;
    if (this.#kind === HOOKS && this.#view.loaded === at) this.#otherReads--;
    if (index >= this.#endIdx[level]!) {
      this.#otherReads++;
      return this.#ended();
    }
    this.#loops[level]!++;
    const filtered = this.#filter && (this.spte & PRESENT) === 0;
    this.gated = filtered || this.#every !== 0 || this.#variant.aside !== 0 || this.sink !== null;
    this.runEnd = 0;
    if (level === this.#minLevel && !this.gated && this.#kind !== HOOKS) {
      this.runEnd = this.#base + this.#endIdx[level]!;
    }
    return true;
  }

  #ended(): false {
    this.runEnd = 0;
    this.#runStart = this.at;
    if (this.sink !== null) this.#tell("end", {});
    return false;
  }

  #stepUp(): void {
    const level = this.level + 1;
    this.level = level;
    this.#base = this.#bases[level]!;
    this.at = this.#base + this.#idx[level]!;
    this.#runStart = this.at;
    this.#otherReads++;
    this.spte = this.#words[this.at]!;
    if (this.sink !== null) this.#tell("up", {});
  }

  /** The entry that a step to the side goes to; one beyond the last where there is none. */
  #nextIndex(): number {
    const index = this.at - this.#base;
    switch (this.#kind) {
      case EACH:
        return index + 1;
      case PRESENT_ONLY: {
        const words = this.#words;
        const base = this.#base;
        const entries = this.#entries;
        let i = index + 1;
        while (i < entries && (words[base + i]! & PRESENT) === 0) i++;
        // Every entry scanned is read; the one that is landed on is counted there.
        this.#otherReads += i - index - 1;
        return i;
      }
      case COUNT:
        if ((this.spte & PRESENT) !== 0) this.#memo[this.level]!--;
        return this.#memo[this.level]! <= 0 ? this.#entries : index + 1;
      case BITMAP:
        return this.#firstUsed(this.#base, index + 1);
      default: {
        const next = this.#variant.next(this.#viewOf(this.level, this.#base), index);
        return checked("next", next, index + 1);
      }
    }
  }

  #firstUsed(base: number, from: number): number {
    const entries = this.#entries;
    if (from >= entries) return entries;
    const { bitmap } = this.#tree;
    // Tables of fewer than 32 entries share a word.
    const last = (base + entries + 31) >> 5;
    let word = (base + from) >> 5;
    let bits = bitmap[word]! & (-1 << ((base + from) & 31));
    while (bits === 0) {
      word++;
      if (word >= last) return entries;
      bits = bitmap[word]!;
    }
    return Math.min(entries, word * 32 + (31 - Math.clz32(bits & -bits)) - base);
  }

  #stepAside(): void {
    const { aside, asideMark } = this.#variant;
    let index = this.at - this.#base;
    const from = index;
    while ((this.spte & PRESENT) === 0 && index < this.#entries - 1 && index - from < aside) {
      index++;
      this.#otherReads++;
      this.spte = this.#words[this.#base + index]!;
    }
    this.at = this.#base + index;
    this.#runStart = this.at;
    if (index !== from) {
      this.#idx[this.level] = index;
      if (this.sink !== null) this.#tell("aside", { skipped: index - from });
    }
    if (index !== from || asideMark === "always") this.#markLevel = this.level;
  }

  #hookEnter(level: number, base: number, index: number): number {
    const view = this.#viewOf(level, base);
    view.memo = 0;
    view.present = false;
    return checked("enter", this.#variant.enter(view, index), index);
  }

  #viewOf(level: number, base: number): View {
    const view = this.#view;
    view.level = level;
    view.base = base;
    view.isRoot = level === this.#rootLevel;
    view.present = (this.spte & PRESENT) !== 0;
    view.used = this.#tree.used[base >> this.#levelBits]!;
    view.loaded = -1;
    view.read = this.#load;
    view.find = this.#find;
    return view;
  }

  readonly #load = (at: number): boolean => {
    this.#otherReads++;
    return (this.#words[at]! & PRESENT) !== 0;
  };

  readonly #find = (base: number, index: number): number => this.#firstUsed(base, index);

  #tell(event: string, fields: Readonly<Record<string, number | string | boolean>>): void {
    this.sink?.(event, this, fields);
  }
}

/** The {@link TableView} of the table that a variant is asked about. One object for all tables: a walk allocates nothing. */
class View implements TableView {
  level = 0;
  base = 0;
  isRoot = false;
  present = false;
  used = 0;
  loaded = -1;
  read: (at: number) => boolean = () => false;
  find: (base: number, index: number) => number = (_, index) => index;
  readonly #memos: Int32Array;

  constructor(
    memos: Int32Array,
    readonly entries: number,
  ) {
    this.#memos = memos;
  }

  get memo(): number {
    return this.#memos[this.level]!;
  }

  set memo(value: number) {
    this.#memos[this.level] = value;
  }

  load(index: number): boolean {
    if (!(index >= 0 && index < REAL_TABLES.entries))
      throw new RangeError(`load(${index}): a table has entries 0 to 511`);
    // A strategy may take every table for one of 512 entries: those that a small table lacks are not present.
    if (index >= this.entries) return false;
    this.loaded = this.base + index;
    return this.read(this.loaded);
  }

  firstUsed(index: number): number {
    return index >= this.entries ? REAL_TABLES.entries : this.find(this.base, Math.max(0, index | 0));
  }
}

function checked(hook: string, index: number, least: number): number {
  if (!Number.isInteger(index) || index < least || index > REAL_TABLES.entries) {
    throw new RangeError(
      `${hook} gave entry ${String(index)}; expected a whole number from ${least} to ${REAL_TABLES.entries}`,
    );
  }
  return index;
}
