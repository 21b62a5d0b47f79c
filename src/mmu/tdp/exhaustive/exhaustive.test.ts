import { describe, expect, it } from "vitest";
import { mergeExhaustive, searchExhaustively } from "../../../verify/exhaustive.js";
import type { TopEntry } from "../../exhaustive/trees.js";
import type { ExhaustiveSearch } from "../../exhaustive.js";
import { x86Tdp } from "../mmu.js";
import { strategies } from "../strategies/index.js";
import { strategyFrom, type TdpStrategy } from "../strategy.js";
import { isTable, PFN_OFFSET, PRESENT, type TdpTree } from "../tree.js";
import { buildSmall } from "./geometry.js";
import { tdpExhaustive } from "./index.js";
import { SMALL_FAULTS } from "./judge.js";
import { boundOf } from "./scope.js";
import { ENGINE, Session, type TdpEngine } from "./session.js";
import { CombinationCounter, clears, type Works } from "./works.js";

const named = (id: string) => strategies.find((strategy) => strategy.id === id)!;
const whole = x86Tdp.exhaustive!("small") as ExhaustiveSearch<TdpStrategy>;

/** The first units of the small bound: the smallest trees. */
const first = (units: number): ExhaustiveSearch<TdpStrategy> => ({ ...whole, units });

function faultsOf(search: ExhaustiveSearch<TdpStrategy>, strategy: TdpStrategy) {
  const check = search.check(strategy);
  for (let unit = 0; unit < search.units; unit++) check.unit(unit);
  return check.faults();
}

/**
 * How often baseline is tried on a tree, a walk of any kind being one; a wrong one is tried once
 * more, to see whether it is Linux's.
 */
function walksOf(works: Works, tops: readonly TopEntry[]): number {
  let walks = 0;
  const counted = <A extends unknown[], R>(walk: (...given: A) => R) => {
    return (...given: A): R => {
      walks++;
      return walk(...given);
    };
  };
  const { zap, split, enable, clear } = ENGINE;
  const engine = { zap: counted(zap), split: counted(split), enable: counted(enable), clear: counted(clear) };
  new Session(named("baseline"), works, engine).try(tops, () => walks--);
  return walks;
}

/**
 * Kinds of faults that show on the smallest trees if strategies are tried with another engine;
 * every strategy has them then.
 */
function kindsWith(damage: Partial<TdpEngine>): string[] {
  const search = { ...tdpExhaustive("small", () => () => [], { ...ENGINE, ...damage }), units: 6 };
  return faultsOf(search, named("baseline")).map(({ kind }) => kind);
}

/** An engine that damages the tree when it has split. */
function afterSplit(damage: (tree: TdpTree) => void): Partial<TdpEngine> {
  return {
    split: (tree, ...given) => {
      const outcome = ENGINE.split(tree, ...given);
      damage(tree);
      return outcome;
    },
  };
}

/** The first leaf of a tree: its place; -1 where it has none. */
function leafOf({ words }: TdpTree): number {
  return words.findIndex((spte) => (spte & PRESENT) !== 0 && !isTable(spte));
}

/** Maps the first hole of the root's own entries. */
function mapHole(tree: TdpTree): void {
  const hole = tree.words.indexOf(0, tree.root);
  if (hole < tree.root + tree.entries) tree.setLeaf(hole, PFN_OFFSET, 0);
}

const DAMAGES: readonly (readonly [what: string, kind: (typeof SMALL_FAULTS)[number], damage: Partial<TdpEngine>])[] = [
  [
    "splits one page too few",
    "unsplit-huge-page",
    { split: (tree, variant, start, end, options) => ENGINE.split(tree, variant, start, end - 1, options) },
  ],
  [
    "splits beyond its range",
    "split-outside-range",
    { split: (tree, variant, start, end, options) => ENGINE.split(tree, variant, start, end + 4, options) },
  ],
  ["keeps the table that no split used", "page-tables-unaccounted", afterSplit((tree) => void tree.allocate(1))],
  [
    "loses a page",
    "lost-page",
    afterSplit((tree) => {
      const leaf = leafOf(tree);
      if (leaf >= 0) tree.words[leaf] = 0;
    }),
  ],
  [
    "enables one page too few",
    "still-dirty",
    { enable: (tree, variant, start, end, options) => ENGINE.enable(tree, variant, start, end - 1, options) },
  ],
  [
    "write-protects where it should clear dirty bits",
    "write-protected-needlessly",
    { enable: (tree, variant, start, end, o) => ENGINE.enable(tree, variant, start, end, { ...o, pml: false }) },
  ],
  [
    "clears all from the first bit of a word to the last",
    "dirty-bit-lost",
    {
      clear: (tree, variant, words, options) =>
        ENGINE.clear(
          tree,
          variant,
          [...words].map((word) => ({ ...word, low: word.low | (word.low >> 1) })),
          options,
        ),
    },
  ],
  [
    "ends a zap too early",
    "missed-entries",
    {
      zap: (tree, variant, maxphyaddr, root, schedule, sink, afterPass) =>
        ENGINE.zap(tree, variant, Math.max(12, maxphyaddr - 8), root, schedule, sink, (pass) =>
          afterPass?.(pass, 2 ** (maxphyaddr - 12)),
        ),
    },
  ],
  [
    "leaves an entry behind when it has zapped all",
    "not-zapped",
    {
      zap: (tree, variant, maxphyaddr, root, schedule, sink, afterPass) =>
        ENGINE.zap(tree, variant, maxphyaddr, root, schedule, sink, (pass, end) => {
          if (pass.zapLevel === tree.rootLevel) tree.setTable(tree.root, tree.allocate(tree.rootLevel - 1));
          afterPass?.(pass, end);
        }),
    },
  ],
  ["maps a page that was none", "stray-page", afterSplit((tree) => mapHole(tree))],
  [
    "maps a page to another frame",
    "wrong-frame",
    afterSplit((tree) => {
      const leaf = leafOf(tree);
      if (leaf >= 0) tree.pfns[leaf]!++;
    }),
  ],
  [
    "clears dirty bits where it should write-protect",
    "still-writable",
    { enable: (tree, variant, start, end, o) => ENGINE.enable(tree, variant, start, end, { ...o, pml: true }) },
  ],
  [
    "counts an entry too many of its root",
    "table-bookkeeping-wrong",
    afterSplit((tree) => void tree.used[tree.root / tree.entries]!++),
  ],
  [
    "never leaves a root that it has yielded in",
    "livelock",
    { zap: (tree, _, ...given) => ENGINE.zap(tree, named("skip-not-present-posted").variant, ...given) },
  ],
];

describe("the exhaustive search of the TDP MMU", () => {
  it("finds the page that a clear leaves writable among its smallest trees, tells it as Linux's, and has it at full size", () => {
    const [fault, ...more] = faultsOf(first(6), named("used-bitmap"));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({
      kind: "still-writable",
      ofLinux: true,
      words:
        "[hole, hole, hole, block]; clear of pages 11, 12 of a slot from page 1, PML on, eager splitting off, with " +
        "initially-all-set, " +
        "words of 4 pages",
      finding: { code: "still-writable", count: 1 },
    });
    expect(x86Tdp.parse(fault!.scenario, "saved").run(named("baseline")).findings).toEqual([fault!.finding]);
  });

  it("finds that the posted fast-forward never ends, on the smallest tree that there is", () => {
    const [fault, ...more] = faultsOf(first(1), named("skip-not-present-posted"));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ kind: "livelock", words: expect.stringMatching(/^hole; zap of a 5-level root/) });
    expect(fault!.ofLinux).toBeUndefined();
    expect(fault!.scenario).toMatchObject({ workload: "zap", reschedEveryNPolls: 1 });
  });

  it.each(["baseline", "skip-not-present", "only-present", "used-count"])("calls %s right", (id) => {
    const check = first(4).check(named(id));
    for (let unit = 0; unit < 4; unit++) check.unit(unit);
    expect(check.failing).toBe(0);
    expect(check.faults()).toEqual([]);
  });

  it("counts in its text and its figures what it tries", () => {
    const check = first(6).check(named("only-present"));
    const zaps = first(6).check(named("skip-not-present"));
    const { works, trees } = boundOf("small");
    const tried = trees.slice(0, 6).map((tops) => walksOf(works, tops));
    for (let unit = 0; unit < 6; unit++) {
      check.unit(unit);
      zaps.unit(unit);
    }
    const counter = new CombinationCounter(works);
    expect(trees.slice(0, 6).map((tops) => counter.of(tops))).toEqual(tried);
    expect(check.combinations).toBe(tried.reduce((sum, one) => sum + one, 0));
    expect(zaps.combinations).toBe(6 * 2 * 3 * 8);
    expect(whole.text).toContain("all 1,299 trees below one top entry");
    expect(whole.combinations).toBe(2_229_520);
  });

  it("has an example of each fault that it can find", () => {
    expect([...new Set(DAMAGES.map(([, kind]) => kind))].sort()).toEqual(SMALL_FAULTS.toSorted());
  });

  it.each(DAMAGES)("finds an engine that %s", (_, kind, damage) => {
    expect(kindsWith(damage)).toContain(kind);
  });

  it("gives the whole's verdict from its shards", async () => {
    const search = first(7);
    const options = {
      mmu: "x86-tdp",
      modelVersion: 1,
      strategies: [named("baseline"), named("skip-not-present-posted")],
    };
    const all = await searchExhaustively(search, options);
    const shares = await Promise.all(
      [1, 2, 3].map(async (index) => ({
        path: `part-${index}.json`,
        result: await searchExhaustively(search, { ...options, shard: { index, count: 3 } }),
      })),
    );
    expect(mergeExhaustive(shares)).toEqual(all);
    expect(all.strategies.map(({ failing, faults }) => [failing > 0, faults.length])).toEqual([
      [false, 1],
      [true, 1],
    ]);
  });

  it("finds a strategy that leaves tables an entry too early, and does not tell it as Linux's", () => {
    const early = strategyFrom({
      id: "early",
      mmu: "x86-tdp",
      next: (table, index) => (index + 2 < table.entries ? index + 1 : 512),
    });
    const own = faultsOf(first(5), early).filter(({ ofLinux }) => ofLinux !== true);
    expect(own.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["missed-entries", "unsplit-huge-page"]));
    expect(own.every(({ scenario }) => scenario !== null)).toBe(true);
  });

  it("tries strategies that take every table for one of 512 entries", () => {
    const onlyPresent = named("only-present");
    const byHooks = { ...onlyPresent, variant: { ...onlyPresent.variant, fast: undefined } };
    expect(faultsOf(first(4), byHooks)).toEqual([]);
  });
});

it("a clear without initially-all-set does the same whether splitting is eager or not", () => {
  const clear = clears(16, 2).filter(({ initiallySet, wordPages }) => !initiallySet && wordPages === 4);
  for (const tops of boundOf("small").trees.slice(0, 12)) {
    for (const { base, pml, words } of clear) {
      const [lazy, eager] = [false, true].map((on) => {
        const tree = buildSmall(tops, 4);
        const options = { pml, eager: on, initiallySet: false, slotBaseGfn: base };
        ENGINE.clear(tree, named("baseline").variant, words, options);
        return tree.words;
      });
      expect(eager).toEqual(lazy);
    }
  }
});
