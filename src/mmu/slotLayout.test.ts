import { describe, expect, it } from "vitest";
import { parseAddress } from "../guest/sizes.js";
import { dirtyRuns, dirtySpans, meets, spansMeeting } from "./dirtyRuns.js";
import { type GuestSpace, parsePages, SegmentIndex, slotLayout, touchedSpans } from "./slotLayout.js";

const HOLE = 9;
const SPACE: GuestSpace = {
  pageBytes: 4096,
  endGfn: 1024,
  words: "the small space",
  wider: "a larger one",
  gfnOf: (address, input) => parseAddress(address, input) / 4096,
  levelOf: (map) => (map === "2M" ? 1 : 0),
};

function laidOut(
  base: string,
  segments: readonly { map: string; size: string; writeProtected?: boolean }[],
  dirty?: {
    runs: [number, number][];
  },
) {
  const pastEnd: [string, number][] = [];
  const layout = slotLayout({ base, segments, dirty }, "memslots[0]", SPACE, HOLE, (...told) => pastEnd.push(told));
  return { layout, pastEnd };
}

const PAGES = [{ map: "4K", size: "16K" }];

describe("a memslot in frames", () => {
  it("has its segments one behind the other", () => {
    const segments = [
      { map: "4K", size: "8K", writeProtected: true },
      { map: "hole", size: "4K" },
      { map: "2M", size: "2M", writeProtected: false },
    ];
    expect(laidOut("0x1000", segments)).toEqual({
      layout: {
        startGfn: 1,
        endGfn: 516,
        dirty: null,
        segments: [
          { startGfn: 1, endGfn: 3, level: 0, writeProtected: true },
          { startGfn: 3, endGfn: 4, level: HOLE, writeProtected: false },
          { startGfn: 4, endGfn: 516, level: 1, writeProtected: false },
        ],
      },
      pastEnd: [],
    });
  });

  it("tells how many of its dirty pages lie past its end, and nothing where none does", () => {
    expect(laidOut("0", PAGES, { runs: [[2, 5]] })).toMatchObject({
      layout: { dirty: [[2, 2]] },
      pastEnd: [["memslots[0].dirty", 3]],
    });
    expect(laidOut("0", PAGES, { runs: [[2, 2]] })).toMatchObject({ layout: { dirty: [[2, 2]] }, pastEnd: [] });
  });

  it("may end where its space does, and not beyond", () => {
    expect(laidOut("0x3fc000", PAGES).layout.endGfn).toBe(1024);
    expect(() => laidOut("0x3fd000", PAGES)).toThrow(
      "memslots[0].segments[0]: ends at 0x401000, beyond the small space; expected memory below 0x400000, or a larger one",
    );
    expect(() => laidOut("0", [])).toThrow("memslots[0]: has no segments; expected at least one segment");
  });
});

it("a size is a whole number of pages, and at least one", () => {
  expect(parsePages("8K", "x.size", 4096)).toBe(2);
  for (const size of ["0", "6K"]) {
    expect(() => parsePages(size, "x.size", 4096)).toThrow(
      `x.size "${size}": not a whole number of pages; expected a multiple of 4K, at least one`,
    );
  }
});

describe("dirty pages of a slot", () => {
  it("are runs, ascending, of which those that touch or overlap are one", () => {
    const runs: [number, number][] = [
      [9, 2],
      [0, 2],
      [2, 1],
      [10, 4],
      [10, 1],
      [5, 1],
    ];
    expect(dirtyRuns({ runs }, 100, "dirty")).toEqual({
      runs: [
        [0, 3],
        [5, 1],
        [9, 5],
      ],
      pagesPastEnd: 0,
    });
  });

  it("are the bits of words, the lowest page in bit 0, of which those past the end do nothing", () => {
    const words = ["0x8000000000000000", "0x5", "0", "0xC"];
    expect(dirtyRuns({ words }, 195, "dirty")).toEqual({
      runs: [
        [63, 2],
        [66, 1],
        [194, 1],
      ],
      pagesPastEnd: 1,
    });
    expect(dirtyRuns({ words }, 194, "dirty")).toEqual({
      runs: [
        [63, 2],
        [66, 1],
      ],
      pagesPastEnd: 2,
    });
  });

  it.each(["1", "0x", "0x12345678123456789", "0xg", ""])("are refused as the word %j", (word) => {
    expect(() => dirtyRuns({ words: ["0x1", word] }, 100, "dirty")).toThrow(
      `dirty.words[1] "${word}": not a 64-bit word; expected hexadecimal with 0x, at most 16 digits`,
    );
  });

  it.each([[[-1, 1]], [[10, 1]], [[0, 0]], [[0.5, 1]], [[0, 1.5]]] as const)("are refused as the run %j", (run) => {
    expect(() => dirtyRuns({ runs: [[9, 1], run] }, 10, "dirty")).toThrow(
      `dirty [${run.join(", ")}]: not a run of pages of this slot; expected [first, count] that begins within 10 pages`,
    );
  });

  it("cover their words from first to last bit, with what lies between two runs of one word", () => {
    const slot = { startGfn: 100, endGfn: 500 };
    const runs = [
      [1, 2],
      [60, 4],
      [64, 1],
      [127, 1],
      [130, 1],
      [192, 64],
    ] as const;
    expect(dirtySpans(slot, runs)).toEqual([
      [101, 228],
      [230, 231],
      [292, 356],
    ]);
    expect(dirtySpans(slot, [])).toEqual([]);
  });

  it("are all of the slot where logging is enabled, or where no bitmap says less", () => {
    const slot = { startGfn: 4, endGfn: 204, segments: [], dirty: [[1, 1] as const] };
    expect(touchedSpans("enable", slot)).toEqual([[4, 204]]);
    expect(touchedSpans("clear", { ...slot, dirty: null })).toEqual([[4, 204]]);
    expect(touchedSpans("clear", slot)).toEqual([[5, 6]]);
  });
});

it("spans meet a range that has a frame of them, not one that only touches them", () => {
  const spans = [
    [2, 4],
    [6, 8],
    [8, 9],
  ] as const;
  const ranges = [
    [0, 2],
    [0, 3],
    [3, 4],
    [4, 6],
    [4, 7],
    [3, 9],
    [9, 12],
  ] as const;
  expect(ranges.map(([start, end]) => [...spansMeeting(spans, start, end)])).toEqual([
    [],
    [[2, 4]],
    [[2, 4]],
    [],
    [[6, 8]],
    [
      [2, 4],
      [6, 8],
      [8, 9],
    ],
    [],
  ]);
  expect(ranges.map(([start, end]) => meets(spans, start, end))).toEqual([false, true, true, false, true, true, false]);
});

it("mapped segments are found by the range that they have a part in, in address order, holes left out", () => {
  const low = laidOut("0x1000", [
    { map: "4K", size: "8K" },
    { map: "hole", size: "4K" },
    { map: "4K", size: "4K" },
  ]).layout;
  const high = laidOut("0x5000", PAGES, { runs: [[1, 2]] }).layout;
  const index = new SegmentIndex({ mode: "clear", slots: [high, low] }, HOLE);
  const [a, , b] = low.segments;
  const [c] = high.segments;
  const within = (from: number, to: number) => [...index.within(from, to)];
  expect(within(0, 100)).toEqual([
    { segment: a, slot: low, spans: [[1, 5]] },
    { segment: b, slot: low, spans: [[1, 5]] },
    { segment: c, slot: high, spans: [[6, 8]] },
  ]);
  expect(within(3, 5).map(({ segment }) => segment)).toEqual([b]);
  expect(within(2, 4).map(({ segment }) => segment)).toEqual([a]);
  expect([index.hasWithin(3, 4), index.hasWithin(0, 1), index.hasWithin(0, 2), index.hasWithin(9, 20)]).toEqual([
    false,
    false,
    true,
    false,
  ]);
});
