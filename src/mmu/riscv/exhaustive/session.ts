import type { OnWrong, Trial } from "../../exhaustive/search.js";
import { SmallTree, TOP_PAGES } from "../../exhaustive/trees.js";
import { faultsIn } from "../../exhaustive/verdict.js";
import { wholeSlot } from "../../flow/regions.js";
import { DirtyLog, type WordView } from "../dirtyLog.js";
import type { GStageMode } from "../geometry.js";
import { GStage, type GStageSetup } from "../gstage.js";
import type { SlotLayout } from "../layout.js";
import type { MemorySnapshot, TableMemory } from "../memory.js";
import type { GStageRules } from "../strategy.js";
import { baseOf, buildSmall, type PlacedTree, smallGeometry } from "./geometry.js";
import { BIT, Judge, SMALL_FAULTS } from "./judge.js";
import { smallRules } from "./ownSteps.js";
import { isLegal, type Work, type Works } from "./works.js";

/** What of a VM and its host makes a difference, beside the tree and what is done to it. */
export interface Circumstances {
  /**
   * Pages that the split cache is filled to, beyond what the walk of a level each needs: 0 and up.
   */
  readonly spareCapacity: number;
  /** Pages that the cache holds at first: what earlier work has left. */
  readonly cachePages: number;
  /** need_resched is true at every n-th poll; 0: never. */
  readonly reschedEvery: number;
  readonly eagerSplit: boolean;
}

/** What is tried on each tree: by the number of its top entries, one or two. */
export interface Trials {
  readonly works: readonly [oneTop: Works, twoTops: Works];
  readonly circumstances: readonly Circumstances[];
}

/** A combination that was found wrong. */
export interface WrongCase {
  readonly work: Work;
  readonly circumstances: Circumstances;
}

/** What walks a G-stage: tests hand in a faulty one. */
export interface Engine {
  readonly gstage: GStage;
  readonly log: DirtyLog;
}
export type MakeEngine = (setup: GStageSetup, rules: GStageRules) => Engine;

const makeEngine: MakeEngine = (setup, rules) => {
  const gstage = new GStage(setup, rules);
  return { gstage, log: new DirtyLog(gstage) };
};

/** Work as the engine takes it, in frames of the mode's geometry. */
interface Prepared {
  readonly work: Work;
  readonly slot: SlotLayout;
  readonly words: readonly WordView[] | null;
}

function prepared(work: Work, base: number): Prepared {
  const { startGfn, endGfn, words } = work;
  return {
    work,
    slot: { startGfn: base + startGfn, endGfn: base + endGfn, segments: [], dirty: null },
    words:
      words?.map(({ gfn, bits, firstGfn, endGfn }) => ({
        gfn: base + gfn,
        low: bits,
        high: 0,
        firstGfn: base + firstGfn,
        endGfn: base + endGfn,
      })) ?? null,
  };
}

interface Circumstanced {
  readonly circumstances: Circumstances;
  readonly engine: Engine;
}

/**
 * The engines of a mode under each circumstance, for enabling and for clearing, put back to the
 * same tree again and again.
 */
class Bench {
  private readonly enabling: readonly Circumstanced[];
  private readonly clearing: readonly Circumstanced[];
  private readonly works: readonly (readonly Prepared[])[];
  private readonly base: number;
  /** Where trees are built: of any engine. */
  private readonly mem: TableMemory;
  private readonly empty: MemorySnapshot;

  constructor(
    mode: GStageMode,
    trials: Trials,
    private readonly natural: SmallTree,
    private readonly judge: Judge,
    rules: GStageRules,
    make: MakeEngine,
  ) {
    const geometry = smallGeometry(mode);
    const engines = (clearing: boolean) =>
      trials.circumstances.map((circumstances): Circumstanced => {
        const { spareCapacity, reschedEvery } = circumstances;
        const setup = { geometry, clearing, reschedEvery, cacheCapacity: geometry.levels + spareCapacity };
        const engine = make(setup, rules);
        engine.gstage.observer = judge;
        return { circumstances, engine };
      });
    this.enabling = engines(false);
    this.clearing = engines(true);
    this.base = baseOf(mode);
    this.works = trials.works.map(({ all }) => all.map((work) => prepared(work, this.base)));
    this.mem = this.enabling[0]!.engine.gstage.mem;
    this.empty = this.mem.snapshot();
  }

  try(tree: PlacedTree, onWrong: OnWrong<WrongCase>): number {
    const { judge, natural, base, mem } = this;
    mem.restore(this.empty);
    buildSmall(tree, mem);
    const snapshot = mem.snapshot();
    let combination = 0;
    for (const done of this.works[tree.tops.length - 1]!) {
      if (!isLegal(done.work, natural)) continue;
      judge.begin(done.work, base, tree.tops.length * TOP_PAGES);
      for (const { engine, circumstances } of done.words === null ? this.enabling : this.clearing) {
        const wrong = this.run(engine, done, circumstances, snapshot);
        if (wrong !== 0) onWrong(faultsIn(SMALL_FAULTS, wrong), combination, { work: done.work, circumstances });
        combination++;
      }
    }
    return combination;
  }

  /** Bits of {@link SMALL_FAULTS}. */
  private run(engine: Engine, done: Prepared, { eagerSplit, cachePages }: Circumstances, tree: MemorySnapshot): number {
    const { judge } = this;
    const { gstage } = engine;
    const { split } = gstage.counts;
    gstage.rewind(tree, cachePages);
    const tables = gstage.mem.tables;
    const [allocatedBefore, toppedUpBefore] = [split.tablesAllocated, split.topupPages];
    judge.start();
    try {
      work(engine, done, eagerSplit);
    } catch (error) {
      // The engine refuses to go on without a page.
      if (gstage.cache.pages >= 0) throw error;
      return BIT["page-missing"];
    }
    const verdict = judge.judge(gstage, eagerSplit);
    const allocated = split.tablesAllocated - allocatedBefore;
    const toppedUp = split.topupPages - toppedUpBefore;
    const accounted =
      judge.tables - tables === allocated &&
      judge.tables === gstage.mem.tables &&
      cachePages + toppedUp === allocated + gstage.cache.pages;
    return accounted ? verdict : verdict | BIT["tables-unaccounted"];
  }
}

function work({ log }: Engine, { slot, words }: Prepared, eagerSplit: boolean): void {
  if (words === null) {
    log.enable(slot, eagerSplit, wholeSlot);
    return;
  }
  for (const word of words) log.word(word, eagerSplit);
  log.flushSlot(slot);
}

/** Tries one strategy on trees, one after the other, each with everything that is done to it. */
export class Session implements Trial<PlacedTree, WrongCase> {
  private readonly natural = new SmallTree();
  private readonly judge = new Judge(this.natural);
  private readonly benches: Readonly<Record<GStageMode, Bench>>;

  constructor(rules: GStageRules, trials: Trials, make: MakeEngine = makeEngine) {
    const bench = (mode: GStageMode) => new Bench(mode, trials, this.natural, this.judge, smallRules(rules), make);
    this.benches = { sv39x4: bench("sv39x4"), sv48x4: bench("sv48x4"), sv57x4: bench("sv57x4") };
  }

  try(tree: PlacedTree, onWrong: OnWrong<WrongCase>): number {
    this.natural.set(tree.tops);
    return this.benches[tree.mode].try(tree, onWrong);
  }
}
