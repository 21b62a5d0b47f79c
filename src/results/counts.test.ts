import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clip } from "../errors.js";
import { arm64Counters } from "../mmu/arm64/counters.js";
import type { CounterDeclaration, CounterValues, Counts, CountValue } from "../mmu/counters.js";
import { mmus } from "../mmu/registry.js";
import { tdpCounters } from "../mmu/tdp/counters.js";
import { times } from "../testing/nightly.js";
import { countsProblem } from "./counts.js";

const COUNT = "a whole number from 0 to 2^53 - 1";

/** A declaration of one counter, by itself. */
const declare = (path: string, more: Partial<CounterDeclaration> = {}): CounterDeclaration => ({
  path,
  byLevel: false,
  label: "",
  unit: "",
  role: "cost",
  doc: "",
  ...more,
});

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

describe("the values of a counter", () => {
  const [digest, address] = ["0a".repeat(32), "0x0123456789abcdef"];
  test.each<[CounterValues | undefined, string, readonly CountValue[], readonly CountValue[]]>([
    [undefined, COUNT, [0, 2 ** 53 - 1], [-1, 2 ** 53, 0.5, null, "1", address]],
    ["count", COUNT, [0, 2 ** 53 - 1], [-1, null]],
    ["count-or-none", `${COUNT}, or null`, [null, 0, 2 ** 53 - 1], [-1, "1"]],
    ["errno", "0 or a negative errno, from -4095", [0, -1, -4095], [1, -4096, -0.5, null, "-1"]],
    ["address-or-none", "an address with 0x, or null", [null, "0x0", address], ["0x", `${address}0`, "0xA", "x0x1", 1]],
    [
      "digest-or-none",
      "64 hexadecimal digits in lower case, or null",
      [null, digest],
      [digest.slice(1), `${digest}0`, digest.toUpperCase(), 1],
    ],
  ])("declared as %s are %s", (values, expected, right, wrong) => {
    const one = [declare("a/b", values === undefined ? {} : { values })];
    const levels = [declare("a/b", { byLevel: true, ...(values === undefined ? {} : { values }) })];
    for (const value of right) {
      expect(countsProblem({ a: { b: value } }, one)).toBeUndefined();
      expect(countsProblem({ a: { b: { "1": value } } }, levels)).toBeUndefined();
    }
    for (const value of wrong) {
      const shown = clip(JSON.stringify(value), 40);
      expect(countsProblem({ a: { b: value } }, one)).toEqual({ path: "a/b", value: shown, expected });
      expect(countsProblem({ a: { b: { "0": right[0]!, "1": value } } }, levels)).toEqual({
        path: "a/b/1",
        value: shown,
        expected,
      });
    }
  });

  test("that nobody declared are a count, an address, a digest or null", () => {
    const rest = (value: CountValue) => countsProblem({ a: { b: 1, c: { d: value } } }, [declare("a/b")]);
    for (const value of [null, 0, digest, address]) expect(rest(value)).toBeUndefined();
    for (const value of [-1, "1"]) {
      expect(rest(value)).toEqual({
        path: "a/c/d",
        value: JSON.stringify(value),
        expected: `${COUNT}, an address, a digest or null`,
      });
    }
  });

  test("are an errno under the name of a return code where nothing is declared, and only there", () => {
    const counts = { split: { returnCode: -12 } };
    expect(countsProblem(counts, [])).toBeUndefined();
    expect(countsProblem({ split: { returnCode: 12 } }, [])).toMatchObject({
      path: "split/returnCode",
      expected: "0 or a negative errno, from -4095",
    });
    expect(countsProblem({ split: { lost: -12 } }, [])).toMatchObject({ path: "split/lost" });
    expect(countsProblem(counts, [declare("x")])).toMatchObject({ path: "split/returnCode", value: "-12" });
  });

  test("are shown in forty characters", () => {
    const shown = (length: number) => countsProblem({ a: "x".repeat(length) }, [])!.value;
    expect([shown(38), shown(39)]).toEqual([`"${"x".repeat(38)}"`, `"${"x".repeat(36)}...`]);
  });

  test("are wanted by level where they are declared so", () => {
    const levels = (value: CountValue) => countsProblem({ a: value }, [declare("a", { byLevel: true })]);
    const expected = "an object from level to count";
    expect(levels(null)).toEqual({ path: "a", value: "null", expected });
    expect(levels("x")).toEqual({ path: "a", value: '"x"', expected });
    for (const name of ["10", "x", "", "1x", "x1"]) {
      expect(levels({ "9": 0, [name]: 7 })).toEqual({
        path: `a/${name}`,
        value: "7",
        expected: "names of levels: one digit",
      });
    }
    expect(levels({ "1": { "2": 3 } })).toEqual({ path: "a/1", value: "an object", expected: COUNT });
  });

  test("are looked at as they are declared, then what is left, then what contradicts another", () => {
    const declarations = [declare("b"), declare("a", { upTo: "b" })];
    expect(countsProblem({ z: -1, a: -1, b: -1 }, declarations)).toMatchObject({ path: "b" });
    expect(countsProblem({ z: -1, a: -1, b: 1 }, declarations)).toMatchObject({ path: "a" });
    expect(countsProblem({ z: -1, a: 2, b: 1 }, declarations)).toMatchObject({ path: "z" });
    expect(countsProblem({ z: 1, a: 2, b: 1 }, declarations)).toEqual({
      path: "a",
      value: "2",
      expected: "no more than b, which is 1",
    });
    for (const counts of [{ a: 2, b: 2 }, { a: 2 }, { b: 2 }])
      expect(countsProblem(counts, declarations)).toBeUndefined();
    // A level of which there is no whole contradicts nothing.
    const levels = [declare("b", { byLevel: true }), declare("a", { byLevel: true, upTo: "b" })];
    expect(countsProblem({ a: { "1": 9, "2": 1 }, b: { "2": 1 } }, levels)).toBeUndefined();
    expect(countsProblem({ a: { "0": 9, "1": 1, "2": 3, "3": 9 }, b: { "1": 1, "2": 2, "3": 1 } }, levels)).toEqual({
      path: "a/2",
      value: "3",
      expected: "no more than b, which is 2",
    });
    const later = [declare("b"), declare("c", { upTo: "b" }), declare("a", { upTo: "b" })];
    expect(countsProblem({ a: 2, b: 1, c: 1 }, later)).toMatchObject({ path: "a" });
    const none = [declare("b", { values: "count-or-none" }), declare("a", { upTo: "b" })];
    expect(countsProblem({ a: 9, b: null }, none)).toBeUndefined();
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
