import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeExhaustive, searchExhaustively } from "../../../verify/exhaustive.js";
import type { ExhaustiveSearch } from "../../exhaustive.js";
import { LOCKED_HI, MARK_HI, TABLE_OR_PAGE, TYPE_MASK, VALID } from "../descriptor.js";
import { arm64 } from "../mmu.js";
import { Stage2 } from "../stage2.js";
import { strategies } from "../strategies/index.js";
import type { SplitStrategy } from "../strategy.js";
import { SKIP_SIBLINGS } from "../walkRules.js";
import { SMALL_LEAF } from "./geometry.js";
import { arm64Exhaustive } from "./index.js";
import { SMALL_FAULTS } from "./judge.js";
import type { MakeStage2 } from "./session.js";

type SmallFault = (typeof SMALL_FAULTS)[number];

const named = (id: string) => strategies.find((strategy) => strategy.id === id)!;
/** Of the small bound; the README's transcript holds that so many are tried. */
const COMBINATIONS = 1_693_309;
const noScenarios = () => () => [];

/** The first units of the small bound: the smallest trees. */
function first(units: number, makeStage2?: MakeStage2): ExhaustiveSearch<SplitStrategy> {
  return { ...arm64Exhaustive("small", noScenarios, makeStage2), units };
}

function kindsOf(search: ExhaustiveSearch<SplitStrategy>, strategy: SplitStrategy): string[] {
  const check = search.check(strategy);
  for (let unit = 0; unit < search.units; unit++) check.unit(unit);
  return check.faults().map(({ kind }) => kind);
}

/** Kinds of faults of the first proposal. */
const OF_FIRST_PROPOSAL: readonly SmallFault[] = [
  "read-after-leave",
  "read-beside-address",
  "tlbi-wrong-ipa",
  "unsplit-block/left-in-new-table",
  "unsplit-block/passed-over",
];

const OF_WRONG_MARKS: readonly SmallFault[] = [
  "mark-inexact",
  "unsplit-block/left-in-new-table",
  "unsplit-block/passed-over",
];

/** The search of a few trees, with a stage-2 that is damaged before it is used. */
function damaged(damage: (stage2: Stage2) => void): ExhaustiveSearch<SplitStrategy> {
  return first(12, (layout, rules) => {
    const stage2 = new Stage2(layout, rules);
    damage(stage2);
    return stage2;
  });
}

/** Has splits, or write-protects, go over another range than they are called for. */
function ranged(stage2: Stage2, walk: "split" | "writeProtect", endOf: (end: number) => number): void {
  const original = stage2[walk].bind(stage2);
  stage2[walk] = (start, end) => original(start, endOf(end));
}

function afterSplit(stage2: Stage2, damage: (words: Uint32Array) => void): void {
  const split = stage2.split.bind(stage2);
  stage2.split = (start, end) => {
    split(start, end);
    damage(stage2.mem.words);
  };
}

/** Changes the root's first block as it is split, or as it is left. */
function firstLeaf(stage2: Stage2, change: (words: Uint32Array, word: number) => void): void {
  afterSplit(stage2, (words) => {
    const slot = Array.from({ length: words.length / 2 }, (_, i) => i).find(
      (i) => (words[2 * i]! & VALID) !== 0 && ((words[2 * i]! & TYPE_MASK) !== TABLE_OR_PAGE || i >= 8),
    );
    if (slot !== undefined) change(words, 2 * slot);
  });
}

/** Turns a bit of an entry over. @param half 0 for its low word, 1 for its high one */
function flip(half: 0 | 1, bit: number) {
  return (words: Uint32Array, word: number): void => {
    words[word + half]! ^= bit;
  };
}

const DAMAGES: readonly (readonly [what: string, kinds: readonly SmallFault[], damage: (stage2: Stage2) => void])[] = [
  [
    "splits one page too few",
    ["unsplit-block/left-in-new-table", "unsplit-block/passed-over"],
    (stage2) => ranged(stage2, "split", (end) => end - 1),
  ],
  [
    "splits beyond its range",
    ["not-write-protected", "split-outside-range"],
    (stage2) => ranged(stage2, "split", (end) => Math.min(16, end + 4)),
  ],
  [
    "write-protects one page too few",
    ["not-write-protected"],
    (stage2) => ranged(stage2, "writeProtect", (end) => end - 1),
  ],
  [
    "write-protects one page too many",
    ["needlessly-write-protected"],
    (stage2) => ranged(stage2, "writeProtect", (end) => Math.min(16, end + 1)),
  ],
  [
    "takes a page for nothing",
    ["tables-unaccounted"],
    (stage2) => afterSplit(stage2, () => void stage2.cache.objects--),
  ],
  [
    "gives a page back that it has not taken",
    ["tables-unaccounted"],
    (stage2) => afterSplit(stage2, () => void stage2.counts.topupPages--),
  ],
  ["invalidates a block twice", ["tlbi-not-one"], (stage2) => afterSplit(stage2, () => void stage2.counts.tlbi[2]!++)],
  ["invalidates a page", ["tlbi-not-one"], (stage2) => afterSplit(stage2, () => void stage2.counts.tlbi[3]!++)],
  [
    "counts another address",
    ["tlbi-wrong-ipa"],
    (stage2) => afterSplit(stage2, () => void stage2.counts.tlbiWrongIpa[1]!++),
  ],
  [
    "issues no instruction",
    ["tlbi-not-one", "no-barrier"],
    ({ maintenance }) => {
      maintenance.byIpa = () => {};
    },
  ],
  [
    "invalidates what it has made valid again",
    ["tlbi-before-break"],
    ({ maintenance, mem, splitWalker }) => {
      const byIpa = maintenance.byIpa.bind(maintenance);
      maintenance.byIpa = () => {
        const { lo, hi } = splitWalker;
        mem.words.set([lo, hi], mem.words.findIndex((word, i) => i % 2 === 1 && word === LOCKED_HI) - 1);
        byIpa();
      };
    },
  ],
  [
    "has no barrier after its splits",
    ["no-barrier"],
    ({ maintenance }) => {
      maintenance.storesDone = () => {};
    },
  ],
  [
    "does not flush the slot",
    ["not-flushed"],
    (stage2) => {
      stage2.flushSlot = () => {};
    },
  ],
  ["flushes the slot twice", ["not-flushed"], (stage2) => afterSplit(stage2, () => void stage2.counts.flushMemslot++)],
  [
    "returns an error",
    ["error-returned"],
    (stage2) =>
      afterSplit(stage2, () => {
        stage2.counts.returnCode = -12;
      }),
  ],
  [
    "loses a leaf",
    ["lost-coverage", "tlbi-not-one"],
    (stage2) => firstLeaf(stage2, (words, word) => words.fill(0, word, word + 2)),
  ],
  [
    "leaves a leaf locked",
    ["left-locked", "lost-coverage", "tlbi-not-one"],
    (stage2) => firstLeaf(stage2, (words, word) => words.set([0, LOCKED_HI], word)),
  ],
  [
    "leaves a hole locked",
    ["left-locked"],
    (stage2) =>
      afterSplit(stage2, (words) => {
        if (words[0] === 0) words[1] = LOCKED_HI;
      }),
  ],
  [
    "locks a table",
    ["left-locked"],
    (stage2) =>
      afterSplit(stage2, (words) => {
        if ((words[0]! & TYPE_MASK) === TABLE_OR_PAGE) words[1]! |= LOCKED_HI;
      }),
  ],
  [
    "maps a hole",
    ["stray-mapping", "tlbi-not-one"],
    (stage2) =>
      afterSplit(stage2, (words) => {
        if (words[0] === 0) words[0] = SMALL_LEAF.lo(0, 1, true);
      }),
  ],
  ["maps another frame", ["wrong-output-address"], (stage2) => firstLeaf(stage2, flip(0, 1 << 30))],
  ["maps a frame far away", ["wrong-output-address"], (stage2) => firstLeaf(stage2, flip(1, 1 << 4))],
  ["maps memory of another type", ["wrong-attributes"], (stage2) => firstLeaf(stage2, flip(0, 1 << 2))],
  ["forbids execution", ["wrong-attributes"], (stage2) => firstLeaf(stage2, flip(1, 1 << 22))],
  [
    "leaves a table as it goes over its pages as a run",
    ["runs-differ"],
    ({ splitVisitor }) => {
      splitVisitor.pages = (walker) => {
        walker.went = 1;
        walker.code = SKIP_SIBLINGS;
        return 1;
      };
    },
  ],
];

describe("the exhaustive search of arm64", () => {
  it("finds every kind of fault of the first proposal among its smallest trees, and none of baseline", () => {
    expect(kindsOf(first(110), named("skip-return-rfc")).sort()).toEqual(OF_FIRST_PROPOSAL);
    expect(kindsOf(first(110), named("baseline"))).toEqual([]);
  });

  it("counts in its text and its figures what it tries", () => {
    const search = arm64Exhaustive("small", noScenarios);
    expect(search.text).toMatch(/^all 1,299 trees below one top entry .*, and 25 /);
    const check = search.check(named("max-level"));
    const tried = (unit: number) => {
      const before = check.combinations;
      check.unit(unit);
      return check.combinations - before;
    };
    const [oneTop, twoTops] = [tried(0), tried(1299)];
    expect([tried(1298), tried(1323), tried(1324)]).toEqual([oneTop, twoTops, 1]);
    expect(1299 * oneTop + 25 * twoTops + search.units - 1324).toBe(COMBINATIONS);
    expect(search.combinations).toBe(COMBINATIONS);
  });

  it("has an example of each fault that it can find", () => {
    const kinds = new Set([...OF_FIRST_PROPOSAL, ...OF_WRONG_MARKS, ...DAMAGES.flatMap(([, own]) => own)]);
    expect([...kinds].sort()).toEqual(SMALL_FAULTS.toSorted());
  });

  it.each(DAMAGES)("finds an engine that %s", (_, kinds, damage) => {
    expect(kindsOf(damaged(damage), named("baseline")).sort()).toEqual(kinds.toSorted());
  });

  it("finds marks that are wrong, and what a strategy passes over by them", () => {
    const search = damaged((stage2) =>
      afterSplit(stage2, (words) => {
        if ((words[0]! & TYPE_MASK) === TABLE_OR_PAGE) words[1]! ^= MARK_HI;
      }),
    );
    expect(kindsOf(search, named("split-mark")).sort()).toEqual(OF_WRONG_MARKS);
  });

  it("gives the whole's verdict from its shards", async () => {
    const search = first(60);
    const options = { mmu: "arm64", modelVersion: 1, strategies: [named("skip-return-rfc"), named("max-level")] };
    const whole = await searchExhaustively(search, options);
    const shares = await Promise.all(
      [1, 2, 3].map(async (index) => ({
        path: `part-${index}.json`,
        result: await searchExhaustively(search, { ...options, shard: { index, count: 3 } }),
      })),
    );
    expect(mergeExhaustive(shares)).toEqual(whole);
    expect(() => mergeExhaustive(shares.slice(1))).toThrow(/shard 1 of 3 is missing/);
    expect(() => mergeExhaustive([...shares, shares[0]!])).toThrow(/shard 1 of 3, as part-1\.json is/);
  });
});

it("words with the same first and last bit do the same, whatever lies between", () => {
  const bit = (n: number) => 1n << BigInt(n);
  fc.assert(
    fc.property(
      fc.nat(63),
      fc.nat(63),
      fc.bigInt(0n, 2n ** 64n - 1n),
      fc.constantFrom(...strategies),
      (a, b, between, strategy) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const within = between & (2n ** BigInt(high + 1) - 1n) & ~(bit(low) - 1n);
        const counts = [bit(low) | bit(high), bit(low) | bit(high) | within].map((word) => {
          const segments = [
            { map: "4K", size: "60K" },
            { map: "2M", size: "4M" },
          ];
          const dirty = { words: [`0x${word.toString(16)}`, `0x${word.toString(16)}`] };
          const scenario = {
            granule: "4K",
            ipaBits: 40,
            memslots: [{ base: "0x401f1000", segments, dirty }],
            dirtyLog: { mode: "clear", chunk: "2M" },
          };
          return arm64.parse(scenario, "words").run(strategy).counts;
        });
        expect(counts[0]).toEqual(counts[1]);
      },
    ),
    { numRuns: 60, seed: 14 },
  );
});
