import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import { x86Tdp } from "./mmu.js";

const PAGES_OF_2M = 512;
const baseline = x86Tdp.strategies.find(({ id }) => id === x86Tdp.baseline)!;

/** A slot from `base` to 4M: 4K pages up to the first multiple of 2M, then 2M pages. */
function clear(base: number, words: readonly bigint[], eager = false) {
  const end = 4 * PAGES_OF_2M;
  const huge = Math.ceil(base / PAGES_OF_2M) * PAGES_OF_2M;
  const small = { gfn: base, level: 1, count: huge - base };
  const leaves = [...(small.count > 0 ? [small] : []), { gfn: huge, level: 2, count: (end - huge) / PAGES_OF_2M }];
  const npages = end - base;
  const masks = Array.from({ length: Math.ceil(npages / 64) }, (_, i) => `0x${(words[i] ?? 0n).toString(16)}`);
  const root = { rootLevel: 4, leaves: leaves.filter(({ count }) => count > 0), nonpresentPaths: [] };
  return x86Tdp.parse({ mmu: "x86-tdp", workload: "clear", root, slotBaseGfn: base, npages, masks, eager }, "crossing");
}

const found = (base: number, words: readonly bigint[], eager?: boolean) =>
  clear(base, words, eager).run(baseline).findings;

/** The 2M pages that are missed, by the condition of docs/x86-clear-crossing.md. */
function missed(base: number, words: readonly bigint[]): number {
  const gfns = words.map((word, i) =>
    Array.from({ length: 64 }, (_, bit) => bit)
      .filter((bit) => ((word >> BigInt(bit)) & 1n) === 1n)
      .map((bit) => base + 64 * i + bit),
  );
  return gfns.filter((own, i) => {
    const last = own.at(-1);
    if (last === undefined || own.length === 1 || last % PAGES_OF_2M !== 0) return false;
    return !gfns.slice(i + 1).some((later) => later.some((gfn) => gfn > last && gfn < last + PAGES_OF_2M));
  }).length;
}

describe("a clear whose word ends at the first page of a 2M page", () => {
  const word = (...bits: readonly number[]) => bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
  const sparse = [...new Array<bigint>(7).fill(0n), word(62, 63)];

  it("leaves that page writable, where nothing else covers it", () => {
    expect(found(1, sparse)).toEqual([
      { code: "still-writable", count: 1, data: { gpa: "0x200000", level: 2, bytes: 2 ** 21 } },
    ]);
  });

  it.each([
    ["the base is a multiple of 64 pages", 64, sparse, false],
    ["no lower bit is set", 1, [...new Array<bigint>(7).fill(0n), word(63)], false],
    ["eager splitting happens", 1, sparse, true],
    ["a later word covers the page", 1, [...sparse, 0n, word(17)], false],
    ["the page after it is cleared by the same word", 2, [...new Array<bigint>(7).fill(0n), word(61, 62, 63)], false],
  ])("does not where %s", (_, base, words, eager) => {
    expect(found(base, words, eager)).toEqual([]);
  });

  it("does so for exactly the words that the document names, for any base and masks", () => {
    const masks = fc.oneof(
      fc.constant(0n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.uniqueArray(fc.nat(63), { maxLength: 3 }).map((bits) => word(...bits)),
    );
    let wrong = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 520 }),
        fc.array(masks, { maxLength: 16, size: "max" }),
        fc.nat(63),
        (base, random, below) => {
          // Half the cases aim at a word whose last page is the first of a 2M page.
          const words = [...random];
          const at = 2 * PAGES_OF_2M - base;
          const index = Math.floor(at / 64);
          if (below > 31) words[index] = word(at % 64, (at % 64) - Math.min(at % 64, below - 31));
          const filled = Array.from(words, (one) => one ?? 0n);
          const count = missed(base, filled);
          wrong += count;
          expect(found(base, filled).reduce((sum, finding) => sum + finding.count, 0)).toBe(count);
        },
      ),
      { numRuns: times(150, 800), seed: 1 },
    );
    expect(wrong).toBeGreaterThan(50);
  });
});
