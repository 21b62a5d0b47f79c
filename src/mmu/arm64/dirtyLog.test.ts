import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dirtySpans, MASK_PAGES, MaskCursor } from "./dirtyLog.js";
import type { SlotLayout } from "./layout.js";

/** A slot of so many pages, and which of its pages are dirty. */
const slots = fc
  .record({
    startGfn: fc.integer({ min: 0, max: 2 ** 34 }),
    dirty: fc.array(fc.boolean(), { minLength: 1, maxLength: 700, size: "max" }),
    sparse: fc.boolean(),
  })
  .map(({ startGfn, dirty, sparse }) => ({
    startGfn,
    dirty: sparse ? dirty.map((bit, i) => bit && i % 37 === 0) : dirty,
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
  for (let mask = 0; mask * MASK_PAGES < dirty.length; mask++) {
    const bits = dirty.slice(mask * MASK_PAGES, (mask + 1) * MASK_PAGES);
    const first = bits.indexOf(true);
    if (first < 0) continue;
    const at = startGfn + mask * MASK_PAGES;
    spans.push([at + first, at + bits.lastIndexOf(true) + 1]);
  }
  return spans;
}

function masksOf(slot: SlotLayout): [number, number][] {
  const spans: [number, number][] = [];
  for (const masks = new MaskCursor(slot); masks.next(); ) spans.push([masks.startGfn, masks.endGfn]);
  return spans;
}

const pagesOf = (spans: readonly (readonly [number, number])[]) =>
  spans.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i));

describe("the masks of a slot", () => {
  it("go from the first to the last dirty page of each 64, counted from the slot's first page", () => {
    fc.assert(
      fc.property(slots, (slot) => {
        expect(masksOf(slotOf(slot))).toEqual(slowly(slot));
      }),
    );
  });

  it("cover all of a slot that has no bitmap", () => {
    expect(masksOf({ startGfn: 7, endGfn: 7 + 150, segments: [], dirty: null })).toEqual([
      [7, 71],
      [71, 135],
      [135, 157],
    ]);
  });

  it("cover, joined, the same pages in no more spans than there are runs", () => {
    fc.assert(
      fc.property(slots, (given) => {
        const slot = slotOf(given);
        const spans = dirtySpans(slot, slot.dirty!);
        expect(pagesOf(spans)).toEqual(pagesOf(slowly(given)));
        expect(spans.length).toBeLessThanOrEqual(slot.dirty!.length);
        expect(spans.every(([start], i) => i === 0 || spans[i - 1]![1] < start)).toBe(true);
      }),
    );
  });
});
