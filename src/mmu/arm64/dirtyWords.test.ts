import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dirtySpans, WORD_PAGES } from "../dirtyRuns.js";
import { JoinedWords, SlotWords } from "./dirtyWords.js";
import type { SlotLayout } from "./layout.js";

/** A slot of so many pages, and which of its pages are dirty. */
const slots = fc
  .record({
    startGfn: fc.integer({ min: 0, max: 2 ** 34 }),
    dirty: fc.array(fc.boolean(), { minLength: 1, maxLength: 700, size: "max" }),
    density: fc.constantFrom("sparse", "random", "dense"),
  })
  .map(({ startGfn, dirty, density }) => ({
    startGfn,
    dirty: dirty.map((bit, i) => {
      if (density === "random") return bit;
      return density === "sparse" ? bit && i % 37 === 0 : bit || i % 37 !== 0;
    }),
  }));

function slotOf({ startGfn, dirty }: { startGfn: number; dirty: boolean[] }): SlotLayout {
  const runs: [number, number][] = [];
  for (const [page, bit] of dirty.entries()) {
    if (!bit) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === page) last[1]++;
    else runs.push([page, 1]);
  }
  return { startGfn, endGfn: startGfn + dirty.length, segments: [], dirty: runs };
}

/** The same page by page: of each mask with a bit set, first to last set bit. */
function slowly({ startGfn, dirty }: { startGfn: number; dirty: boolean[] }): [number, number][] {
  const spans: [number, number][] = [];
  for (let mask = 0; mask * WORD_PAGES < dirty.length; mask++) {
    const bits = dirty.slice(mask * WORD_PAGES, (mask + 1) * WORD_PAGES);
    const first = bits.indexOf(true);
    if (first < 0) continue;
    const at = startGfn + mask * WORD_PAGES;
    spans.push([at + first, at + bits.lastIndexOf(true) + 1]);
  }
  return spans;
}

function wordsOf(slot: SlotLayout): [number, number][] {
  const spans: [number, number][] = [];
  for (const words = new SlotWords(slot); words.next(); ) spans.push([words.startGfn, words.endGfn]);
  return spans;
}

function rangesOf(slot: SlotLayout, limitPages: number): [number, number][] {
  const spans: [number, number][] = [];
  const ranges = new JoinedWords(new SlotWords(slot), limitPages);
  while (ranges.next()) spans.push([ranges.startGfn, ranges.endGfn]);
  expect(ranges.words).toBe(wordsOf(slot).length);
  return spans;
}

const pagesOf = (spans: readonly (readonly [number, number])[]) =>
  spans.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i));

describe("the words of a slot", () => {
  it("go from the first to the last dirty page of each 64, counted from the slot's first page", () => {
    let most = 0;
    fc.assert(
      fc.property(slots, (slot) => {
        const words = slowly(slot);
        most = Math.max(most, words.length);
        expect(wordsOf(slotOf(slot))).toEqual(words);
      }),
    );
    expect(most).toBeGreaterThan(8);
  });

  it("cover all of a slot that has no bitmap", () => {
    expect(wordsOf({ startGfn: 7, endGfn: 7 + 150, segments: [], dirty: null })).toEqual([
      [7, 71],
      [71, 135],
      [135, 157],
    ]);
  });

  it("cover, joined, the same pages in no more spans than there are runs", () => {
    let joined = 0;
    fc.assert(
      fc.property(slots, (given) => {
        const slot = slotOf(given);
        const spans = dirtySpans(slot, slot.dirty!);
        expect(pagesOf(spans)).toEqual(pagesOf(slowly(given)));
        expect(spans.length).toBeLessThanOrEqual(slot.dirty!.length);
        expect(spans.every(([start], i) => i === 0 || spans[i - 1]![1] < start)).toBe(true);
        if (spans.some(([start, end]) => end - start > WORD_PAGES)) joined++;
      }),
    );
    expect(joined).toBeGreaterThan(20);
  });

  it("are ranges by themselves without a limit to join them to", () => {
    let touching = 0;
    fc.assert(
      fc.property(slots, (given) => {
        const slot = slotOf(given);
        const words = wordsOf(slot);
        expect(rangesOf(slot, 0)).toEqual(words);
        if (words.some(([start], i) => words[i - 1]?.[1] === start)) touching++;
      }),
      { seed: 1 },
    );
    expect(touching).toBeGreaterThan(20);
  });

  it("join where they touch, up to the limit, and cover the same pages", () => {
    let joined = 0;
    fc.assert(
      fc.property(slots, fc.constantFrom(1, 64, 100, 128, 512, Number.POSITIVE_INFINITY), (given, limit) => {
        const slot = slotOf(given);
        const words = wordsOf(slot);
        const ranges = rangesOf(slot, limit);
        expect(pagesOf(ranges)).toEqual(pagesOf(words));
        const starts = new Map(words.map((word) => [word[0], word]));
        for (const [i, [start, end]] of ranges.entries()) {
          const first = starts.get(start)!;
          if (end > first[1]) joined++;
          expect(end === first[1] || end - start <= limit).toBe(true);
          // What follows did not join: it does not touch, or would be beyond the limit.
          const next = starts.get(ranges[i + 1]?.[0] ?? -1);
          if (next !== undefined) expect(next[0] > end || next[1] - start > limit).toBe(true);
        }
      }),
      { seed: 1 },
    );
    expect(joined).toBeGreaterThan(20);
  });
});
