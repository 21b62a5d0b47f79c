import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DirtyBitmap } from "./dirtyBitmap.js";

const PAGES = 200;
const pageSet = fc.uniqueArray(fc.integer({ min: 0, max: PAGES - 1 }));

function bitmapOf(pages: readonly number[]): DirtyBitmap {
  const bitmap = new DirtyBitmap(PAGES);
  for (const page of pages) bitmap.set(page);
  return bitmap;
}

describe("a dirty bitmap", () => {
  it("tells whether a page was dirty before", () => {
    const bitmap = new DirtyBitmap(PAGES);
    expect([bitmap.set(31), bitmap.set(31), bitmap.set(32), bitmap.count()]).toEqual([true, false, true, 2]);
  });

  it("has no bits past its last page when all are set", () => {
    for (const pages of [1, 31, 32, 33, 63, 64, 65, 200]) {
      const bitmap = new DirtyBitmap(pages);
      bitmap.setAll();
      expect(bitmap.count()).toBe(pages);
    }
  });

  it("takes what is asked for and dirty, 64 pages at a time from first to last bit, and leaves the rest", () => {
    const property = fc.property(pageSet, pageSet, (dirty, asked) => {
      const bitmap = bitmapOf(dirty);
      const taken: [number, number, number][] = [];
      bitmap.take(bitmapOf(asked), (first, end, bits) => taken.push([first, end, bits]));
      const both = dirty.filter((page) => asked.includes(page)).sort((a, b) => a - b);
      const words = [...new Set(both.map((page) => Math.floor(page / 64)))];
      const expected = words.map((word) => {
        const pages = both.filter((page) => Math.floor(page / 64) === word);
        return [pages[0]!, pages.at(-1)! + 1, pages.length];
      });
      expect(taken).toEqual(expected);
      expect(bitmap.count()).toBe(dirty.length - both.length);
      for (const page of both) expect(bitmap.set(page)).toBe(true);
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
  });

  it("is not changed by what happens to its copy", () => {
    const bitmap = bitmapOf([1, 64]);
    bitmap.copy().take(null, () => {});
    expect(bitmap.count()).toBe(2);
  });
});
