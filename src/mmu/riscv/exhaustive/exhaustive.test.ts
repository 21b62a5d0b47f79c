import { describe, expect, it } from "vitest";
import { mergeExhaustive, searchExhaustively } from "../../../verify/exhaustive.js";
import type { ExhaustiveFault, ExhaustiveSearch } from "../../exhaustive.js";
import { adoptRiscvStrategy } from "../adopt.js";
import { DirtyLog } from "../dirtyLog.js";
import { LEAF_MASK, leafHi, leafLo, PFN_STEP, pfnOf, WRITE } from "../entry.js";
import { GStage } from "../gstage.js";
import { riscv } from "../mmu.js";
import { strategies } from "../strategies/index.js";
import type { GStageStrategy, SplitStep } from "../strategy.js";
import { riscvExhaustive } from "./index.js";
import { SMALL_FAULTS } from "./judge.js";
import { boundOf } from "./scope.js";
import { type Engine, type MakeEngine, Session } from "./session.js";

const named = (id: string) => strategies.find((strategy) => strategy.id === id)!;
const noScenarios = () => () => [];

/** The first units of the small bound: the smallest trees. */
function first(units: number, make?: MakeEngine): ExhaustiveSearch<GStageStrategy> {
  return { ...riscvExhaustive("small", noScenarios, make), units };
}

/** Trees from a hole and a block to tables of pages, and one below two top entries. */
const SAMPLE = [0, 1, 2, 4, 30, 150, 700, 1310];

function sample(make?: MakeEngine): ExhaustiveSearch<GStageStrategy> {
  const search = riscvExhaustive("small", noScenarios, make);
  const checkOf = (strategy: GStageStrategy) => {
    const check = search.check(strategy);
    return Object.assign(Object.create(check), { unit: (index: number) => check.unit(SAMPLE[index]!) });
  };
  return { ...search, units: SAMPLE.length, check: checkOf };
}

function faultsOf(search: ExhaustiveSearch<GStageStrategy>, strategy: GStageStrategy): readonly ExhaustiveFault[] {
  const check = search.check(strategy);
  for (let unit = 0; unit < search.units; unit++) check.unit(unit);
  return check.faults();
}

function kindsOf(search: ExhaustiveSearch<GStageStrategy>, strategy: GStageStrategy): string[] {
  return faultsOf(search, strategy).map(({ kind }) => kind);
}

/** The search of trees in a deeper mode: where two entries of the root meet. */
function acrossRoot(strategy: GStageStrategy): readonly string[] {
  const { trees, trials } = boundOf("small");
  const session = new Session(strategy.rules, trials);
  const kinds: string[] = [];
  for (const tree of trees.filter(({ mode }) => mode === "sv57x4").slice(0, 12)) {
    session.try(tree, (found) => kinds.push(...found));
  }
  return kinds;
}

/** Moves the end of what a part is called for. */
function spanned(part: Pick<DirtyLog["splitter"], "begin" | "advance">, to: number) {
  const begin = part.begin.bind(part);
  const advance = part.advance.bind(part);
  part.begin = (start, end) => begin(start, end + to);
  part.advance = (limit) => advance(limit + to);
}

function beforeSplit(gstage: GStage, damage: (slot: number) => void) {
  const splitLeaf = gstage.splitLeaf.bind(gstage);
  gstage.splitLeaf = (slot, ...more) => {
    damage(slot);
    return splitLeaf(slot, ...more);
  };
}

/** Damages what the work on a slot, or on a word of it, leaves. */
function afterWork({ gstage, log }: Engine, damage: (words: Uint32Array) => void) {
  const [enable, word] = [log.enable.bind(log), log.word.bind(log)];
  log.enable = (...given) => {
    enable(...given);
    damage(gstage.mem.words);
  };
  log.word = (...given) => {
    word(...given);
    damage(gstage.mem.words);
  };
}

/** Changes the first leaf of all. */
function firstLeaf(engine: Engine, change: (words: Uint32Array, word: number) => void) {
  afterWork(engine, (words) => {
    const word = words.findIndex((lo, i) => i % 2 === 0 && (lo & LEAF_MASK) !== 0);
    if (word >= 0) change(words, word);
  });
}

/** Turns eager splitting on or off. */
function eagerly({ log }: Engine, eager: boolean) {
  const [enable, word] = [log.enable.bind(log), log.word.bind(log)];
  log.enable = (slot, _, windows) => enable(slot, eager, windows);
  log.word = (view) => word(view, eager);
}

/** Turns a bit of an entry over. @param half 0 for its low word, 1 for its high one */
function flip(half: 0 | 1, bit: number) {
  return (words: Uint32Array, word: number): void => {
    words[word + half]! ^= bit;
  };
}

const DAMAGES: readonly (readonly [
  what: string,
  kinds: readonly (typeof SMALL_FAULTS)[number][],
  damage: (engine: Engine) => void,
])[] = [
  ["splits one page too few", ["unsplit-block"], ({ log: { splitter } }) => spanned(splitter, -1)],
  ["never splits", ["unsplit-block"], (engine) => eagerly(engine, false)],
  [
    "splits a block too many",
    ["not-flushed", "not-write-protected", "split-outside-range"],
    ({ log: { splitter } }) => spanned(splitter, 4),
  ],
  ["splits where that is off", ["split-outside-range"], (engine) => eagerly(engine, true)],
  ["write-protects one page too few", ["not-write-protected"], ({ log: { protector } }) => spanned(protector, -1)],
  [
    "write-protects one page too many",
    ["needlessly-write-protected", "not-flushed"],
    ({ log }) => spanned(log.protector, 1),
  ],
  [
    "makes a leaf writable",
    ["not-flushed", "not-write-protected"],
    (engine) =>
      firstLeaf(engine, (words, word) => {
        words[word]! |= WRITE;
      }),
  ],
  [
    "takes a page for nothing",
    ["page-missing", "tables-unaccounted"],
    ({ gstage }) => beforeSplit(gstage, () => gstage.cache.pages--),
  ],
  [
    "keeps a page that it has linked nowhere",
    ["tables-unaccounted"],
    (engine) => afterWork(engine, () => void engine.gstage.mem.alloc()),
  ],
  [
    "counts a page too many",
    ["tables-unaccounted"],
    (engine) => afterWork(engine, () => void engine.gstage.split.topupPages++),
  ],
  [
    "fills a cache only when it is empty",
    ["page-missing"],
    ({ gstage: { cache } }) => {
      const topup = cache.topup.bind(cache);
      cache.topup = () => topup(1);
    },
  ],
  [
    "forgets what it has split when it flushes",
    ["not-flushed"],
    ({ log: { splitter } }) => {
      Object.defineProperty(splitter, "pending", { value: false });
    },
  ],
  [
    "does not flush what it has write-protected",
    ["not-flushed"],
    ({ gstage: { flushes } }) => {
      flushes.fill = () => {};
    },
  ],
  [
    "flushes the first page alone",
    ["not-flushed"],
    ({ gstage: { flushes } }) => {
      const request = flushes.request.bind(flushes);
      flushes.request = (kind, gfn) => request(kind, gfn, 1);
    },
  ],
  [
    "maps each page of a block one further",
    ["wrong-output-address"],
    ({ gstage }) => {
      beforeSplit(gstage, (slot) => {
        gstage.mem.words[2 * slot]! += PFN_STEP;
      });
    },
  ],
  ["maps a frame far away", ["wrong-output-address"], (engine) => firstLeaf(engine, flip(1, 1 << 21))],
  [
    "forgets to allow execution",
    ["wrong-attributes"],
    ({ gstage }) => {
      beforeSplit(gstage, (slot) => {
        gstage.mem.words[2 * slot]! &= ~8;
      });
    },
  ],
  ["sets a bit above the frame", ["wrong-attributes"], (engine) => firstLeaf(engine, flip(1, 1 << 22))],
  [
    "empties what it splits",
    ["lost-coverage"],
    ({ gstage }) => {
      const splitLeaf = gstage.splitLeaf.bind(gstage);
      gstage.splitLeaf = (...args) => {
        const page = splitLeaf(...args);
        gstage.mem.words.fill(0, 8 * page, 8 * page + 2);
        return page;
      };
    },
  ],
  [
    "maps a hole",
    ["stray-mapping"],
    (engine) =>
      afterWork(engine, (words) => {
        if (words[0] === 0) words.set([leafLo(pfnOf(0), true), leafHi(pfnOf(0))]);
      }),
  ],
  [
    "maps what is behind the memory",
    ["stray-mapping"],
    (engine) =>
      afterWork(engine, (words) => {
        if (words[2] === 0) words.set([leafLo(pfnOf(16), true), leafHi(pfnOf(16))], 2);
      }),
  ],
  [
    "leaves half an entry in a hole",
    ["stray-mapping"],
    (engine) =>
      afterWork(engine, (words) => {
        if (words[0] === 0) words[1] = 1;
      }),
  ],
];

describe("the exhaustive search of riscv", () => {
  it("finds the block that the first proposal passes over, in the smallest tree that has one, and shows it at full size", () => {
    const search = riscv.exhaustive!("small");
    const [fault, ...more] = faultsOf({ ...search, units: 30 }, named("posted-v1"));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ kind: "unsplit-block", finding: { code: "unsplit-block", count: 1 } });
    expect(fault!.words).toMatch(/^\[hole, hole, hole, block\] in Sv39x4; slot from page 1, clear of pages 9 12;/);
    expect(riscv.parse(fault!.scenario, "case").run(named("posted-v1")).findings).toEqual([fault!.finding]);
  });

  it.each(strategies.filter(({ id }) => id !== "posted-v1"))("finds nothing wrong with $id", (strategy) => {
    expect(kindsOf(sample(), strategy)).toEqual([]);
    expect(acrossRoot(strategy)).toEqual([]);
  });

  it("tries as many combinations as it says, of which the small bound has over a million", () => {
    const { trees, trials, combinations } = boundOf("small");
    const session = new Session(named("baseline").rules, trials);
    for (const tree of trees.filter((_, i) => i % 150 === 0)) {
      expect(session.try(tree, () => {})).toBe(combinations(tree));
    }
    expect(riscvExhaustive("small", noScenarios).combinations).toBeGreaterThan(1e6);
  });

  it("has an example of each fault that it can find", () => {
    expect([...new Set(DAMAGES.flatMap(([, kinds]) => kinds))].sort()).toEqual(SMALL_FAULTS.toSorted());
  });

  it.each(DAMAGES)("finds an engine that %s", (_, kinds, damage) => {
    const search = sample((setup, rules) => {
      const gstage = new GStage(setup, rules);
      const engine = { gstage, log: new DirtyLog(gstage) };
      damage(engine);
      return engine;
    });
    expect(kindsOf(search, named("baseline")).sort()).toEqual(kinds.toSorted());
  });

  it("lets a strategy's own steps be written for tables of 512 entries", () => {
    const stepping = (id: string, next: (at: SplitStep) => number) =>
      adoptRiscvStrategy({ id, mmu: "riscv", next }, `${id}.js`);
    expect(
      kindsOf(
        sample(),
        stepping("as-linux", ({ gfn }) => gfn + 512),
      ),
    ).toEqual([]);
    expect(
      kindsOf(
        sample(),
        stepping("next-block", ({ gfn }) => Math.floor(gfn / 512 + 1) * 512),
      ),
    ).toEqual([]);
    expect(
      kindsOf(
        sample(),
        stepping("too-far", ({ gfn }) => gfn + 1024),
      ),
    ).toEqual(["unsplit-block"]);
    expect(
      kindsOf(
        sample(),
        stepping("to-the-end", ({ endGfn }) => endGfn),
      ),
    ).toEqual(["unsplit-block"]);
  });

  it("gives the whole's verdict from its shards", async () => {
    const search = first(20);
    const options = { mmu: "riscv", modelVersion: 1, strategies: [named("posted-v1"), named("table-walk")] };
    const whole = await searchExhaustively(search, options);
    const shares = await Promise.all(
      [1, 2, 3].map(async (index) => ({
        path: `part-${index}.json`,
        result: await searchExhaustively(search, { ...options, shard: { index, count: 3 } }),
      })),
    );
    expect(whole.strategies.map(({ failing }) => failing > 0)).toEqual([true, false]);
    expect(mergeExhaustive(shares)).toEqual(whole);
  });
});
