import type { OnWrong, Trial } from "../../exhaustive/search.js";
import type { TopEntry } from "../../exhaustive/trees.js";
import { faultsIn } from "../../exhaustive/verdict.js";
import { clearDirtyLog, enableDirtyLog } from "../dirtyLog.js";
import { TdpIter } from "../iter.js";
import { splitRoot } from "../split.js";
import { baseline } from "../strategies/baseline.js";
import type { TdpStrategy } from "../strategy.js";
import type { TdpTree } from "../tree.js";
import type { IterVariant } from "../variant.js";
import { zapRoot } from "../zap.js";
import { buildSmall, SMALL, SMALL_HALF_WORDS } from "./geometry.js";
import { BIT, Judge, presentAt, SMALL_FAULTS } from "./judge.js";
import { type Clear, type Enable, isLegal, type Split, type Work, type Works, worksFor, type Zap } from "./works.js";

/** The walks that are tried; tests hand in some with a fault. */
export interface TdpEngine {
  readonly zap: typeof zapRoot;
  readonly split: typeof splitRoot;
  readonly enable: typeof enableDirtyLog;
  readonly clear: typeof clearDirtyLog;
}

export const ENGINE: TdpEngine = {
  zap: zapRoot,
  split: splitRoot,
  enable: enableDirtyLog,
  clear: clearDirtyLog,
};

/** A combination that was found wrong. */
export interface WrongCase {
  readonly work: Work;
  readonly everyNPolls: number;
}

const TABLES = BIT["page-tables-unaccounted"] | BIT["table-bookkeeping-wrong"];
/** What may be wrong beside a walk that never ends. */
const WITH_LIVELOCK = TABLES | BIT["lost-page"] | BIT["stray-page"] | BIT["wrong-frame"];

/** A tree that is put back again and again. */
class Bench {
  readonly tree: TdpTree;
  readonly iter: TdpIter;
  private before: TdpTree;

  constructor(
    private readonly make: (tops: readonly TopEntry[]) => TdpTree,
    readonly variant: IterVariant,
  ) {
    this.before = make([-1]);
    this.tree = this.before.clone();
    this.iter = new TdpIter(this.tree, variant);
  }

  get tables(): number {
    return this.before.tables;
  }

  set(tops: readonly TopEntry[]): void {
    this.before = this.make(tops);
  }

  reset(): void {
    this.tree.copyFrom(this.before);
  }
}

/** The trees that works of all kinds begin with, for one variant of the iterator. */
class Benches {
  private readonly four: Bench;
  private readonly five: Bench;
  private readonly halfWords: Bench;

  constructor(variant: IterVariant) {
    this.four = new Bench((tops) => buildSmall(tops, 4, SMALL), variant);
    this.five = new Bench((tops) => buildSmall(tops, 5, SMALL), variant);
    this.halfWords = new Bench((tops) => buildSmall(tops, 4, SMALL_HALF_WORDS), variant);
  }

  set(tops: readonly TopEntry[]): void {
    this.four.set(tops);
    this.five.set(tops);
    this.halfWords.set(tops);
  }

  for(work: Work): Bench {
    if (work.kind === "zap") return work.rootLevel === 5 ? this.five : this.four;
    return work.kind === "clear" && work.wordPages === 2 ? this.halfWords : this.four;
  }
}

/** Tries one strategy on trees, one after the other, each with every work and schedule. */
export class Session implements Trial<readonly TopEntry[], WrongCase> {
  private readonly judge = new Judge();
  private readonly works: Works;
  private readonly strategy: Benches;
  /** What comes with the kernel is what this one shows. */
  private readonly baseline: Benches;

  constructor(
    { variant }: TdpStrategy,
    works: Works,
    private readonly engine: TdpEngine = ENGINE,
  ) {
    const applying = (list: readonly Work[]) => list.filter((work) => applies(variant, work));
    this.works = [applying(works[0]), applying(works[1])];
    this.strategy = new Benches(variant);
    this.baseline = new Benches(baseline.variant);
  }

  try(tops: readonly TopEntry[], onWrong: OnWrong<WrongCase>): number {
    const { judge, strategy } = this;
    judge.begin(tops);
    strategy.set(tops);
    let combination = 0;
    for (const work of worksFor(this.works, tops)) {
      if (!isLegal(work, judge.tree)) continue;
      judge.expect(work);
      const bench = strategy.for(work);
      for (const everyNPolls of work.schedules) {
        const verdict = this.verdict(work, bench, everyNPolls);
        if (verdict !== 0) {
          const ofLinux = faultsIn(SMALL_FAULTS, verdict & this.verdictOfBaseline(tops, work, everyNPolls));
          onWrong(faultsIn(SMALL_FAULTS, verdict), combination, { work, everyNPolls }, ofLinux);
        }
        combination++;
      }
    }
    return combination;
  }

  private verdictOfBaseline(tops: readonly TopEntry[], work: Work, everyNPolls: number): number {
    this.baseline.set(tops);
    return this.verdict(work, this.baseline.for(work), everyNPolls);
  }

  private verdict(work: Work, bench: Bench, everyNPolls: number): number {
    bench.reset();
    if (work.kind === "zap") return this.zapped(work, bench, everyNPolls);
    const base = this.judge.base;
    const { livelockGfn, split } = this.done(work, bench, base, everyNPolls);
    const verdict = this.judge.judge(bench.tree, bench.tables + split);
    return livelockGfn === null ? verdict : BIT.livelock | (verdict & WITH_LIVELOCK);
  }

  private zapped({ maxphyaddr }: Zap, { tree, tables, variant }: Bench, everyNPolls: number): number {
    let verdict = 0;
    let freed = 0;
    this.engine.zap(tree, variant, maxphyaddr, 0, { everyNPolls }, null, (pass, end) => {
      freed += pass.tablesFreed;
      if (pass.livelock) verdict |= BIT.livelock;
      else if (presentAt(tree, pass.zapLevel, end))
        verdict |= pass.zapLevel === tree.rootLevel ? BIT["not-zapped"] : BIT["missed-entries"];
    });
    return verdict | (this.judge.judge(tree, tables - freed) & TABLES);
  }

  private done(
    work: Split | Enable | Clear,
    { tree, iter, variant }: Bench,
    base: number,
    everyNPolls: number,
  ): { readonly livelockGfn: number | null; readonly split: number } {
    const { engine } = this;
    const common = { schedule: { everyNPolls }, iter };
    if (work.kind === "split") {
      const { targetLevel } = work;
      const outcome = engine.split(tree, variant, base + work.start, base + work.end, { targetLevel, ...common });
      const { split2m, split1g } = outcome.counts;
      return { livelockGfn: outcome.livelockGfn, split: split2m + split1g };
    }
    const { pml, eager } = work;
    if (work.kind === "enable") {
      const options = { pml, eager, ...common };
      const { counts, livelocks } = engine.enable(tree, variant, base + work.start, base + work.end, options);
      return { livelockGfn: livelocks[0]?.gfn ?? null, split: counts.split2m + counts.split1g };
    }
    const { initiallySet, words } = work;
    const options = { pml, eager, initiallySet, slotBaseGfn: base + work.base, ...common };
    const { livelockGfn, counts } = engine.clear(tree, variant, words, options);
    return { livelockGfn, split: counts.split2m + counts.split1g };
  }
}

/** The loop that zaps is the only one that steps aside. */
function applies(variant: IterVariant, work: Work): boolean {
  return variant.aside === 0 || work.kind === "zap";
}
