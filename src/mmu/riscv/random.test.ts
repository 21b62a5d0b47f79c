import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSize } from "../../guest/sizes.js";
import { layoutOf, leafLevelAt } from "./layout.js";
import { randomLayouts } from "./random.js";

const DRAWN = fc.sample(randomLayouts(fc), { seed: 7, numRuns: 1500 });
const LAYOUTS = DRAWN.map(layoutOf);
const slots = DRAWN.flatMap(({ memslots }) => memslots);
const segments = slots.flatMap((slot) => slot.segments);

/** What there is of something, each once, in order. */
const kinds = (values: readonly unknown[]) => [...new Set(values.map(String))].sort();

describe("random layouts of riscv", () => {
  it("are of every kind: modes, polls, what follows, maps, masks", () => {
    expect(kinds(DRAWN.map(({ gstage }) => gstage))).toEqual(["sv39x4", "sv48x4", "sv57x4"]);
    expect(kinds(DRAWN.map(({ dirtyLog }) => dirtyLog.mode))).toEqual(["clear", "enable"]);
    expect(kinds(DRAWN.map(({ dirtyLog }) => dirtyLog.eagerSplit))).toEqual(["false", "true"]);
    expect(kinds(DRAWN.map(({ dirtyLog }) => dirtyLog.reschedEveryNPolls))).toEqual(["1", "2", "5", "9", "undefined"]);
    expect(kinds(DRAWN.map(({ afterDisable }) => afterDisable?.backing))).toEqual(["hugetlb", "thp", "undefined"]);
    expect(kinds(DRAWN.map(({ memslots }) => memslots.length))).toEqual(["1", "2", "3"]);
    expect(kinds(slots.map((slot) => slot.segments.length))).toEqual(["1", "2", "3", "4"]);
    expect(kinds(segments.map(({ map }) => map))).toEqual(["1G", "2M", "4K", "hole"]);
    expect(kinds(segments.map(({ map, writeProtected }) => writeProtected === true && map))).toEqual([
      "2M",
      "4K",
      "false",
    ]);
  });

  it("have masks where they are cleared alone, of one to four runs that lie in their slot", () => {
    const masked = DRAWN.filter(({ memslots }) => memslots.some(({ dirty }) => dirty !== undefined));
    expect(kinds(masked.map(({ dirtyLog }) => dirtyLog.mode))).toEqual(["clear"]);
    const lengths = masked.flatMap(({ memslots }) =>
      memslots.map(({ dirty }) => dirty && "runs" in dirty && dirty.runs.length),
    );
    expect(kinds(lengths)).toEqual(["1", "2", "3", "4", "undefined"]);
    expect(LAYOUTS.flatMap(({ notes }) => notes)).toEqual([]);
  });

  it("are small, but for a 1G leaf, which lies where it is one", () => {
    const pages = (map: string) => segments.filter((one) => one.map === map).map(({ size }) => parseSize(size) / 4096);
    const [small, blocks, giants] = [pages("4K"), pages("2M"), pages("1G")];
    expect([Math.min(...small), Math.max(...small)]).toEqual([1, 512 + 16]);
    expect(kinds(blocks)).toEqual(
      kinds([1, 2, 3, 4].flatMap((count) => [0, 1, 16].map((ragged) => 512 * count + ragged))),
    );
    expect(kinds(giants)).toEqual([String(2 ** 18)]);
    const leaves = LAYOUTS.flatMap(({ slots: all }) => all.flatMap((slot) => slot.segments))
      .filter(({ level }) => level === 2)
      .map((segment) => leafLevelAt(segment, segment.startGfn));
    expect(kinds(leaves)).toEqual(["2"]);
    const alone = DRAWN.filter(({ memslots }) => memslots[0]!.segments.some(({ map }) => map === "1G"));
    expect(kinds(alone.map(({ memslots }) => memslots.length))).toEqual(["1"]);
    expect(kinds(alone.map(({ memslots: [slot] }) => slot!.segments.length))).toEqual(["1", "2"]);
  });

  it("begin around 1G, 512G or at the top of their space, on a 2M boundary or a little off", () => {
    const places = LAYOUTS.map(({ geometry, slots: [first, ...more] }) => {
      const { startGfn } = first!;
      if (Math.abs(startGfn - 2 ** 18) < 2048) return "1G";
      if (Math.abs(startGfn - 2 ** 27) < 2048) return "512G";
      const end = (more.at(-1) ?? first!).endGfn;
      return end > geometry.endGfn - 40_000 && end <= geometry.endGfn ? "top" : startGfn;
    });
    expect(kinds(places)).toEqual(["1G", "512G", "top"]);
    const off = LAYOUTS.map(({ slots: [first] }) => first!.startGfn % 512);
    // Each more than a tenth of them.
    const [on, before] = [off.filter((pages) => pages === 0), off.filter((pages) => pages >= 448)];
    expect(Math.min(on.length, before.length)).toBeGreaterThan(150);
    expect(new Set(off).size).toBeGreaterThan(100);
  });

  it("have slots that touch, or are a few pages or a block apart", () => {
    const gaps = LAYOUTS.flatMap(({ slots: all }) => all.slice(1).map(({ startGfn }, i) => startGfn - all[i]!.endGfn));
    expect(kinds(gaps)).toEqual(["0", "1", "3", "600"]);
  });

  it("have pieces of pages that end at the next 2M boundary or a few pages behind it", () => {
    const ends = LAYOUTS.flatMap(({ slots: all }) => all.flatMap((slot) => slot.segments))
      .filter(({ level, startGfn, endGfn }) => level === 0 && endGfn - startGfn > 40)
      .map(({ endGfn }) => endGfn % 512);
    expect(kinds(ends)).toEqual(["0", "1", "16"]);
  });

  it("are written from their first page on when logging is off, in 600 pages at most", () => {
    const runs = LAYOUTS.flatMap(({ after, slots: all }) =>
      after === null ? [] : [[after.writes.length, all] as const],
    );
    expect(runs.length).toBeGreaterThan(100);
    for (const [writes, all] of runs) {
      const pages = all.reduce((sum, { startGfn, endGfn }) => sum + endGfn - startGfn, 0);
      expect(writes).toBe(Math.min(600, pages));
    }
  });
});
