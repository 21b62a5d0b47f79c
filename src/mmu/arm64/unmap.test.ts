import { describe, expect, it } from "vitest";
import { BLOCK, HOLE_ENTRY, type TopEntry } from "../exhaustive/trees.js";
import { MARK_HI } from "./descriptor.js";
import { buildSmall, SMALL, SMALL_LEAF } from "./exhaustive/geometry.js";
import { variantOf } from "./layout.js";
import { Stage2 } from "./stage2.js";
import { splitMark } from "./strategies/splitMark.js";
import { UnmapVisitor } from "./unmap.js";

function unmapped(top: TopEntry, start: number, end: number) {
  const stage2 = new Stage2(
    {
      geometry: SMALL,
      leaf: SMALL_LEAF,
      slots: [],
      notes: [],
      mode: "enable",
      chunkPages: 4,
      cacheCapacity: 2,
      ...variantOf({}, 4),
    },
    splitMark,
  );
  buildSmall([top], stage2.mem, stage2.marks);
  const visitor = new UnmapVisitor(stage2);
  visitor.unmap(start, end);
  const { mem } = stage2;
  const root = [mem.words[0]!, mem.words[1]!] as const;
  return { leaves: visitor.leaves, freed: visitor.tablesFreed, tables: mem.tables, root };
}

describe("unmapping stage-2", () => {
  it("takes a block that the range touches out as a whole", () => {
    expect(unmapped(BLOCK, 5, 6)).toEqual({ leaves: 1, freed: 0, tables: 0, root: [0, 0] });
  });

  it("frees tables that are left with nothing, up to the root", () => {
    expect(unmapped([0b0110, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY], 1, 3)).toEqual({
      leaves: 2,
      freed: 2,
      tables: 0,
      root: [0, 0],
    });
  });

  it("keeps a table that still maps a page, and the one above it", () => {
    expect(unmapped([0b0110, HOLE_ENTRY, HOLE_ENTRY, HOLE_ENTRY], 1, 2)).toMatchObject({
      leaves: 1,
      freed: 0,
      tables: 2,
    });
  });

  it("sets a table's mark with its last block", () => {
    const marked = (start: number, end: number) =>
      (unmapped([BLOCK, 0b1111, BLOCK, BLOCK], start, end).root[1] & MARK_HI) !== 0;
    expect(marked(0, 12)).toBe(false);
    expect(marked(0, 16)).toBe(false);
    const withPages = unmapped([BLOCK, 0b1111, HOLE_ENTRY, HOLE_ENTRY], 0, 4);
    expect(withPages.root[1] & MARK_HI).not.toBe(0);
    expect(withPages.tables).toBe(2);
  });
});
