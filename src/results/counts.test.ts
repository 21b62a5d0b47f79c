import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arm64Counters } from "../mmu/arm64/counters.js";
import type { Counts, CountValue } from "../mmu/counters.js";
import { mmus } from "../mmu/registry.js";
import { tdpCounters } from "../mmu/tdp/counters.js";
import { times } from "../testing/nightly.js";
import { countsProblem } from "./counts.js";

/** A tree with one value at a path. */
function tree(path: string, value: CountValue): Counts {
  return path.split("/").reduceRight<CountValue>((inner, name) => ({ [name]: inner }), value) as Counts;
}

const NO_COUNTS = ["7", null, -1, 1.5, 1e300, 2 ** 53, {}, "0x7"] as const;

describe("a declared counter is a whole number from 0", () => {
  test.each(NO_COUNTS)("and not %j", (value) => {
    expect(countsProblem(tree("split/topups", value), arm64Counters)).toMatchObject({ path: "split/topups" });
    expect(countsProblem(tree("split/tlbi", { "2": value }), arm64Counters)).toMatchObject({ path: "split/tlbi/2" });
  });

  test("by level where it is declared so, and only there", () => {
    expect(countsProblem(tree("split/tlbi", 7), arm64Counters)).toEqual({
      path: "split/tlbi",
      value: "7",
      expected: "an object from level to count",
    });
    expect(countsProblem(tree("split/topups", { "2": 7 }), arm64Counters)).toMatchObject({ value: "an object" });
    expect(countsProblem(tree("split/tlbi", { two: 7 }), arm64Counters)).toMatchObject({ path: "split/tlbi/two" });
    expect(countsProblem(tree("split/tlbi", { "2": 7 }), arm64Counters)).toBeUndefined();
  });
});

describe("a counter that counts a part of another", () => {
  const counts = (visits: Counts, tlbi: Counts) => ({
    split: { inspected: { "2": 5, "3": 7 }, visits: { valid: visits }, tlbi },
  });

  test("is no problem up to the whole, level by level", () => {
    expect(countsProblem(counts({ "2": 5, "3": 7 }, { "2": 5 }), arm64Counters)).toBeUndefined();
  });

  test("contradicts it where it is more", () => {
    expect(countsProblem(counts({ "2": 6, "3": 0 }, {}), arm64Counters)).toEqual({
      path: "split/visits/valid/2",
      value: "6",
      expected: "no more than split.inspected, which is 5",
    });
    expect(countsProblem(counts({ "2": 4 }, { "2": 5 }), arm64Counters)).toMatchObject({ path: "split/tlbi/2" });
    expect(countsProblem({ split: { topups: 1, lockDrops: 2 } }, arm64Counters)).toMatchObject({
      path: "split/lockDrops",
    });
  });
});

test.each([
  ["split/returnCode", [0, -12, -4095], [12, null, "-12", -1.5, -5000]],
  ["final/firstUnsplitIpa", ["0x40200000", null], ["40200000", 7, "", "0xzz"]],
  ["final/digest", ["ab".repeat(32), null], ["ab", 7, ""]],
])("%s has values of its own", (path, right, wrong) => {
  for (const value of right) expect(countsProblem(tree(path, value), arm64Counters), String(value)).toBeUndefined();
  for (const value of wrong) expect(countsProblem(tree(path, value), arm64Counters), String(value)).toBeDefined();
});

test("only what a walk that never ends leaves without a number may be null on x86", () => {
  for (const path of ["loops", "yields", "steps/split/loops", "split/mmuLockDrops"]) {
    expect(countsProblem(tree(path, null), tdpCounters), path).toBeUndefined();
    expect(countsProblem(tree(path, -1), tdpCounters), path).toBeDefined();
  }
  for (const path of ["spAllocs", "zapped", "tablesFreed"]) {
    expect(countsProblem(tree(path, null), tdpCounters), path).toBeDefined();
  }
});

test.each(["7", "a\u001b[31m", -1, 1.5, 1e300])("what no declaration covers is no %j either", (value) => {
  const problem = countsProblem(tree("passes/0/1/root", value), tdpCounters);
  expect(problem).toMatchObject({ path: "passes/0/1/root" });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be shown
  expect(problem!.value).not.toMatch(/[\u0000-\u001f]/);
});

test.each(mmus)("whatever $id counts is what it declares, livelocks included", async ({ load }) => {
  const mmu = await load();
  for (const scenario of fc.sample(mmu.random!(fc), { numRuns: times(20, 100), seed: 1 })) {
    const bound = mmu.parse(scenario, "random");
    for (const strategy of mmu.strategies.filter((one) => bound.applies(one))) {
      const { initial, counts } = bound.run(strategy);
      expect(countsProblem(initial, []), strategy.id).toBeUndefined();
      // As JSON has it: what is undefined is absent.
      expect(countsProblem(JSON.parse(JSON.stringify(counts)), mmu.counters), strategy.id).toBeUndefined();
    }
  }
});
