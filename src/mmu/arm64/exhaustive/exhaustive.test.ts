import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeExhaustive, searchExhaustively } from "../../../verify/exhaustive.js";
import type { ExhaustiveSearch } from "../../exhaustive.js";
import { arm64 } from "../mmu.js";
import { Stage2 } from "../stage2.js";
import { strategies } from "../strategies/index.js";
import type { SplitStrategy } from "../strategy.js";
import { arm64Exhaustive } from "./index.js";
import type { MakeStage2 } from "./session.js";

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

describe("the exhaustive search of arm64", () => {
  it("finds every kind of fault of the first proposal among its smallest trees, and none of baseline", () => {
    expect(kindsOf(first(110), named("skip-return-rfc")).sort()).toEqual([
      "read-after-leave",
      "read-beside-address",
      "tlbi-wrong-ipa",
      "unsplit-block/left-in-new-table",
      "unsplit-block/passed-over",
    ]);
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

  it.each<[what: string, kind: string, damage: (stage2: Stage2) => void]>([
    [
      "splits one page too few",
      "unsplit-block/passed-over",
      (stage2) => {
        const split = stage2.split.bind(stage2);
        stage2.split = (start, end) => split(start, end - 1);
      },
    ],
    [
      "write-protects one page too few",
      "not-write-protected",
      (stage2) => {
        const protect = stage2.writeProtect.bind(stage2);
        stage2.writeProtect = (start, end) => protect(start, end - 1);
      },
    ],
    [
      "write-protects one page too many",
      "needlessly-write-protected",
      (stage2) => {
        const protect = stage2.writeProtect.bind(stage2);
        stage2.writeProtect = (start, end) => protect(start, Math.min(16, end + 1));
      },
    ],
    [
      "splits beyond its range",
      "split-outside-range",
      (stage2) => {
        const split = stage2.split.bind(stage2);
        stage2.split = (start, end) => split(start, Math.min(16, end + 4));
      },
    ],
    [
      "takes a page for nothing",
      "tables-unaccounted",
      (stage2) => {
        const split = stage2.split.bind(stage2);
        stage2.split = (start, end) => {
          split(start, end);
          stage2.cache.objects--;
        };
      },
    ],
    [
      "invalidates twice",
      "tlbi-not-one",
      (stage2) => {
        const split = stage2.split.bind(stage2);
        stage2.split = (start, end) => {
          split(start, end);
          stage2.counts.tlbi[2]!++;
        };
      },
    ],
  ])("finds an engine that %s", (_, kind, damage) => {
    const search = first(40, (layout, rules) => {
      const stage2 = new Stage2(layout, rules);
      damage(stage2);
      return stage2;
    });
    expect(kindsOf(search, named("baseline"))).toContain(kind);
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
