import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../errors.js";
import type { Memslot } from "../memslots.js";
import { runsIn } from "./drawnRuns.js";
import { shrunkBy, simplerThan } from "./simpler.js";
import { homeOf, nearerHome, runsOf, type SlotUnits, shorterRuns, simplerSlots } from "./simplerSlots.js";

const UNITS: SlotUnits = {
  pageBytes: 4096,
  blockPages: 512,
  maps: ["4K", "2M"],
  gfnOf: (base) => Number(base),
  baseOf: (gfn) => String(gfn),
};

describe("runs that are drawn", () => {
  it("begin near a multiple of their unit, or of a block, and stay in the slot", () => {
    const drawn = (at: number, unit: number, offset: number, count: number) =>
      runsIn([{ at, unit, offset, count }], 1000, 512)[0];
    expect(drawn(0.5, 64, 0, 3)).toEqual([448, 3]);
    expect(drawn(0.5, 64, -1, 3)).toEqual([447, 3]);
    expect(drawn(0.6, 0, 2, 3)).toEqual([514, 3]);
    expect(drawn(0, 64, -1, 3)).toEqual([0, 3]);
    expect(drawn(0.999, 1, 5, 3)).toEqual([999, 1]);
    expect(drawn(0.996, 1, 0, 9)).toEqual([996, 4]);
  });
});

describe("what is simpler", () => {
  const simplifying = {
    burden: (n: number) => [n % 10, n],
    candidates: () => [15, 25, 34, 14, 5, 24, 23],
    check: (n: number) => {
      if (n === 34) throw new UserError("cannot be");
    },
  };

  it("can be, and is lighter in the first figure that differs", () => {
    expect([...simplerThan(24, simplifying)]).toEqual([14, 23]);
    expect([...simplerThan(25, simplifying)]).toEqual([15, 14, 5, 24, 23]);
  });

  it("is not looked for past an error of the program's own", () => {
    const check = () => {
      throw new Error("a bug");
    };
    expect(() => [...simplerThan(24, { ...simplifying, check })]).toThrow("a bug");
  });

  it("is what a draw is shrunk by, which is else as it was", () => {
    const simpler = function* (n: number) {
      if (n >= 3) yield n - 3;
    };
    const draws = (arbitrary: fc.Arbitrary<number>) => fc.sample(arbitrary, { seed: 3, numRuns: 20 });
    expect(draws(shrunkBy(fc, fc.nat(1000), simpler))).toEqual(draws(fc.nat(1000)));
    const result = fc.check(
      fc.property(shrunkBy(fc, fc.nat(1000), simpler), (n) => n < 3),
      { seed: 3 },
    );
    expect(result.counterexample?.[0]).toBeGreaterThanOrEqual(3);
    expect(result.counterexample?.[0]).toBeLessThan(6);
  });
});

const pages = (size: string) => ({ map: "4K", size });
const slot = (base: number, ...segments: Memslot["segments"]): Memslot => ({ base: String(base), segments });

describe("simpler memslots", () => {
  it("are fewer, alone first, before any is changed", () => {
    const slots = [slot(0, pages("4K")), slot(8, pages("4K")), slot(16, pages("4K"))] as const;
    const [a, b, c] = slots;
    expect([...simplerSlots(slots, UNITS)].slice(0, 6)).toEqual([[a], [b], [c], [b, c], [a, c], [a, b]]);
    expect([...simplerSlots([a], UNITS)].slice(0, 2)).toEqual([[a], [slot(0, { map: "2M", size: "4K" })]]);
  });

  it("have fewer segments, at their addresses or where the first began, then neighbours joined as either", () => {
    const two = slot(100, pages("8K"), { map: "2M", size: "2M", writeProtected: true });
    const [a, b] = two.segments;
    expect([...simplerSlots([two], UNITS)].slice(0, 5)).toEqual([
      [slot(102, b!)],
      [slot(100, b!)],
      [slot(100, a!)],
      [slot(100, { map: "4K", size: "2056K", writeProtected: true })],
      [slot(100, { map: "2M", size: "2056K", writeProtected: true })],
    ]);
  });

  it("have smaller segments, from the front too where they are the first, writable ones, and the simplest maps", () => {
    const one = slot(100, { map: "2M", size: "4104K", writeProtected: true });
    const sized = (base: number, size: string) => [slot(base, { map: "2M", size, writeProtected: true })];
    expect([...simplerSlots([one], UNITS)]).toEqual([
      // Whole units of its map, then one fewer; then pages, by ever smaller steps.
      ...[
        ["4M", 102],
        ["2056K", 612],
      ].flatMap(([size, base]) => [sized(100, size as string), sized(base as number, size as string)]),
      ...[1025, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1].flatMap((less) => {
        const size = less === 2 ? "4M" : `${(1026 - less) * 4}K`;
        return [sized(100, size), sized(100 + less, size)];
      }),
      [slot(100, { map: "2M", size: "4104K" })],
      [slot(100, { map: "4K", size: "4104K", writeProtected: true })],
      [slot(100, { map: "2M", size: "4104K", writeProtected: true })],
    ]);
  });

  it("have less dirty, all of it first, and keep in a shorter slot what still lies in it", () => {
    const dirty = (...runs: [number, number][]) => ({ ...slot(0, pages("16K")), dirty: { runs } });
    const simpler = [...simplerSlots([dirty([0, 1], [2, 2])], UNITS)].map(([one]) => one!);
    expect(simpler.slice(0, 4)).toEqual([
      { ...slot(0, pages("4K")), dirty: { runs: [[0, 1]] } },
      { ...slot(3, pages("4K")), dirty: { runs: [[0, 1]] } },
      {
        ...slot(0, pages("12K")),
        dirty: {
          runs: [
            [0, 1],
            [2, 1],
          ],
        },
      },
      {
        ...slot(1, pages("12K")),
        dirty: {
          runs: [
            [0, 1],
            [2, 1],
          ],
        },
      },
    ]);
    expect(simpler.slice(6)).toEqual([
      slot(0, pages("16K")),
      dirty([0, 1]),
      dirty([2, 2]),
      dirty([2, 2]),
      dirty([0, 1]),
      dirty([0, 1], [2, 1]),
      dirty([0, 1], [2, 1]),
      dirty([0, 1], [3, 1]),
      dirty([0, 1], [0, 2]),
      dirty([0, 1], [1, 2]),
    ]);
    const late = [...simplerSlots([dirty([3, 1])], UNITS)].map(([one]) => one!.dirty);
    expect(late.slice(0, 2)).toEqual([{ runs: [[0, 1]] }, { runs: [[0, 1]] }]);
    const words = { ...slot(0, pages("8K")), dirty: { words: ["0x3"] } };
    expect([...simplerSlots([words], UNITS)].map(([one]) => one!.dirty)).toEqual([
      ...Array(4).fill(words.dirty),
      undefined,
    ]);
  });

  it("lie at the usual base, or as they lie to blocks there, or a page nearer or further", () => {
    const slots = [slot(600_000, pages("4K")), slot(599_000, pages("4K"))];
    const home = homeOf(UNITS);
    expect(home).toBe(262_144);
    expect([...nearerHome(slots, UNITS)].map((moved) => moved.map(({ base }) => Number(base)))).toEqual(
      [home, home + (599_000 % 512), home + (599_000 % home), 598_999, 599_001].map((lowest) => [
        lowest + 1000,
        lowest,
      ]),
    );
    expect([...nearerHome([slot(0, pages("4K"))], UNITS)][3]).toEqual([slot(0, pages("4K"))]);
  });

  it("have words of dirty bits counted as a run that is longer than any", () => {
    const withWords = { ...slot(0, pages("4K")), dirty: { words: ["0x1"] } };
    const withRuns = { ...slot(0, pages("4K")), dirty: { runs: [[1, 2] as const] } };
    expect(runsOf([withRuns, withWords, slot(0)])).toEqual([
      [1, 2],
      [0, 2 ** 40],
    ]);
  });
});

it("a run is shortened at its end and at its beginning, then moved to page 0, by ever smaller steps", () => {
  expect([...shorterRuns([5, 4])]).toEqual([
    [5, 1],
    [8, 1],
    [5, 3],
    [6, 3],
    [0, 4],
    [3, 4],
    [4, 4],
  ]);
  expect([...shorterRuns([0, 1])]).toEqual([]);
});
